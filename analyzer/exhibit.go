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
			s := a.telling(a.Flows[i])
			flows, err := a.tables[s.Capture].Load([]flow.Summary{s.Summary})
			if err != nil {
				return err
			}
			a.Exhibits = append(a.Exhibits, &Exhibit{Conn: i, Capture: s.Capture, Flow: flows[0]})
		}
	}
	return nil
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
