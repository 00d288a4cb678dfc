package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-from-beside",
	Title: "The reset in the other side's name comes from this host or right beside it",
	Doc: "Where the capture was taken on a host, packets of the other side have crossed routers, each of which lowers the TTL by one. A reset in the other side's name that still has an initial value has crossed none: security software or a filter on " +
		"this very host made it, or the first device beside it. Both look the same in a capture, so this tells where to look and changes no verdict.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A device further on the way that counted how many routers lie between, and began with a higher TTL.",
		"A device that takes all values of a TTL in turn.",
	},
	Next:   "Look on this host first: security software, a packet filter with REJECT, a VPN or proxy agent (nft list ruleset; on Windows: netsh wfp show filters). Then the gateway and the firewall beside it.",
	Refs:   []string{"RFC 791, section 3.2 (time to live)"},
	Needs:  flow.NeedRST,
	OnFlow: rstFromBeside,
})

func rstFromBeside(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || flow.Hops(p.TTL) != 0 {
			continue
		}
		usual, times := sentWith(&f.Half[p.Side])
		if times < minTTLSamples || flow.Hops(usual) == 0 {
			continue
		}
		if !atHost(pass.Capture, f, p.Side.Other()) {
			pass.Skip("not captured at the host that the reset was sent to")
			continue
		}
		if f.Half[p.Side].TTL.Distinct() > 1 && seenTTL(&f.Half[p.Side], p.TTL) || f.Half[p.Side].TTL.Open == p.TTL {
			pass.Skip("the sender's other packets had that TTL too: the route changed")
			continue
		}
		found := pass.Report(analyzer.Note, "frame %d, a reset in the name of %v, arrived with the initial TTL %d, while that host's packets cross routers (TTL %d): it was made on this host or by the device beside it",
			p.Frame, f.Half[p.Side].Endpoint, p.TTL, usual).
			Explains(p).
			Cite(p, analyzer.Context, "ip.ttl", p.TTL, usual)
		if t := trigger(f, i); t != nil {
			found.Cite(t, analyzer.Trigger, "tcp.time_relative", since(f, t.Time), "—").
				Cite(p, analyzer.Context, "tcp.time_relative", since(f, p.Time), "—")
		}
	}
}
