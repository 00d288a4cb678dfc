package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "froze-at-amount",
	Title: "Several connections froze after about the same amount",
	Doc: "Some devices let the first packets of a connection through and then drop the rest, after some kilobytes or so many packets. Connections that ask for different things and freeze at about the same amount show that it is the " +
		"amount that decides.",
	Cause:  analyzer.Blackhole,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"They asked for the same thing, and it holds a packet at that place that the way does not carry.",
		"The way failed for all of them at one moment.",
	},
	Next:   "Load something small and something large from the same server, in turn: where only what exceeds the amount freezes, the amount decides. Then from another network.",
	Refs:   []string{"RFC 2923, section 2.1"},
	Needs:  flow.NeedUnanswered,
	OnFlow: keepFrozen,
	OnCase: frozeAtAmount,
})

// frozen is a connection that stopped while its server had more to say.
type frozen struct {
	delivered uint32
	last      flow.Packet // of the server's data
	server    flow.Endpoint
}

func keepFrozen(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if f.FirstRSTFrame > 0 || f.OneWay() || !s.SeenSYN || s.Bytes > mostCounted || s.FINs+c.FINs > 0 || !c.HasAcked {
		return
	}
	if _, tries := neverAcknowledged(f, flow.Client); tries <= minTries {
		if _, tries = neverAcknowledged(f, flow.Server); tries <= minTries {
			return
		}
	}
	last := lastBefore(f, len(f.Packets), flow.Server, func(p *flow.Packet) bool { return p.Len > 0 && p.End().LessEq(c.Acked) })
	if last != nil {
		pass.Keep(frozen{uint32(c.Acked.Sub(s.ISN.Add(1))), *last, s.Endpoint})
	}
}

func frozeAtAmount(pass *analyzer.Pass, _ *analyzer.Case) {
	order, all := factsBy(pass.Facts(), func(k analyzer.Fact) place { return place{k.Capture.Index, k.Value.(frozen).server} })
	for _, at := range order {
		facts := all[at]
		delivered := make([]uint32, len(facts))
		for i, k := range facts {
			delivered[i] = k.Value.(frozen).delivered
		}
		for _, group := range clusters(delivered) {
			for _, i := range group.members {
				k := facts[i]
				z := k.Value.(frozen)
				pass.ReportOn(k.Conn, k.Capture, 0.5, "the connection froze when %v had delivered %d bytes, up to frame %d; %d connections to it froze between %d and %d bytes",
					at.server, z.delivered, z.last.Frame, len(group.members), group.low, group.high).
					Cite(&z.last, analyzer.Context, "tcp.seq_raw", uint32(z.last.Seq), ending(&z.last, z.last.End()))
			}
		}
	}
}
