// Mutate looks for tickets that break the analysis. It damages small ones in every way that their formats have - packets and their headers,
// the lengths of records and blocks, options, the directories of archives, the lines of path reports, names, and bytes at random - and analyses each
// with all rules. A panic is a fault, also one that a guard turned into a caveat, and so are more than 5 seconds of work, more than 500 MB of memory, a file
// left behind, a report that cannot be written, and a control character in one.
//
//	go run ./samples/mutate -n 20000
//	go run ./samples/mutate -n 1 -from 4711                             that ticket again
//	go run ./samples/mutate -n 2000 -command ./capforensics             through the built command
//
// The same -seed gives the same tickets. What shows a fault is kept in the folder of -keep, a folder for each ticket; the file "now" in it holds the
// number of the last ticket that was begun, should a fault end the process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	faults, err := run(os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate: error:", err)
		os.Exit(2)
	case faults > 0:
		os.Exit(1)
	}
}

// subject is what is tried: the analysis, or the command.
type subject interface {
	try(*ticket) (faults []string)
	summary(io.Writer)
}

func newSubject(dir, keep, command string) (subject, error) {
	if command != "" {
		return newCommand(dir, command)
	}
	p, err := newInProcess(dir, keep)
	if err != nil {
		return nil, err
	}
	return p, p.isolate()
}

func run(args []string, out io.Writer) (tickets int, err error) {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	n := flags.Uint64("n", 20_000, "try `NUMBER` tickets")
	from := flags.Uint64("from", 0, "begin with ticket `NUMBER`")
	most := flags.Duration("for", 0, "stop after `DURATION` at the latest")
	seed := flags.Uint64("seed", 1, "what chance begins with: the same `NUMBER` gives the same tickets")
	keep := flags.String("keep", filepath.Join(os.TempDir(), "mutated"), "keep tickets that show a fault in `FOLDER`")
	root := flags.String("root", ".", "the `FOLDER` of the checkout, where the seeds are")
	command := flags.String("command", "", "try the built command at `PATH`")
	if err := flags.Parse(args); err != nil {
		return 0, err
	}
	if flags.NArg() > 0 {
		return 0, fmt.Errorf("what is %q? There are only flags", flags.Arg(0))
	}
	g, err := newGenerator(os.DirFS(*root), *seed)
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if *keep, err = filepath.Abs(*keep); err != nil {
		return 0, err
	}
	s, err := newSubject(dir, *keep, *command)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(*keep, 0o777); err != nil {
		return 0, err
	}
	now, err := os.Create(filepath.Join(*keep, "now"))
	if err != nil {
		return 0, err
	}
	defer now.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // ends with the ticket in hand, and with the summary
	defer stop()
	start, tried := time.Now(), uint64(0)
	for ; tried < *n && ctx.Err() == nil && (*most == 0 || time.Since(start) < *most); tried++ {
		t := g.ticket(*from + tried)
		if _, err := fmt.Fprintf(&at{now}, "%20d\n", t.number); err != nil {
			return tickets, err
		}
		faults := s.try(t)
		if len(faults) == 0 {
			continue
		}
		tickets++
		first, _, _ := strings.Cut(faults[0], "\n")
		fmt.Fprintf(out, "ticket %d, of %s: %.300s\n", t.number, t.seed, first)
		if err := t.keep(*keep, faults); err != nil {
			return tickets, err
		}
	}
	took := time.Since(start).Round(time.Second)
	fmt.Fprintf(out, "tickets %d to %d of seed %d, made of %d seeds, in %v: %d with a fault", *from, *from+tried-1, *seed, len(g.seeds), took, tickets)
	if tickets > 0 {
		fmt.Fprintf(out, ", kept in %s", *keep)
	}
	fmt.Fprintln(out)
	s.summary(out)
	return tickets, nil
}

// at writes to the beginning of a file, always: a fault in a goroutine ends this process, and then the file tells the ticket.
type at struct{ f *os.File }

func (a *at) Write(p []byte) (int, error) { return a.f.WriteAt(p, 0) }

func (p *inProcess) summary(out io.Writer) {
	fmt.Fprintf(out, "slowest: %.2f s (ticket %d); most memory: %d MB (ticket %d)\n", p.slowest.value, p.slowest.number, p.largest.value, p.largest.number)
	for _, k := range slices.Sorted(maps.Keys(p.outcomes)) {
		fmt.Fprintf(out, "%s: %d\n", k, p.outcomes[k])
	}
	fmt.Fprintf(out, "rules that fired: %d of %d\n", len(p.fired), len(p.rules))
	for _, k := range slices.Sorted(maps.Keys(p.caught)) {
		fmt.Fprintf(out, "a library's fault that was caught (ticket %d): %s\n", p.caught[k], k)
	}
}
