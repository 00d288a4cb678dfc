package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "nat",
	Title: "Addresses are translated on the way",
	Doc:   "A host has another address in the other end's capture: a router, a load balancer or the cloud translates it. Whoever looks for a packet in both captures needs both addresses.",
	Cause: analyzer.CauseNone, Family: analyzer.FamilyContext,
	Innocent: []string{
		"It is how private addresses reach the Internet, and how clouds give hosts public ones.",
	},
	Next:   "Nothing; use the address of each capture in its display filter.",
	Refs:   []string{"RFC 3022"},
	OnCase: nat,
})

func nat(pass *analyzer.Pass, c *analyzer.Case) {
	all := collect(c, func(sent, arrived *flow.Half) (was, is string, ok bool) {
		return sent.Addr().String(), arrived.Addr().String(), true
	})
	for _, k := range all.order {
		sent, arrived := all.frames(k)
		pass.Report(analyzer.Note, "the %s is %s in the one capture and %s in the other, in %d connections, as in frame %d of %s and frame %d of %s", k.side, k.was, k.is, all.count[k], sent.Frame, c.Captures[k.from].Name(), arrived.Frame, c.Captures[k.to].Name()).
			CiteIn(c.Captures[k.from], sent, analyzer.Baseline, "ip.src", k.was, k.was).
			CiteIn(c.Captures[k.to], arrived, analyzer.Context, "ip.src", k.is, k.was)
	}
}
