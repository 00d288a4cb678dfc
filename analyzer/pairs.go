package analyzer

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// Twins is one connection as two captures hold it, and what the comparison of its packets came to.
type Twins struct {
	A, B                            int // in Conn.Seen
	By                              string
	Proxied                         bool // a SYN proxy opened the connection: the numbers of one side differ from capture to capture
	Score, Next                     int  // how well they go together by what By says, and the next best; 0 where one thing alone tells them from all others
	Counted                         bool // by the counts of both captures alone: nothing called for a look at its packets
	Matched, OnlyA, OnlyB, Modified int
}

// Clock is how far the clock of capture B is ahead of that of A, by the handshakes that both hold.
type Clock struct {
	A, B       int // indexes in Case.Captures
	Handshakes int
	At         int64 // when, by the clock of A
	Low, High  int64 // bounds, nanoseconds; the best estimate is their middle
	PPM        float64
	HasPPM     bool
	Steps      int
}

// pairUp fills in the twins of a connection, and gives those that were compared packet by packet; flows holds its packets by capture, nil where
// none were loaded.
func (a *analysis) pairUp(c *Conn, flows []*flow.Flow) (pairs []*pair) {
	for i := range c.Seen {
		for k := i + 1; k < len(c.Seen); k++ {
			x, y := &c.Seen[i], &c.Seen[k]
			t := Twins{A: i, B: k, By: pairing.By(&x.Summary, &y.Summary), Proxied: pairing.LinkOf(&x.Summary, &y.Summary) == pairing.SYNProxy}
			t.Score, t.Next = a.likeness(x, y)
			var d pairing.Diff
			ok := false
			if len(flows) > 0 {
				var p *pair
				if p, d, ok = a.setBeside(c, x, y, [2]*flow.Flow{flows[x.Capture], flows[y.Capture]}); ok {
					pairs = append(pairs, p)
					a.changes.add(p)
				}
			}
			if !ok {
				t.Counted = true
				for side := range x.Half {
					a, b := int(x.Half[side].Packets), int(y.Half[side].Packets)
					d.Matched, d.OnlyA, d.OnlyB = d.Matched+min(a, b), d.OnlyA+max(0, a-b), d.OnlyB+max(0, b-a)
				}
			}
			t.Matched, t.OnlyA, t.OnlyB, t.Modified = d.Matched, d.OnlyA, d.OnlyB, d.Modified
			c.Twins = append(c.Twins, t)
		}
	}
	return pairs
}

// citeElsewhere tells where the other captures hold what rules cited that compare connections: no packets were at hand then.
func (a *analysis) citeElsewhere(added map[*Conn][]*Finding) error {
	var conns []*Conn
	for _, c := range a.Flows {
		if len(added[c]) > 0 && len(c.Seen) > 1 {
			conns = append(conns, c)
		}
	}
	return a.reload(conns, func(c *Conn, flows []*flow.Flow) {
		for _, p := range a.pairs(c, flows) {
			p.cite(added[c])
		}
	})
}

// pairs sets the captures of a connection side by side, as far as they can be compared.
func (a *analysis) pairs(c *Conn, flows []*flow.Flow) (all []*pair) {
	for i := range c.Seen {
		for k := i + 1; k < len(c.Seen); k++ {
			x, y := &c.Seen[i], &c.Seen[k]
			if p, _, ok := a.setBeside(c, x, y, [2]*flow.Flow{flows[x.Capture], flows[y.Capture]}); ok {
				all = append(all, p)
			}
		}
	}
	return all
}

// mostSightings bounds the captures that one connection is judged by. Each is compared with each, and a connection that crosses more points is
// the same file, sent again and again.
const mostSightings = 8

// fewer leaves out what exceeds mostSightings of a connection: what was captured in the middle.
func (a *analysis) fewer(all [][]pairing.Ref) [][]pairing.Ref {
	cut := 0
	for i, refs := range all {
		if len(refs) <= mostSightings {
			continue
		}
		cut++
		slices.SortStableFunc(refs, func(x, y pairing.Ref) int {
			return cmp.Or(cmp.Compare(a.rank(x.Capture), a.rank(y.Capture)), cmp.Compare(x.Capture, y.Capture))
		})
		all[i] = append(refs[:mostSightings/2:mostSightings/2], refs[len(refs)-mostSightings/2:]...)
	}
	if cut > 0 {
		a.caveat(nil, 0, true, "more than %d captures hold the same connections: each of %v was judged by %d of them, those at the ends first", mostSightings, Connections(cut), mostSightings)
	}
	return all
}

// setClocks tells the clocks of the ticket's captures, each pair of them once.
func (a *analysis) setClocks() {
	for x := range a.Captures {
		for y := x + 1; y < len(a.Captures); y++ {
			c := a.clocks[[2]int{x, y}]
			if c == nil {
				continue
			}
			k := Clock{A: x, B: y, Handshakes: c.Handshakes(), Steps: c.Steps(), At: c.Middle()}
			k.Low, k.High, _ = c.Bounds(k.At)
			k.PPM, k.HasPPM = c.Drift()
			a.Clocks = append(a.Clocks, k)
		}
	}
}

// translate is Pass.Translate for captures by their indexes.
func translate(clocks map[[2]int]*pairing.Clock, at int64, from, to int) (earliest, latest int64, ok bool) {
	if from == to {
		return at, at, true
	}
	c := clocks[[2]int{min(from, to), max(from, to)}]
	if c == nil {
		return 0, 0, false
	}
	low, high, ok := c.Bounds(at)
	if from < to {
		return at + low, at + high, ok
	}
	// The bounds are kept by the other clock: where it stands is known well enough to look them up.
	low, high, ok = c.Bounds(at - low/2 - high/2)
	return at - high, at - low, ok
}
