package analyzer

import (
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/flowtab"
)

// mostReloaded is in how many captures a connection is looked at again: more than there are places on a way that somebody captures at.
const mostReloaded = 4

// reload loads the packets of connections again as their captures hold them, in batches that fit the memory limit, and shows them, by capture:
// nil where one does not hold the connection, or is beyond mostReloaded.
func (a *analysis) reload(conns []*Conn, visit func(c *Conn, flows []*flow.Flow)) error {
	for from := 0; from < len(conns); {
		to, cost := from, int64(0)
		for to < len(conns) && (to == from || cost < a.limits.MaxMemory/4) { // the tables hold the rest
			for i := range conns[to].reloaded() {
				cost += int64(flowtab.Gathered(&conns[to].Seen[i].Summary)) * flowtab.PacketCost
			}
			to++
		}
		if err := a.reloadBatch(conns[from:to], visit); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (a *analysis) reloadBatch(conns []*Conn, visit func(c *Conn, flows []*flow.Flow)) error {
	loaded := make([][]*flow.Flow, len(conns))
	for k := range loaded {
		loaded[k] = make([]*flow.Flow, len(a.tables))
	}
	for capture, t := range a.tables {
		var want []flow.Summary
		var whose []int
		for k, c := range conns {
			for i := range c.reloaded() {
				if s := &c.Seen[i]; s.Capture == capture {
					want, whose = append(want, s.Summary), append(whose, k)
				}
			}
		}
		flows, err := t.Load(want)
		if err != nil {
			return err
		}
		for i, f := range flows {
			loaded[whose[i]][capture] = f
		}
	}
	for k, c := range conns {
		visit(c, loaded[k])
	}
	return nil
}

func (c *Conn) reloaded() []Sighting { return c.Seen[:min(len(c.Seen), mostReloaded)] }

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
