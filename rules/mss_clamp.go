package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "mss-clamp",
	Title: "The MSS is lowered on the way",
	Doc: "Routers at the ends of tunnels and of DSL lines lower the maximum segment size in SYNs, so that packets fit. It is what they should do, and worth knowing where large packets vanish all the " +
		"same.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"It is ordinary where a tunnel, PPPoE or a VPN is on the way.",
	},
	Next:   "Nothing, unless large packets vanish: then compare it with what the path carries (ping -M do -s).",
	Refs:   []string{"RFC 4459, section 3.2", "RFC 9293, section 3.7.1"},
	OnCase: mssClamp,
})

func mssClamp(pass *analyzer.Pass, c *analyzer.Case) {
	all := collect(c, func(sent, arrived *flow.Half) (was, is string, ok bool) {
		return sprint(sent.MSS), sprint(arrived.MSS), sent.MSS > 0 && arrived.MSS > 0
	})
	for _, k := range all.order {
		sent, arrived := all.frames(k)
		pass.Report(analyzer.Note, "in %d of %d SYNs of the %s the MSS left as %s and arrived as %s, as in frame %d of %s and frame %d of %s",
			all.count[k], all.of(k), k.side, k.was, k.is, sent.Frame, c.Captures[k.from].Name(), arrived.Frame, c.Captures[k.to].Name()).
			CiteIn(c.Captures[k.from], sent, analyzer.Baseline, "tcp.options.mss_val", k.was, k.was).
			CiteIn(c.Captures[k.to], arrived, analyzer.Context, "tcp.options.mss_val", k.is, k.was)
	}
}
