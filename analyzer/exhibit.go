package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

const (
	// exhibitsOfFirst flows of the gravest trouble are shown packet by packet, and one of each other trouble, up to mostExhibits: what
	// a reader turns pages for.
	exhibitsOfFirst = 3
	mostExhibits    = 8
)

// exhibit loads the packets of the flows that the report shows.
func (a *analysis) exhibit(troubles []*trouble) error {
	var shown []int // indexes in Flows
	for k, t := range troubles {
		n := 1
		if k == 0 {
			n = exhibitsOfFirst
		}
		shown = append(shown, t.flows[:min(n, len(t.flows))]...)
	}
	shown = shown[:min(len(shown), mostExhibits)]
	conns := make([]*Conn, len(shown))
	for k, i := range shown {
		conns[k] = a.Flows[i]
	}
	return a.reload(conns, func(c *Conn, flows []*flow.Flow) {
		a.Exhibits = append(a.Exhibits, a.exhibitOf(shown[len(a.Exhibits)], c, flows))
	})
}

// exhibitOf shows a connection as its most telling capture holds it, beside that of the other end.
func (a *analysis) exhibitOf(i int, c *Conn, flows []*flow.Flow) *Exhibit {
	s := a.telling(c)
	e := &Exhibit{Conn: i, Capture: s.Capture, Flow: flows[s.Capture]}
	most := -1
	for k := range c.Seen {
		o := &c.Seen[k]
		if o == s {
			continue
		}
		p, d, ok := a.setBeside(c, s, o, [2]*flow.Flow{e.Flow, flows[o.Capture]})
		apart := a.rank(s.Capture) - a.rank(o.Capture) // the far end shows more than a place on the way
		if far := max(apart, -apart); ok && d.Matched > 0 && far > most {
			e.Other, most = p.otherEnd(a.Clocks), far
		}
	}
	return e
}

// telling gives the sighting whose capture holds the strongest finding.
func (a *analysis) telling(c *Conn) *Sighting {
	best, most := &c.Seen[0], Weight(-1)
	for _, k := range c.Findings {
		f := a.Findings[k]
		if f.Weight <= most || f.Cause.Class() != c.Class {
			continue
		}
		for i := range c.reloaded() {
			if c.Seen[i].Capture == f.Capture {
				best, most = &c.Seen[i], f.Weight
			}
		}
	}
	return best
}
