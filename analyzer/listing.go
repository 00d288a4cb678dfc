package analyzer

import (
	"cmp"
	"slices"
)

// This file keeps the list of the ticket's connections: what enters it, what is only counted, and in which order the report tells them.

// enter puts a connection and its findings into the case, or only counts it where the lists are full.
func (a *analysis) enter(c *Conn, d decision, found []*Finding) {
	fresh := a.fresh
	a.fresh = a.fresh[:0]
	a.Counts[d.class]++
	listed := len(a.Flows)
	if d.class == Clean && listed >= a.limits.MaxFlows || listed >= maxListed+a.limits.MaxFlows {
		return
	}
	for _, k := range fresh {
		k.Conn = c
		a.facts[k.rule] = append(a.facts[k.rule], k)
	}
	a.Flows = append(a.Flows, c)
	for _, f := range found {
		f.Flow = listed
		c.Findings = append(c.Findings, len(a.Findings))
		a.Findings = append(a.Findings, f)
	}
	a.settle(c, d)
}

// settle writes a decision into a connection, its findings in the order in which they carry it.
func (a *analysis) settle(c *Conn, d decision) {
	c.Class, c.Cause, c.Confidence, c.Grade, c.Open = d.class, d.cause, d.confidence, d.grade, d.open
	if d.blame != nil {
		c.Blame, c.HasBlame = d.blame.Blame, true
	} else {
		c.HasBlame = false
	}
	if len(c.Findings) < 2 {
		return
	}
	rank := make(map[*Finding]int, len(d.reasons))
	for i, f := range d.reasons {
		rank[f] = i - len(d.reasons)
	}
	slices.SortStableFunc(c.Findings, func(x, y int) int { return cmp.Compare(rank[a.Findings[x]], rank[a.Findings[y]]) })
}

// settleRoles gives the frames under suspicion the part that the verdicts leave them.
func (a *analysis) settleRoles() {
	for _, c := range a.Flows {
		for _, i := range c.Findings {
			switch f := a.Findings[i]; {
			case c.Class != Middlebox || !f.Accuses():
				recast(f, Context)
			case c.Cause == ResetRewrite:
				recast(f, Modified)
			}
		}
	}
}

// recast gives the frames under suspicion the part that the verdict leaves them: only an accusation may say that a sender did not
// send them, and where a host's own packets were rewritten they are modified, not forged.
func recast(f *Finding, role Role) {
	for i := range f.Evidence {
		if f.Evidence[i].Role == Forged {
			f.Evidence[i].Role = role
		}
	}
}

// severity orders flows for the report.
func severity(c Class) int {
	switch c {
	case Middlebox:
		return 0
	case Endpoint:
		return 1
	case Inconclusive:
		return 2
	case Path:
		return 3
	}
	return 4
}

// order puts the worst flows first, then by time, and cuts the clean ones to the limit.
func (a *analysis) order() {
	a.settleRoles()
	at := make([]int, len(a.Flows))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(x, y int) int {
		f, g := a.Flows[x], a.Flows[y]
		return cmp.Or(cmp.Compare(severity(f.Class), severity(g.Class)), cmp.Compare(g.Confidence, f.Confidence), cmp.Compare(f.Seen[0].First, g.Seen[0].First))
	})
	moved := make([]*Conn, len(at))
	to := make([]int, len(at))
	for i, from := range at {
		moved[i], to[from] = a.Flows[from], i
	}
	a.Flows = moved
	for _, f := range a.Findings {
		if f.Flow >= 0 {
			f.Flow = to[f.Flow]
		}
	}
	listed := 0
	for listed < len(a.Flows) && (listed < a.limits.MaxFlows || a.Flows[listed].Class != Clean) {
		listed++
	}
	total := 0
	for _, n := range a.Counts {
		total += n
	}
	if listed < len(a.Flows) {
		clear(a.Flows[listed:])
		a.Flows = a.Flows[:listed]
	}
	if n := a.Counts[Clean]; listed < total && total-listed <= n {
		a.caveat(nil, 0, false, "%d clean connections are counted and not listed (raise --max-flows)", total-listed)
	} else if listed < total {
		a.caveat(nil, 0, true, "%d connections are counted and not listed, among them some that are not clean", total-listed)
	}
}
