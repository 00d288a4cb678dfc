package rules

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-refused",
	Title: "A router refuses the probes, and says so",
	Doc: "A trace prints !X and the like where an ICMP error other than 'time exceeded' came back: !X, a filter forbids it; !N and !H, no way to the network or the host; !P, not that protocol. The router that sends it is the one that " +
		"refuses. It looks at the TTL before it looks at its filter, so that it answers in order at one hop and refuses at the next.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyICMP,
	Innocent: []string{
		"The filter is meant for probes, and connections pass.",
		"The host does not exist, or is off: the last router cannot find it.",
	},
	Next:   "Ask the operator of that router for its filter or its route, with this line of the trace.",
	Refs:   []string{"RFC 1812, sections 5.2.7.1 and 5.3.1", "traceroute(8)"},
	OnCase: pathRefused,
})

func pathRefused(pass *analyzer.Pass, c *analyzer.Case) {
	type refusalAt struct {
		router, mark, to string
		port             uint16
	}
	said := make(map[refusalAt]bool)
	for _, r := range usedRuns(pass, c) {
		i := slices.IndexFunc(r.Hops, func(h route.Hop) bool { _, mark := h.Refusal(); return mark != "" })
		if i < 0 {
			stopsShort(pass, r)
			continue
		}
		h := &r.Hops[i]
		why, mark := h.Refusal()
		by := router(h)
		if at := (refusalAt{by, mark, r.Target.String(), r.port}); said[at] {
			continue
		} else {
			said[at] = true
		}
		rows := []int{i}
		stands := h.Number
		if k := slices.IndexFunc(r.Hops[:i], func(o route.Hop) bool { return router(&o) == by }); k >= 0 {
			rows, stands = []int{i, k}, r.Hops[k].Number
		}
		var found *analyzer.Finding
		switch {
		case len(h.Routers) > 0 && h.Routers[0].Addr.IsValid() && h.Routers[0].Addr == r.Target.Addr:
			found = pass.Report(analyzer.Note, "%s: the target %s itself refuses the probes (%s), and says %s: its own packet filter does that, or nothing listens there", r.Where(), by, r.probes(), mark)
		case why == route.Prohibited:
			found = pass.Report(analyzer.Note, "%s: %s, the router of hop %d, refuses the probes (%s) to %s, and says %s: a filter on it forbids them. What connections send to the same port meets that filter too", r.Where(), by, stands, r.probes(), r.Target, mark)
		case why == route.Unreachable:
			found = pass.Report(analyzer.Note, "%s: %s, the router of hop %d, cannot pass the probes (%s) on to %s, and says %s: it has no way to it, or nobody there answers", r.Where(), by, stands, r.probes(), r.Target, mark)
		default:
			found = pass.Report(analyzer.Note, "%s: %s, the router of hop %d, answers the probes (%s) to %s with another error (%s)", r.Where(), by, stands, r.probes(), r.Target, mark)
		}
		r.cite(found, rows...)
	}
}

// stopsShort reports a run that ends at a router before the target: mtr stops at an ICMP error, and does not print it.
func stopsShort(pass *analyzer.Pass, r *pathRun) {
	last := len(r.Hops) - 1
	if _, around := circle(r.Hops); r.Tool != "mtr" || !r.Reached.OK || r.Reached.Value || last < 0 || !r.Hops[last].Answered() || len(around) > 0 {
		return
	}
	h := &r.Hops[last]
	r.cite(pass.Report(analyzer.Note, "%s ends at hop %d (%s), before the target %s: that router refused the probes or had no way for them, unless mtr was told to stop there", r.Where(), h.Number, router(h), r.Target), last)
}
