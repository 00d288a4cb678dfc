package route

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Bounds of what is read. A path has at most 255 hops, as the TTL has eight bits.
const (
	MaxBytes    = 4 << 20 // of a file: a thousand reports
	maxLine     = 4096    // bytes of a line: ten times the longest that a tool prints as text
	maxNested   = 1 << 20 // of a line of JSON, XML or HTML, where a whole report may be one: 600 bytes a probe, 3 probes, 255 hops
	maxRuns     = 1000    // reports of a file
	maxHopsRead = 255
	maxRouters  = 64 // of a hop: no load balancer is known with more than 64 ways
	maxProbes   = 64 // of a hop that are kept one by one
	maxText     = 256
	maxAllHops  = 20_000 // of a file: memory of some 50 MB where every row has all the probes that are kept
)

// File is what a file of reports holds.
type File struct {
	Reports []*Report
	Losses  []Loss // what was in it and is not in Reports
}

// Loss is something of a file that was not used.
type Loss struct {
	Kind  LossKind
	Line  int // the first, from 1
	Count int
	What  string // columns, or the tool; see LossKind
}

// LossKind says what was not used.
type LossKind uint8

// The kinds.
const (
	LostBytes   LossKind = iota // the file is longer than MaxBytes
	LostRuns                    // what begins at Line and follows: the file has more reports than maxRuns, or more hops than are kept
	LostHops                    // Count hops beyond maxHopsRead
	LostRouters                 // Count addresses of a hop beyond what is kept
	LongLines                   // Count lines were cut, as they are longer than any that a tool prints
	CutShort                    // the report of the tool What ends in the middle
	OddLines                    // Count lines within a report of the tool What were not understood
	OddColumns                  // the columns What were not used
	NoHops                      // a report of the tool What without a hop
)

// format is a form of report.
type format struct {
	name string
	// begins says that a report begins at line i. It looks only at lines near by.
	begins func(t *text, i int) bool
	// read gives the reports that begin at line i, and the line to go on at: after i.
	read func(t *text, i int) ([]*Report, int)
}

var formats []*format

func register(f *format) *format {
	formats = append(formats, f)
	return f
}

// Parse reads the reports of a file, which may stand in other text: a mail, a ticket. The text may be UTF-8, UTF-16 or of a Windows
// code page. Without a report, Reports is empty; the error is that of r, with what was read before it.
func Parse(r io.Reader) (*File, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	f := &File{}
	over := len(b) > MaxBytes
	if over {
		b = b[:MaxBytes]
	}
	t := newText(decode(b))
	t.file = f
	for i := 0; i < len(t.lines); {
		next := i + 1
		if t.blank(i) {
			i = next
			continue
		}
		for _, k := range formats {
			if !k.begins(t, i) {
				continue
			}
			if t.runs >= maxRuns || t.hops >= maxAllHops {
				t.lose(Loss{Kind: LostRuns, Line: i + 1, Count: 1})
				next = len(t.lines)
				break
			}
			var reports []*Report
			reports, next = k.read(t, i)
			next = max(next, i+1)
			for _, p := range reports {
				t.keep(p, i)
			}
			t.from = next
			break
		}
		i = next
	}
	if over && len(f.Reports) > 0 {
		t.lose(Loss{Kind: LostBytes, Line: len(t.lines), Count: 1})
	}
	if t.long > 0 && len(f.Reports) > 0 {
		t.lose(Loss{Kind: LongLines, Line: t.firstLong, Count: t.long})
	}
	slices.SortStableFunc(f.Losses, func(x, y Loss) int { return cmp.Compare(x.Kind, y.Kind) })
	if err != nil {
		return f, fmt.Errorf("read path report: %w", err)
	}
	return f, nil
}

// keep enters a report that is complete.
func (t *text) keep(r *Report, i int) {
	if r.Line == 0 {
		r.Line = i + 1
	}
	t.runs++
	if len(r.Hops) == 0 {
		t.lose(Loss{Kind: NoHops, Line: r.Line, Count: 1, What: r.Name()})
		return
	}
	if len(t.file.Reports) >= maxRuns { // of a table of many
		t.lose(Loss{Kind: LostRuns, Line: r.Line, Count: 1})
		return
	}
	r.settle()
	if r.Cut {
		t.lose(Loss{Kind: CutShort, Line: r.Hops[len(r.Hops)-1].Line, Count: 1, What: r.Name()})
	}
	t.file.Reports = append(t.file.Reports, r)
}

// lose counts what was not used, once for each kind and tool.
func (t *text) lose(l Loss) {
	for i := range t.file.Losses {
		if k := &t.file.Losses[i]; k.Kind == l.Kind && k.What == l.What {
			k.Count += l.Count
			return
		}
	}
	const most = 64 // kinds times tools
	if len(t.file.Losses) < most {
		t.file.Losses = append(t.file.Losses, l)
	}
}

// add gives the report a hop; it gives nil, and counts it, beyond the limit.
func (t *text) add(r *Report, number, line int) *Hop {
	if len(r.Hops) >= maxHopsRead || number > maxHopsRead || t.hops >= maxAllHops {
		t.lose(Loss{Kind: LostHops, Line: line + 1, Count: 1})
		return nil
	}
	t.hops++
	r.Hops = append(r.Hops, Hop{Number: number, Line: line + 1})
	return &r.Hops[len(r.Hops)-1]
}

// router gives the hop a router, or the index of the one that it has by the same name and address; -1 beyond the limit.
func (t *text) router(h *Hop, r Router) int {
	for i := range h.Routers {
		if k := &h.Routers[i]; k.Name == r.Name && k.Addr == r.Addr {
			return i
		}
	}
	if len(h.Routers) >= maxRouters {
		t.lose(Loss{Kind: LostRouters, Line: h.Line, Count: 1})
		return -1
	}
	h.Routers = append(h.Routers, r)
	return len(h.Routers) - 1
}
