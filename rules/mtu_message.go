package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "mtu-message",
	Title: "A router says that the packets are too large",
	Doc: "ICMP type 3 code 4 (ICMPv6 type 2) tells the sender how much the next link carries. A host that lowers its segments goes on at once; this is how path MTU discovery is meant to work. A host that " +
		"goes on sending what is too large did not take the message in: its own filter drops ICMP, or the message is not for its connection.",
	Cause:  analyzer.HostFirewall,
	Family: analyzer.FamilyICMP,
	Innocent: []string{
		"The message names a size that the host has no reason to believe, or quotes too little of the packet.",
		"The capture was taken before the host, and something between drops the message.",
	},
	Next:   "On the sender, let ICMP type 3 code 4 (ICMPv6 type 2) in, look at ip route get ADDRESS for the MTU that it has learned, or lower its MTU; ask the operator of the router why that link carries less.",
	Refs:   []string{"RFC 1191, section 4", "RFC 8201, section 4", "RFC 5927"},
	Needs:  flow.NeedICMP,
	OnFlow: mtuMessage,
})

// leastIgnored is how often too large a segment must be sent again after the message: one may have been on its way out already.
const leastIgnored = 3

func mtuMessage(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		p := told(f, side)
		if p == nil {
			continue
		}
		if int(p.Len) >= len(f.Senders) {
			pass.Skip("the sender of the ICMP message was not kept")
			continue
		}
		from, mtu, field := f.Senders[p.Len], nextHopMTU(p), "icmp.mtu"
		headers := uint32(40)
		if p.Marks.Has(flow.IPv6) {
			headers, field = 60, "icmpv6.mtu"
		}
		if mtu <= headers {
			pass.Skip("the ICMP message names no size")
			continue
		}
		ignored := 0
		var last *flow.Packet
		for _, q := range f.From(side) {
			if q.Frame > p.Frame && q.Marks.Has(flow.Retransmitted) && min(q.Len, uint32(segmentSize(f, side))) > mtu-headers && q.Seq.LessEq(p.Seq) && p.Seq.Less(q.End()) {
				ignored, last = ignored+1, q
			}
		}
		if ignored < leastIgnored || !atHost(pass.Capture, f, side) || arrivedAfterAll(f, side, p.Seq) {
			pass.Report(analyzer.Note, "frame %d is an ICMP message of %v: a packet of %v is too large, the next link carries %d bytes", p.Frame, from.Addr(), f.Half[side].Endpoint, mtu).
				Cite(p, analyzer.Answer, field, mtu, "—").
				Cite(p, analyzer.Answer, "ip.src", from.Addr(), from.Addr())
			continue
		}
		pass.Report(2, "frame %d, an ICMP message of %v, tells %v that the next link carries %d bytes; the host sent the same large segment %d more times, last in frame %d, and did not make it smaller",
			p.Frame, from.Addr(), f.Half[side].Endpoint, mtu, ignored, last.Frame).
			Blames(side).
			Cite(p, analyzer.Answer, field, mtu, "—").
			Cite(p, analyzer.Answer, "ip.src", from.Addr(), from.Addr()).
			Cite(last, analyzer.Trigger, "tcp.len", last.Len, "≤ "+sprint(mtu-headers))
	}
}

// told gives the first ICMP message which says that a packet of a side is too large: RFC 1191; RFC 4443, section 3.2.
func told(f *flow.Flow, side flow.Side) *flow.Packet {
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.IsTCP() || p.Side != side {
			continue
		}
		typ, code := p.ICMP()
		if p.Marks.Has(flow.IPv6) && typ == 2 || !p.Marks.Has(flow.IPv6) && typ == 3 && code == 4 {
			return p
		}
	}
	return nil
}

// nextHopMTU gives what the message says: the low half of the second word in IPv4, all of it in IPv6.
func nextHopMTU(p *flow.Packet) uint32 {
	if p.Marks.Has(flow.IPv6) {
		return uint32(p.Ack)
	}
	return uint32(p.Ack) & 0xffff
}

// arrivedAfterAll says that the byte at a sequence number was acknowledged.
func arrivedAfterAll(f *flow.Flow, side flow.Side, at flow.Seq) bool {
	peer := &f.Half[side.Other()]
	return peer.HasAcked && at.Less(peer.Acked)
}
