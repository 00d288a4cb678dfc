package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// What an ICMP error says about a connection; the rules host-reject, icmp-reject, icmp-unreachable and udp-refused ask.

// refuser gives who sent the ICMP error at index i, if that is known and the error ended the connection: nothing went on in spite of it, it was not
// over before, and the error quotes a packet of it, or as little (mark Truncated) that nothing tells which.
func refuser(pass *analyzer.Pass, f *flow.Flow, i int) (flow.Endpoint, bool) {
	p := &f.Packets[i]
	peer := p.Side.Other()
	switch {
	case int(p.Len) >= len(f.Senders):
		pass.Skip("the sender of the ICMP message was not kept")
	case f.Half[peer].DataPackets > 0 || firstAfter(f, i, peer, func(q *flow.Packet) bool { return !q.Flags.Any(flow.RST) }) != nil:
		pass.Skip("the connection went on in spite of the message")
	case lastBefore(f, i, peer, func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN | flow.RST) }) != nil:
		pass.Skip("the connection was over before the message")
	case !p.Marks.Has(flow.Truncated) && lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Seq.LessEq(p.Seq) && p.Seq.LessEq(q.End()) }) == nil:
		pass.Skip("the message quotes a packet that was not sent on this connection")
	default:
		return f.Senders[p.Len], true
	}
	return flow.Endpoint{}, false
}

// nearer says that an ICMP error came from fewer hops away than all that the host sent on its connections.
func nearer(host *flow.Host, p *flow.Packet) bool {
	if host == nil || host.TTL.Total() < minTTLSamples || host.TTL.Others > 0 {
		return false
	}
	for k, v := range host.TTL.Values {
		if host.TTL.Counts[k] > 0 && flow.Hops(v)-flow.Hops(p.TTL) < 2 {
			return false
		}
	}
	return true
}

// codeField gives Wireshark's name of an ICMP error's code.
func codeField(p *flow.Packet) string {
	if p.Marks.Has(flow.IPv6) {
		return "icmpv6.code"
	}
	return "icmp.code"
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

// portUnreachable says that an ICMP error tells that a port is closed: RFC 1122, 3.2.2.1; RFC 4443, 3.1. For UDP hosts say so; for TCP they say it by a reset, and
// packet filters by this.
func portUnreachable(p *flow.Packet) bool {
	typ, code := p.ICMP()
	if p.Marks.Has(flow.IPv6) {
		return typ == 1 && code == 4
	}
	return typ == 3 && code == 3
}

// unreachable says that an ICMP error tells of a missing way: network or host unreachable or unknown, or for this type of service (RFC 1812,
// 5.2.7.1); no route, or address unreachable (RFC 4443, 3.1).
func unreachable(p *flow.Packet) bool {
	typ, code := p.ICMP()
	if p.Marks.Has(flow.IPv6) {
		return typ == 1 && (code == 0 || code == 3)
	}
	return typ == 3 && (code == 0 || code == 1 || code == 6 || code == 7 || code == 11 || code == 12)
}
