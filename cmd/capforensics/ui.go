package main

// The rules of the user interface.
//
//  1. Standard output carries what was asked for and nothing else: the verdict, or with --json the report. Everything else
//     goes to standard error.
//  2. An error is one line "capforensics: error: ..." that says the operation and the object, and a line "hint: ..." that
//     says what to do about it.
//  3. Whatever does not go as the user asked (a report in another folder, a file left out) is said, also with --quiet.
//  4. Progress is drawn on a terminal only; a pipe never gets a carriage return.
//  5. Colour is decoration: no word depends on it. An explicit --color wins over NO_COLOR, that over the terminal.
//  6. Text from a ticket, names included, is shown with its control and direction characters escaped.
//  7. Nothing waits for a key unless the program owns its window, which then would vanish with the message; and only if there
//     is something to read.
//  8. Every run ends in one of the exit codes of --help.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

const program = "capforensics"

// ui is the terminal, or whatever stands for it.
type ui struct {
	out, err       io.Writer
	outTTY, errTTY bool
	dumb           bool // a terminal that cannot redraw a line
	quiet, verbose bool
	colorOut       bool
	colorErr       bool
	complained     bool // an error or a warning was shown

	mu     sync.Mutex // progress comes from the analysis
	line   *progress  // being drawn; nil if none
	outErr error      // what writing to out ended with; nothing more is written then
}

func newUI(out, err io.Writer, getenv func(string) string) *ui {
	u := &ui{out: out, err: err, outTTY: isTerminal(out), errTTY: isTerminal(err), dumb: getenv("TERM") == "dumb"}
	u.color("auto", getenv)
	return u
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// color applies rule 5. An empty NO_COLOR counts as none, as no-color.org says.
func (u *ui) color(when string, getenv func(string) string) {
	allowed := getenv("NO_COLOR") == "" && !u.dumb
	u.colorOut = when == "always" || when == "auto" && allowed && u.outTTY
	u.colorErr = when == "always" || when == "auto" && allowed && u.errTTY
}

// problem is an error with a way out of it.
type problem struct {
	err  error
	hint string
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

func problemf(hint, format string, args ...any) *problem {
	return &problem{fmt.Errorf(format, args...), hint}
}

// fail shows an error, and the hint if it has one.
func (u *ui) fail(err error) {
	u.complained = true
	u.say(red, "error:", err.Error())
	var p *problem
	if errors.As(err, &p) && p.hint != "" {
		u.plain("hint: " + p.hint)
	}
}

// warn says what did not go as asked although the run goes on.
func (u *ui) warn(format string, args ...any) {
	u.complained = true
	u.say(yellow, "warning:", fmt.Sprintf(format, args...))
}

// note says what was done; not with --quiet.
func (u *ui) note(format string, args ...any) {
	if !u.quiet {
		u.plain(program + ": " + fmt.Sprintf(format, args...))
	}
}

// detail says what only --verbose shows.
func (u *ui) detail(format string, args ...any) {
	if u.verbose {
		u.plain(program + ": " + fmt.Sprintf(format, args...))
	}
}

func (u *ui) say(c colour, kind, text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.line.clear()
	fmt.Fprintf(u.err, "%s: %s %s\n", program, paint(u.colorErr, c, kind), printable(text))
}

func (u *ui) plain(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.line.clear()
	fmt.Fprintln(u.err, printable(text))
}

// Write passes requested data to standard output. After the first error nothing more is tried: the reader has gone, or the
// disk is full. It makes ui the io.Writer of the report's writers.
func (u *ui) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.outErr != nil {
		return 0, u.outErr
	}
	u.line.clear()
	n, err := u.out.Write(p)
	u.outErr = err
	return n, err
}

func brokenPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || platformBrokenPipe(err)
}

// colour is the number of an SGR sequence.
type colour string

const (
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

func paint(enabled bool, c colour, s string) string {
	if !enabled || s == "" {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}

// printable escapes what could move the cursor, recolour the screen or turn the direction of the text. Line breaks are escaped
// too: a file name must not write lines of its own.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}
