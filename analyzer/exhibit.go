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
	for k, t := range troubles {
		n := 1
		if k == 0 {
			n = exhibitsOfFirst
		}
		for _, i := range t.flows[:min(n, len(t.flows))] {
			if len(a.Exhibits) == mostExhibits {
				return nil
			}
			e, err := a.exhibitOf(i)
			if err != nil {
				return err
			}
			a.Exhibits = append(a.Exhibits, e)
		}
	}
	return nil
}

// exhibitOf loads a connection as its captures hold it, and sets the most telling one beside that of the other end.
func (a *analysis) exhibitOf(i int) (*Exhibit, error) {
	c := a.Flows[i]
	s := a.telling(c)
	flows := make([]*flow.Flow, len(c.Seen))
	for k := range c.Seen {
		loaded, err := a.tables[c.Seen[k].Capture].Load([]flow.Summary{c.Seen[k].Summary})
		if err != nil {
			return nil, err
		}
		flows[k] = loaded[0]
	}
	var found []*Finding
	for _, k := range c.Findings {
		found = append(found, a.Findings[k])
	}
	e := &Exhibit{Conn: i, Capture: s.Capture}
	most := -1
	for k := range c.Seen {
		for l := k + 1; l < len(c.Seen); l++ { // of what rules found that compare connections no packets were at hand
			if p, _, ok := a.setBeside(c, &c.Seen[k], &c.Seen[l], [2]*flow.Flow{flows[k], flows[l]}); ok {
				p.cite(found)
			}
		}
	}
	for k := range c.Seen {
		if &c.Seen[k] == s {
			e.Flow = flows[k]
		}
	}
	for k := range c.Seen {
		if o := &c.Seen[k]; o != s {
			p, d, ok := a.setBeside(c, s, o, [2]*flow.Flow{e.Flow, flows[k]})
			apart := a.rank(s.Capture) - a.rank(o.Capture) // the far end shows more than a place on the way
			if far := max(apart, -apart); ok && d.Matched > 0 && far > most {
				e.Other, most = p.otherEnd(a.Clocks), far
			}
		}
	}
	return e, nil
}

// telling gives the sighting whose capture holds the strongest finding.
func (a *analysis) telling(c *Conn) *Sighting {
	best, most := &c.Seen[0], Weight(-1)
	for _, k := range c.Findings {
		f := a.Findings[k]
		if f.Weight <= most || f.Cause.Class() != c.Class {
			continue
		}
		for i := range c.Seen {
			if c.Seen[i].Capture == f.Capture {
				best, most = &c.Seen[i], f.Weight
			}
		}
	}
	return best
}
