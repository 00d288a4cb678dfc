package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "data-beyond-fin",
	Title: "The host went on beyond its own end",
	Doc: "A FIN is the last that a host sends: nothing of its stream lies beyond it. Data with a FIN, and then other data in the same name that runs across that end, come from two senders: a device " +
		"answered and closed in the server's name, and the server answered too. This needs no payload, only the numbers.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The capture joins two connections on the same ports, and lost the SYN of the second.",
	},
	Next:   "Follow the stream in Wireshark and read both contents; capture on the server and look which of them left it.",
	Refs:   []string{"RFC 9293, section 3.6"},
	Needs:  flow.NeedLoss | flow.NeedOverlap,
	OnFlow: dataBeyondFIN,
})

func dataBeyondFIN(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		if !f.Half[side].SeenSYN || f.Half[side].FINs == 0 {
			continue
		}
		var fin *flow.Packet
		for _, p := range f.From(side) {
			switch {
			case p.Flags.Any(flow.RST|flow.SYN) || p.Marks.Any(flow.Duplicate|flow.KeepAlive|flow.Fragment) || p.Len == 0:
			case fin == nil:
				if p.Flags.Any(flow.FIN) {
					fin = p
				}
			case p.Seq.Less(fin.End()-1) && fin.End().Less(p.Seq.Add(p.Len)), p.Seq == fin.End()-1 && p.Len > 1: // the FIN takes the place of the last byte but is none
				if pass.Capture.Health.Backwards > 0 {
					pass.Skip("the capture's clock steps back")
					return
				}
				if oneOfTwo(pass, fin, p) {
					pass.Skip("one packet before and after a device that changed it, on which the capture was taken")
					return
				}
				usual, times := sentWith(&f.Half[side])
				forged, _ := oddOne(fin, p, func(q *flow.Packet) bool { return q.TTL != usual })
				if times < minTTLSamples {
					forged = nil
				}
				found := pass.Report(3.5, "frame %d ends the stream of %v at %d with a FIN, yet frame %d, in the same name, brings data up to %d",
					fin.Frame, f.Half[side].Endpoint, uint32(fin.End()-1), p.Frame, uint32(p.Seq.Add(p.Len))).
					Explains(fin)
				for _, q := range []*flow.Packet{fin, p} {
					role := analyzer.Context
					if q == forged {
						role = analyzer.Forged
						found.Explains(q)
					}
					found.Cite(q, role, "tcp.seq_raw", uint32(q.Seq), ending(q, q.End())).
						Cite(q, role, "tcp.flags", q.Flags, "—")
				}
				return
			}
		}
	}
}
