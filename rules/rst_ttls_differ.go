package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ttls-differ",
	Title: "Resets in one name came from different distances",
	Doc: "All packets of one host on one connection travel the same distance. Two resets that arrive with different TTLs have two senders, or one that fills in numbers at random: at least one of them is not the host's, " +
		"even where the host sent nothing else to compare with.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A load balancer reset the connection in the host's name, and the host behind it answered what came later.",
		"The route changed between the two resets.",
	},
	Next:   "Capture on the host that the resets claim to come from, and look which of them it ever sent.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009", "RFC 9293, section 3.5.3"},
	Needs:  flow.NeedRST,
	OnFlow: rstTTLsDiffer,
})

func rstTTLsDiffer(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		half := &f.Half[side]
		if half.RSTs < 2 {
			continue
		}
		usual, times := sentWith(half)
		if half.TTL.Distinct() > 1 {
			pass.Skip("the sender's other packets had several TTLs: the route changed")
			continue
		}
		var one *flow.Packet
		for i, p := range f.From(side) {
			if !isReset(pass, p) || p.Marks.Has(flow.Duplicate) || stale(f, p) {
				continue
			}
			if one == nil {
				one = p
				continue
			}
			gap := abs(int(p.TTL) - int(one.TTL))
			if gap == 0 || flow.Hops(p.TTL) == flow.Hops(one.TTL) || gap == 1 && (p.IPID == one.IPID || duplicates(pass.Capture)) || p.Time-one.Time >= burstWithin {
				continue // the kernel's own initial TTL against the program's; a routed copy; another time, another route
			}
			foreign := []*flow.Packet{one, p}
			if times >= minTTLSamples { // then this only says that there are several senders
				if one.TTL != usual && p.TTL != usual {
					pass.Report(analyzer.Note, "frames %d and %d, resets in the name of %v, arrived with TTL %d and %d, and its other packets with TTL %d: two senders besides the host, or one that makes up the TTL",
						one.Frame, p.Frame, half.Endpoint, one.TTL, p.TTL, usual).
						Explains(one).Cite(one, analyzer.Forged, "ip.ttl", one.TTL, usual).Cite(p, analyzer.Forged, "ip.ttl", p.TTL, usual)
				}
				break
			}
			if !first(f, i) && earlierReset(f, i).Side != side {
				break // both sides are resetting already
			}
			found := pass.Report(1.2, "frames %d and %d, resets in the name of %v, arrived with TTL %d and %d within %v", one.Frame, p.Frame, half.Endpoint, one.TTL, p.TTL, dur(p.Time-one.Time)).
				Explains(one)
			for _, q := range foreign {
				found.Cite(q, analyzer.Context, "ip.ttl", q.TTL, "—")
			}
			break
		}
	}
}
