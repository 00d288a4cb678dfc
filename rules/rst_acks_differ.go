package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-acks-differ",
	Title: "Two resets of one socket acknowledge different things",
	Doc: "A socket that resets its connection does so once, and is gone; the kernel without it answers each later packet with a reset that acknowledges nothing. Two resets that acknowledge different numbers, while " +
		"nothing arrived between them, were not sent by one host.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"A load balancer answers every packet of a connection that it does not know with such a reset.",
	},
	Next:   "Capture on the host that the resets claim to come from, and look whether it ever sent them.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009", "RFC 9293, section 3.10.7.1"},
	Needs:  flow.NeedRST,
	OnFlow: rstAcksDiffer,
})

func rstAcksDiffer(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		one := &f.Packets[i]
		if !isReset(pass, one) || !first(f, i) || !one.Flags.Any(flow.ACK) || refusal(one) || stale(f, one) {
			continue
		}
		for k := i + 1; k < len(f.Packets); k++ {
			p := &f.Packets[k]
			if !p.IsTCP() || p.Side == one.Side && !p.Flags.Any(flow.RST) {
				continue
			}
			if p.Side != one.Side || !p.Flags.Any(flow.ACK) || p.Time-one.Time >= burstWithin {
				break // something arrived in between
			}
			if p.Ack == one.Ack || distance(p.Ack, one.Ack) > strayDistance || refusal(p) {
				continue
			}
			if answersSeveral(f, i, 2) {
				pass.Skip("the other side had sent several packets: each may have been answered")
				break
			}
			pass.Report(1.5, "frames %d and %d, resets in the name of %v, acknowledge %d and %d, and nothing of the other side came between them",
				one.Frame, p.Frame, f.Half[one.Side].Endpoint, uint32(one.Ack), uint32(p.Ack)).
				Explains(one).
				Cite(one, analyzer.Forged, "tcp.ack_raw", uint32(one.Ack), uint32(p.Ack)).
				Cite(p, analyzer.Forged, "tcp.ack_raw", uint32(p.Ack), uint32(one.Ack))
			break
		}
	}
}
