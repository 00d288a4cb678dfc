package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/term"
)

const (
	// progressDelay keeps what is done at once from flickering.
	progressDelay = 300 * time.Millisecond
	progressEvery = 100 * time.Millisecond
	// rateAfter is how long it takes until a rate means something.
	rateAfter = time.Second
)

// progress is a line on a terminal that says how far a ticket was read. All its methods take nil, for where it is not drawn,
// and the caller holds ui.mu.
//
// Note: a progress bar library was tried; one line of known length needs none.
type progress struct {
	w       io.Writer
	name    string
	width   func() int
	started time.Time
	drawn   time.Time
	shown   int // columns on the screen
}

// begin draws the progress of a ticket until the returned function is called. Rule 4 of ui.go.
func (u *ui) begin(name string) (update func(done, total int64), end func()) {
	if !u.errTTY || u.dumb || u.quiet {
		return nil, func() {}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.line = &progress{w: u.err, name: name, width: func() int { return terminalWidth(u.err) }, started: time.Now()}
	update = func(done, total int64) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.line.update(done, total, time.Now())
	}
	end = func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.line.clear()
		u.line = nil
	}
	return update, end
}

func terminalWidth(w io.Writer) int {
	if f, ok := w.(interface{ Fd() uintptr }); ok {
		if cols, _, err := term.GetSize(int(f.Fd())); err == nil && cols > 0 {
			return cols
		}
	}
	return 80
}

func (p *progress) update(done, total int64, now time.Time) {
	if p == nil || now.Sub(p.started) < progressDelay || now.Sub(p.drawn) < progressEvery && done < total {
		return
	}
	p.drawn = now
	line := cut(progressLine(p.name, done, total, now.Sub(p.started)), p.width()-1)
	cols := columns(line)
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.shown-cols)))
	p.shown = max(p.shown, cols)
}

// clear takes the line off the screen, with spaces: they work where escape sequences do not.
func (p *progress) clear() {
	if p == nil || p.shown == 0 {
		return
	}
	fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.shown))
	p.shown = 0
}

// progressLine says how far it is. The percentage is of the bytes as they lie on disk, compressed; total is 0 for a pipe.
func progressLine(name string, done, total int64, took time.Duration) string {
	var b strings.Builder
	b.WriteString(cut(printable(name), 30))
	switch {
	case total > 0 && done >= total:
		fmt.Fprintf(&b, ": %s read, examining", bytesText(done))
		return b.String()
	case total > 0:
		fmt.Fprintf(&b, ": %d%%, %s of %s", int(float64(done)/float64(total)*100), bytesText(done), bytesText(total))
	default:
		fmt.Fprintf(&b, ": %s", bytesText(done))
	}
	if took < rateAfter || done <= 0 {
		return b.String()
	}
	rate := float64(done) / took.Seconds()
	fmt.Fprintf(&b, ", %s/s", bytesText(int64(rate)))
	if total > 0 {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		fmt.Fprintf(&b, ", %s left", spanText(left))
	}
	return b.String()
}

func bytesText(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}

func spanText(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
}

// columns counts the cells a text takes on a terminal: two for what lies in the wide blocks of Unicode.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

func cells(r rune) int {
	if r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff ||
		r >= 0x20000 && r <= 0x3fffd {
		return 2
	}
	return 1
}

// cut shortens a text to so many columns.
func cut(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	n := 0
	for i, r := range s {
		if n += cells(r); n > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}
