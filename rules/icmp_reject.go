package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:     "icmp-reject",
	Title:  "A router refuses the connection, and says so",
	Doc:    "An ICMP message of type \"administratively prohibited\" that quotes the connection's packet was sent by the device that refused it; its source address names that device.",
	Cause:  analyzer.ICMPReject,
	Family: analyzer.FamilyICMP,
	Innocent: []string{
		"The device is the operator's own firewall, and refuses what it was told to refuse.",
	},
	Next:   "Ask the operator of the address that sent the ICMP message; it is the source of that frame.",
	Refs:   []string{"RFC 792", "RFC 1812, section 5.2.7.1", "RFC 4443, section 3.1"},
	Needs:  flow.NeedICMP,
	OnFlow: icmpReject,
})

func icmpReject(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.IsTCP() || !prohibits(p) {
			continue
		}
		if int(p.Len) >= len(f.Senders) {
			pass.Skip("the sender of the ICMP message was not kept")
			continue
		}
		from := f.Senders[p.Len]
		if from.IP == f.Half[p.Side.Other()].IP {
			pass.Skip("the addressed host itself refuses by ICMP")
			continue
		}
		if from.IP == f.Half[p.Side].IP {
			pass.Skip("the sender's own packet filter refuses by ICMP")
			continue
		}
		if f.Half[p.Side.Other()].DataPackets > 0 || firstAfter(f, i, p.Side.Other(), func(q *flow.Packet) bool { return !q.Flags.Any(flow.RST) }) != nil {
			pass.Skip("the connection went on in spite of the message")
			continue
		}
		if lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN | flow.RST) }) != nil {
			pass.Skip("the connection was over before the message")
			continue
		}
		typ, code := p.ICMP()
		field := "icmp.code"
		if p.Marks.Has(flow.IPv6) {
			field = "icmpv6.code"
		}
		if p.Marks.Has(flow.Truncated) {
			pass.Skip("the snap length cut the packet that the message quotes")
			// Anybody who guesses the ports can send that much; but something went wrong.
			pass.Report(1, "frame %d is an ICMP message from %v (type %d, code %d: administratively prohibited) about a packet of %v, and cut too short to tell which",
				p.Frame, from.Addr(), typ, code, f.Half[p.Side].Endpoint).
				Cite(p, analyzer.Answer, field, code, "—").
				Cause = unansweredCause(f)
			return
		}
		if lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Seq.LessEq(p.Seq) && p.Seq.LessEq(q.End()) }) == nil {
			pass.Skip("the message quotes a packet that was not sent on this connection")
			continue
		}
		pass.Report(analyzer.Proof+0.5, "frame %d is an ICMP message from %v (type %d, code %d: administratively prohibited) that refuses a packet of %v",
			p.Frame, from.Addr(), typ, code, f.Half[p.Side].Endpoint).
			Explains(p).
			Cite(p, analyzer.Answer, field, code, "—").
			Cite(p, analyzer.Answer, "ip.src", from.Addr(), f.Half[p.Side.Other()].Addr())
		return
	}
}

// unansweredCause names what a connection suffers from that somebody may have refused: as far as the capture shows, no answer.
func unansweredCause(f *flow.Flow) analyzer.Cause {
	if f.Half[flow.Server].Packets == 0 {
		return analyzer.SYNUnanswered
	}
	return analyzer.DataUnanswered
}

// prohibits says that an ICMP error is a decision, not an accident: RFC 1812, 5.2.7.1, codes 9, 10 and 13; RFC 4443, 3.1, codes 1, 5 and 6.
func prohibits(p *flow.Packet) bool {
	typ, code := p.ICMP()
	if p.Marks.Has(flow.IPv6) {
		return typ == 1 && (code == 1 || code == 5 || code == 6)
	}
	return typ == 3 && (code == 9 || code == 10 || code == 13)
}
