package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ahead-of-data",
	Title: "The reset stands in the middle of what its sender went on to send",
	Doc: "A reset of a kernel without a socket stands at a number that the other side acknowledged; any other stands behind the last byte that its socket sent. One at a number " +
		"that the victim never acknowledged, while the sender's data runs on beyond it, is neither: somebody counted the bytes of a packet that had not arrived yet.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The capture lost an acknowledgment of the host that it was taken on.",
	},
	Next:   "Capture on the host that the reset claims to come from: it will show that host sending on and no reset leaving it.",
	Refs:   []string{"RFC 9293, section 3.10.7.1", "RFC 9293, section 3.10.5"},
	Needs:  flow.NeedRST,
	OnFlow: rstAheadOfData,
})

func rstAheadOfData(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || p.Flags.Any(flow.ACK) || !f.Half[p.Side].SeenSYN {
			continue
		}
		victim := p.Side.Other()
		if !atHost(pass.Capture, f, victim) || f.Half[p.Side].AcksUnseen > 0 || pass.Capture.Health.Backwards > 0 {
			pass.Skip("not captured at the host that the reset was sent to, from its first packet on and without loss")
			continue
		}
		if !ofNoSocket(pass, f, i) || !highest(f, i, p.Side).Less(p.Seq) {
			continue
		}
		late := firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return q.Len > 0 && !q.Flags.Any(flow.RST|flow.SYN) && q.End() == p.Seq })
		beyond := firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return q.Len > 0 && !q.Flags.Any(flow.RST|flow.SYN) && p.Seq.Less(q.End()) })
		if beyond == nil {
			if late != nil { // an abort without acknowledgment, which overtook its data, remains thinkable
				pass.Report(2, "frame %d, a reset in the name of %v, stands at %d, which nobody had acknowledged, before the data that ends there arrives in frame %d",
					p.Frame, f.Half[p.Side].Endpoint, uint32(p.Seq), late.Frame).
					Explains(p).
					Cite(p, analyzer.Forged, "tcp.seq_raw", uint32(p.Seq), uint32(highest(f, i, p.Side))).
					Cite(late, analyzer.Answer, "tcp.seq_raw", uint32(late.Seq), ending(late, p.Seq))
			}
			continue
		}
		pass.Report(3.5, "frame %d, a reset in the name of %v, stands at %d, which nobody had sent or acknowledged; frame %d then brings that host's data up to %d",
			p.Frame, f.Half[p.Side].Endpoint, uint32(p.Seq), beyond.Frame, uint32(beyond.End())).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.seq_raw", uint32(p.Seq), uint32(highest(f, i, p.Side))).
			Cite(beyond, analyzer.Answer, "tcp.seq_raw", uint32(beyond.Seq), "≤ "+ending(beyond, p.Seq))
	}
}

// ofNoSocket says that the reset at index i, of the form in which a kernel answers without a socket, stands at a number that its victim never
// acknowledged, as the victim's own capture shows: no kernel answered anything with it.
func ofNoSocket(pass *analyzer.Pass, f *flow.Flow, i int) bool {
	p := &f.Packets[i]
	victim := p.Side.Other()
	opened := lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Flags.Any(flow.SYN) }) != nil // else it may be of an earlier one
	return passive(p) && opened && !stale(f, p) && f.Half[victim].SeenSYN && atHost(pass.Capture, f, victim) && f.Half[p.Side].AcksUnseen == 0 &&
		distance(p.Seq, f.Half[p.Side].ISN) <= strayDistance &&
		lastBefore(f, i, victim, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && q.Ack == p.Seq }) == nil
}
