package rules

import (
	"fmt"
	"net/netip"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-loop",
	Title: "Routers send packets in a circle",
	Doc: "Where two routers each take the other for the next hop, a packet goes to and fro until its TTL has run out, and a trace shows the same routers in turns to its end. Nothing comes to the target. A " +
		"router that answers twice in a row, or again in a trace that arrives, is harmless.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"Routing was about to change, for seconds, when the trace was made.",
		"Behind these routers is the edge of a network that has no such address: a default route sends it back.",
	},
	Next:   "Trace again. If the circle stays, send the trace to the operator of its routers: it is their routing.",
	Refs:   []string{"Augustin et al., IMC 2006: Avoiding traceroute anomalies with Paris traceroute", "RFC 791, section 3.1"},
	OnCase: pathLoop,
})

// leastAgain is how often two routers must have answered in turns, each time at another hop: ways of unequal length can show one of them twice.
const leastAgain = 2

func pathLoop(pass *analyzer.Pass, c *analyzer.Case) {
	told := make(map[string]*analyzer.Finding) // by target
	for _, r := range usedRuns(pass, c) {
		if r.TargetRow() >= 0 {
			continue
		}
		first, rows := circle(r.Hops)
		if len(rows) == 0 {
			continue
		}
		if f := told[r.to]; f != nil {
			r.cite(f, rows[0])
			continue
		}
		var texts []string
		for _, i := range rows {
			texts = append(texts, fmt.Sprintf("%d (%s)", r.Hops[i].Number, router(&r.Hops[i])))
		}
		told[r.to] = r.cite(pass.Report(analyzer.Note, "%s: from hop %d on the same routers answer again and again, and the target %s never: %s. Packets to it go in a circle until their TTL has run out",
			r.Where(), first, r.Target, listed(texts)), rows...)
	}
}

// circle gives the rows of routers that come again after others, leastAgain of them at least, and the hop at which that begins.
func circle(hops []route.Hop) (first int, rows []int) {
	last := make(map[netip.Addr]int) // row at which a router answered last
	again := make(map[netip.Addr]bool)
	for i := range hops {
		if len(hops[i].Routers) == 0 || !hops[i].Routers[0].Addr.IsValid() {
			continue
		}
		a := hops[i].Routers[0].Addr
		if at, ok := last[a]; ok && othersBetween(hops[at+1:i], a) {
			again[a] = true
		}
		last[a] = i
	}
	if len(again) < leastAgain {
		return 0, nil
	}
	for i := range hops {
		if len(hops[i].Routers) > 0 && again[hops[i].Routers[0].Addr] {
			rows = append(rows, i)
		}
	}
	return hops[rows[0]].Number, rows
}

func othersBetween(hops []route.Hop, a netip.Addr) bool {
	for i := range hops {
		if len(hops[i].Routers) > 0 && hops[i].Routers[0].Addr.IsValid() && hops[i].Routers[0].Addr != a {
			return true
		}
	}
	return false
}
