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
		if !f.Half[victim].SeenSYN || !f.Half[p.Side].SeenSYN || f.Half[p.Side].AcksUnseen > 0 || !atHost(pass.Capture, f, victim) {
			pass.Skip("not captured at the host that the reset was sent to, from its first packet on and without loss")
			continue
		}
		if thinned(f) {
			pass.Skip("the capture holds no data and no acknowledgments of the connection, as a filter on flags leaves it")
			continue
		}
		if stale(f, p) {
			pass.Skip("the reset may belong to an earlier connection")
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
		weight := analyzer.Weight(2) // one packet that the capture lost explains it
		if permitted(f, i).Less(p.Ack) {
			weight = 4
		}
		pass.Report(weight, "frame %d, a reset in the name of %v, acknowledges up to %d, while %v had sent only up to %d",
			p.Frame, f.Half[p.Side].Endpoint, uint32(p.Ack), f.Half[victim].Endpoint, uint32(sent)).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.ack_raw", uint32(p.Ack), "≤ "+sprint(uint32(sent))).
			Cite(last, analyzer.Baseline, "tcp.seq_raw", uint32(last.Seq), ending(last, last.End()))
	}
}

// permitted gives the sequence number up to which the side that received the reset at index i was ever allowed to send: no loss of the
// capture explains an acknowledgment beyond it, as far as nothing of the reset's sender is missing either.
func permitted(f *flow.Flow, i int) flow.Seq {
	r := &f.Packets[i]
	most := highest(f, i, r.Side.Other())
	for k := range i {
		if p := &f.Packets[k]; p.Side == r.Side && p.IsTCP() && p.Flags.Any(flow.ACK) && !p.Flags.Any(flow.RST) {
			most = most.Max(edge(f, p))
		}
	}
	return most.Add(1) // a FIN
}
