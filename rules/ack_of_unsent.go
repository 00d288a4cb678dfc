package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "ack-of-unsent",
	Title: "The other side acknowledged data that this host had not sent",
	Doc: "A host acknowledges only what it received. If it acknowledges more than the sender has sent, and the sender goes on at its own, lower number, somebody else sent the difference in the " +
		"sender's name. That is how injected data looks from the end that it was not sent to.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The capture lost packets of the sender, and the sender sent something old again.",
	},
	Next:   "Capture on the host that acknowledged the data: the injected packets are there, and their TTL tells how far away they were made.",
	Refs:   []string{"RFC 9293, section 3.10.7.4", "Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  flow.NeedLoss | flow.NeedOverlap | flow.NeedRST | flow.NeedUnanswered | flow.NeedNoClose,
	OnFlow: ackOfUnsent,
})

const (
	// fewUnseen acknowledgments of bytes that the capture does not hold are those of an injected answer and its FIN; a capture that loses
	// packets has more.
	fewUnseen = 2
	// beyondProbes is how far an acknowledgment has to lie beyond what was sent: probes repeat a byte or two below the next one.
	beyondProbes = 8
)

func ackOfUnsent(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		sender := side.Other()
		if !f.Half[sender].SeenSYN || f.Half[side].AcksUnseen == 0 {
			continue
		}
		if f.Half[side].AcksUnseen > fewUnseen || pass.Capture.Health.Backwards > 0 || thinned(f) || f.Omitted > 0 {
			pass.Skip("the capture misses packets of this connection")
			continue
		}
		var high *flow.Packet // that reaches farthest
		joined := false       // the acknowledging side has acknowledged something of this connection before
		var tried flow.Seq
		for i := range f.Packets {
			p := &f.Packets[i]
			switch {
			case !p.IsTCP() || p.Flags.Any(flow.RST):
			case p.Side == sender:
				if p.Carries() && (high == nil || high.End().Less(p.End())) {
					high = p
				}
			case high == nil || !p.Flags.Any(flow.ACK) || p.Flags.Any(flow.SYN):
			case p.Ack.LessEq(high.End()):
				joined = true
			case p.Ack == tried:
			case joined && beyondProbes <= distance(p.Ack, high.End()) && distance(p.Ack, high.End()) <= strayDistance:
				tried = p.Ack
				next := firstAfter(f, i, sender, func(q *flow.Packet) bool { return staysBehind(pass, f, q, p, high) })
				if next == nil {
					break
				}
				pass.Report(3.5, "frame %d acknowledges up to %d, while %v had sent up to %d, and went on there in frame %d: it never sent what was acknowledged",
					p.Frame, uint32(p.Ack), f.Half[sender].Endpoint, uint32(high.End()), next.Frame).
					Explains(p).
					Cite(p, analyzer.Answer, "tcp.ack_raw", uint32(p.Ack), "≤ "+sprint(uint32(high.End()))).
					Cite(high, analyzer.Baseline, "tcp.seq_raw", uint32(high.Seq), ending(high, high.End())).
					Cite(next, analyzer.Baseline, "tcp.seq_raw", uint32(next.Seq), "≥ "+sprint(uint32(p.Ack)))
				return
			}
		}
	}
}

// staysBehind says that packet q of a sender shows it to be where the capture saw it, below what p acknowledges, although p has reached it. A
// bare acknowledgment stands at the next number to be sent; data may be old data sent again, which a sender does not do on its own
// host once it has the acknowledgment.
func staysBehind(pass *analyzer.Pass, f *flow.Flow, q, p, high *flow.Packet) bool {
	if q.Flags.Any(flow.SYN|flow.RST) || q.Marks.Any(flow.Duplicate|flow.KeepAlive) || p.Ack.Sub(q.Seq) < beyondProbes {
		return false
	}
	if atHost(pass.Capture, f, q.Side) {
		return q.Time-p.Time > reorderGuard && high.End().LessEq(q.End())
	}
	return q.Len == 0 && !q.Flags.Any(flow.FIN) && q.Seq == high.End() && q.Time-p.Time > reordered(f, q.Side)
}
