package flowtab

import (
	"hash/maphash"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// addICMP ties an ICMP error to the flow whose segment or datagram it quotes (RFC 792, RFC 4443), and counts who pings.
func (t *Table) addICMP(frame uint32, time int64, s *wire.Segment) {
	if asksForEcho(s) {
		t.Hosts[t.host(&s.Src, s.V4, s.Tenant)].Pings++
		return
	}
	var q wire.Segment
	if wire.DecodeQuote(s.Quote, &q) != wire.Understood || q.Proto != protoTCP && q.Proto != protoUDP {
		t.Counts.OtherICMP++
		if q.Proto == protoTCP && q.SeqCut {
			t.Counts.CutICMP, t.Counts.CutICMPAt, t.Counts.CutICMPFrame = t.Counts.CutICMP+1, time, frame
		}
		return
	}
	k, fromHigh := keyOf(&q)
	l := t.live.find(maphash.Comparable(t.seed, k), &k).quoted(s.Tenant)
	if l == nil {
		t.Counts.StrayICMP++
		return
	}
	p := t.packets.add()
	*p = flow.Packet{
		Time: time, Frame: frame, Flow: l.ID, Side: l.sideOf(fromHigh), Seq: flow.Seq(q.Seq), Marks: flow.ICMPError,
		TTL: s.TTL, IPID: s.IPID, TOS: s.TOS, Window: uint16(s.ICMPType)<<8 | uint16(s.ICMPCode), Len: t.sender(s),
		Ack: flow.Seq(s.ICMPRest),
	}
	if !s.V4 {
		p.Marks |= flow.IPv6
	}
	if q.SeqCut {
		p.Marks |= flow.Truncated
	}
	l.ICMPErrors++
	l.Last, l.LastFrame = max(l.Last, time), frame
	if l.Proto != flow.UDP || refuses(p) && p.Side == flow.Client && (l.Said > 0 || !l.traced()) {
		l.Need |= flow.NeedICMP
	}
}

// refuses says that an ICMP error is about a destination that was not reached, and not about a size.
func refuses(p *flow.Packet) bool {
	typ, code := p.ICMP()
	if p.Marks.Has(flow.IPv6) {
		return typ == 1
	}
	return typ == 3 && code != 4
}

// traced says that datagrams look like probes of traceroute or mtr -u, to which such an error is the answer that they are sent for: by the
// ports that both begin with, or by a TTL that no host starts from.
func (l *slot) traced() bool {
	const firstPort, lastPort, longestPath = 33000, 33999, 40
	c := &l.Half[flow.Client]
	ttl, _ := c.TTL.Usual()
	start := uint8(255)
	for _, usual := range [...]uint8{128, 64} {
		if ttl <= usual {
			start = usual
		}
	}
	port := l.Half[flow.Server].Port
	return firstPort <= port && port <= lastPort || start-ttl > longestPath
}

// sender gives the index of the router that sent the error; of those beyond maxICMP it gives an index that no sender has.
func (t *Table) sender(s *wire.Segment) uint32 {
	e := flow.Endpoint{IP: s.Src, V4: s.V4}
	for i, known := range t.Senders {
		if known == e {
			return uint32(i)
		}
	}
	if len(t.Senders) == maxICMP {
		t.Counts.UnknownSenders++
		return maxICMP
	}
	t.Senders = append(t.Senders, e)
	return uint32(len(t.Senders) - 1)
}
