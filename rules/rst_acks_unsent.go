package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-acks-unsent",
	Title: "The reset acknowledges what was never sent",
	Doc: "A host acknowledges only what it received. A reset that acknowledges bytes beyond all that the other side had sent, at a capture point that sees all " +
		"that side sends, was not built from received packets.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The capture lost packets of the other side.",
	},
	Next:   "Capture on the host that the reset claims to come from.",
	Refs:   []string{"RFC 9293, section 3.10.7.4"},
	Needs:  flow.NeedRST,
	OnFlow: rstAcksUnsent,
})

func rstAcksUnsent(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !p.Flags.Any(flow.ACK) || p.Ack == 0 {
			continue
		}
		victim := p.Side.Other()
		if !f.Half[victim].SeenSYN || f.Half[p.Side].AcksUnseen > 0 || !atHost(pass.Capture, f, victim) {
			pass.Skip("not captured at the host that the reset was sent to, from its first packet on and without loss")
			continue
		}
		sent := highest(f, i, victim)
		if p.Ack.LessEq(sent) || distance(p.Ack, sent) > strayDistance {
			continue
		}
		last := lastBefore(f, i, victim, func(q *flow.Packet) bool { return q.Carries() })
		if last == nil {
			continue
		}
		pass.Report(4, "frame %d, a reset in the name of %v, acknowledges up to %d, while %v had sent only up to %d",
			p.Frame, f.Half[p.Side].Endpoint, uint32(p.Ack), f.Half[victim].Endpoint, uint32(sent)).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.ack_raw", uint32(p.Ack), "≤ "+sprint(uint32(sent))).
			Cite(last, analyzer.Baseline, "tcp.nxtseq", uint32(last.End()), uint32(last.End()))
	}
}
