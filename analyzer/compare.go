package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

// This file runs the rules that compare the connections of a ticket, and weighs again those that they speak of.

// compare runs the rules that look at the whole ticket. All of them see the first verdicts, whatever the others find.
func (a *analysis) compare() error {
	added := make(map[*Conn][]*Finding)
	for _, r := range a.rules {
		if r.OnCase == nil {
			continue
		}
		for _, f := range a.run(r, nil, nil, func(p *Pass) { r.OnCase(p, a.Case) }) {
			if f.conn == nil {
				a.Findings = append(a.Findings, f) // about the ticket
				continue
			}
			added[f.conn] = append(added[f.conn], f)
		}
	}
	for i, c := range a.Flows {
		if found := added[c]; len(found) > 0 {
			a.reconsider(i, c, found)
		}
	}
	return a.citeElsewhere(added)
}

// reconsider weighs a connection again with what its comparison with others added.
func (a *analysis) reconsider(place int, c *Conn, added []*Finding) {
	c.mute(added)
	a.muteBehindHoles(c, added, false)
	for _, f := range added {
		f.Flow = place
		c.Findings = append(c.Findings, len(a.Findings))
		a.Findings = append(a.Findings, f)
	}
	all := make([]*Finding, len(c.Findings))
	for i, k := range c.Findings {
		all[i] = a.Findings[k]
	}
	a.Counts[c.Class]--
	a.settle(c, c.decide(all))
	a.Counts[c.Class]++
}

// signatureOf gives how a connection was cut off, as the capture sees it that is nearest to its client.
func signatureOf(c *Conn, flows []*flow.Flow) flow.Signature {
	for _, s := range c.Seen {
		if f := flows[s.Capture]; f != nil {
			return flow.SignatureOf(f)
		}
	}
	return flow.Signature{}
}
