// Ablate makes poorer copies of tickets, as worse captures of the same events would be: with frames missing, with frames captured twice, cut to
// a short snap length, or with a coarse clock. A verdict may become less sure on such a copy. It must never become a wrong one.
//
//	go run ./samples/ablate -keep 98 IN OUT
//	go run ./samples/ablate -snap 68 -round 1ms -seed 7 IN OUT
//
// IN is a ticket, a capture, or a folder of them; OUT becomes the same with its captures changed. Captures are pcap and pcapng files, plain or
// gzipped, loose or in a zip. Everything else is copied byte for byte, archives within archives among it. Where frames are left out or doubled,
// those behind them take new numbers.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "ablate: error:", err)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	var c change
	flags := flag.NewFlagSet("ablate", flag.ContinueOnError)
	flags.Float64Var(&c.keep, "keep", 100, "keep `PERCENT` of the frames, chosen at random")
	flags.Float64Var(&c.double, "double", 0, "capture `PERCENT` of the frames again, 2 to 60 µs later")
	flags.UintVar(&c.snap, "snap", 0, "keep the first `BYTES` of each frame")
	flags.DurationVar(&c.round, "round", 0, "round times down to a multiple of `DURATION`")
	flags.Uint64Var(&c.seed, "seed", 1, "what chance begins with: the same `NUMBER` gives the same copy")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: ablate [flags] IN OUT")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		flags.Usage()
		return errors.New("give one input and one output")
	}
	return c.tree(flags.Arg(0), flags.Arg(1))
}

// tree changes a file, or every file below a folder.
func (c *change) tree(in, out string) error {
	return filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(in, path)
		if err != nil {
			return err
		}
		to := filepath.Join(out, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		if err := c.file(path, to, filepath.ToSlash(rel)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

// file changes one file. The name tells chance where to begin.
func (c *change) file(path, to, name string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // never over the input, nor over anything else
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(out)
	head := make([]byte, 4)
	switch n, _ := in.ReadAt(head, 0); string(head[:n]) {
	case "PK\x03\x04", "PK\x05\x06":
		err = c.zip(in, buffered, name)
	default:
		err = c.stream(in, buffered, name)
	}
	return errors.Join(err, buffered.Flush(), out.Close())
}

// stream changes a capture, plain or gzipped, and copies anything else.
func (c *change) stream(r io.Reader, w io.Writer, name string) error {
	b := bufio.NewReaderSize(r, 1<<16)
	head, _ := b.Peek(1 << 12) // a short file is told by what there is
	switch kindOf(head) {
	case pcapFile:
		return copyPcap(b, w, c.editor(name))
	case pcapngFile:
		return copyPcapng(b, w, c.editor(name))
	case gzipFile:
		if kind := kindOf(inflatedHead(head)); kind == pcapFile || kind == pcapngFile {
			return c.gzip(b, w, name)
		}
	}
	_, err := io.Copy(w, b)
	return err
}
