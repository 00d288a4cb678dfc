package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ttl-copied",
	Title: "The reset's TTL is what was left of the packet that it answers",
	Doc: "Some devices turn the packet that they answer round and send it back, with the TTL that was left of it. The reset then has travelled the way twice on one TTL: read as a packet of its own it seems to come from " +
		"beyond the host, and half of what is missing is the distance of the device.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A device with an unusual initial TTL happens to be at a distance that fits.",
	},
	Next:   "Compare the distance with the hops of an mtr report: the device is at that hop, if the way back is as long as the way there.",
	Refs:   []string{"Raman et al.: Network Measurement Methods for Locating and Examining Censorship Devices, CoNEXT 2022"},
	Needs:  flow.NeedRST,
	OnFlow: rstTTLCopied,
})

func rstTTLCopied(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) {
			continue
		}
		if !atHost(pass.Capture, f, p.Side.Other()) {
			pass.Skip("not captured at the host that the reset was sent to: the TTL that its packets left with is not known")
			continue
		}
		usual, times := sentWith(&f.Half[p.Side])
		t := trigger(f, i)
		if t == nil || times == 0 {
			continue
		}
		h, ok := copiedHops(t.TTL, p.TTL, flow.Hops(usual))
		if !ok || p.TTL == usual {
			continue
		}
		// A half, beside what another TTL than the host's weighs anyway: many a number fits some distance.
		pass.Report(0.5, "frame %d, a reset in the name of %v, arrived with TTL %d, which would be %d hops, while the host is %d away; frame %d left with TTL %d: a device about %d hops away that sent it back would explain it",
			p.Frame, f.Half[p.Side].Endpoint, p.TTL, flow.Hops(p.TTL), flow.Hops(usual), t.Frame, t.TTL, h).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.ttl", p.TTL, usual).
			Cite(t, analyzer.Trigger, "ip.ttl", t.TTL, t.TTL)
	}
}

// copiedHops gives the distance of a device that answered a packet sent with one TTL, and put what was left of that TTL into its answer, which
// arrived with another. It holds only where the plain reading, with a usual initial TTL, would put the sender beyond the host, farther than
// equal-cost paths differ. The way back may differ by a hop or two from the way there.
func copiedHops(sent, arrived uint8, toHost int) (int, bool) {
	twice := int(sent) - int(arrived)
	if twice < 2 || twice/2 > toHost || flow.Hops(arrived) <= toHost+nearTTL {
		return 0, false
	}
	return twice / 2, true
}
