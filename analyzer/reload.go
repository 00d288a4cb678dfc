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
