package analyzer

import (
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// Twins is one connection as two captures hold it, and what the comparison of its packets came to.
type Twins struct {
	A, B                            int // in Conn.Seen
	By                              string
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

// pairUp fills in the twins of a connection; flows holds its packets by capture, nil where none were loaded.
func pairUp(c *Conn, flows []*flow.Flow) {
	for i := range c.Seen {
		for k := i + 1; k < len(c.Seen); k++ {
			x, y := &c.Seen[i], &c.Seen[k]
			t := Twins{A: i, B: k, By: pairing.By(&x.Summary, &y.Summary)}
			var d pairing.Diff
			ok := false
			if len(flows) > 0 && flows[x.Capture] != nil && flows[y.Capture] != nil {
				if pairing.ByNumbers(&x.Summary, &y.Summary) {
					pairing.Lend(flows[x.Capture], flows[y.Capture])
				}
				d, ok = pairing.Compare(flows[x.Capture], flows[y.Capture])
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
