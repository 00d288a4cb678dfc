package flowtab

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// arrival is a frame that was read and not yet followed, with all that following it needs: the frame's bytes are gone by then.
type arrival struct {
	key
	hash   uint64
	likely *slot // that had the key's hash a moment ago
	tenant wire.Tenant
	flow.Packet
	options
	encapID    uint32
	vlan       uint16
	encap      wire.Encap
	v4         bool
	fromHigh   bool          // the source is the high end of the key
	headersCut bool          // the capture holds the TCP header in part
	icmp       *wire.Segment // an ICMP error; of the rest only Frame and Time are set then
	says       flow.Message  // what the payload says
}

// options are those of a SYN.
type options struct {
	mss           uint16 // 0 if absent
	wscale        int8   // -1 if absent
	sackPermitted bool
}

// Add follows one frame, not at once: what it changes shows after Finish. Frames without a whole transport header are left to the
// caller to count.
func (t *Table) Add(frame uint64, time int64, s *wire.Segment) {
	switch s.Proto {
	case protoTCP:
		t.intake.tcp++
		a := t.room()
		a.read(uint32(frame), time, s, t.seed)
		t.listen(a, s)
	case protoUDP:
		t.intake.udp++
		a := t.room()
		a.readUDP(uint32(frame), time, s, t.seed)
		t.listen(a, s)
	case protoICMP, protoICMPv6:
		t.intake.icmp++
		if len(s.Quote) > 0 || asksForEcho(s) && t.intake.icmp <= maxPings {
			kept := *s
			kept.Quote = bytes.Clone(s.Quote[:min(len(s.Quote), maxQuote)])
			kept.Options, kept.Payload = nil, nil
			*t.room() = arrival{Packet: flow.Packet{Frame: uint32(frame), Time: time}, icmp: &kept}
		}
	}
}

// maxPings is up to how many ICMP messages of a capture are looked at for echo requests: who pings shows soon.
const maxPings = 1 << 16

// asksForEcho says that an ICMP message is an echo request: RFC 792, RFC 4443.
func asksForEcho(s *wire.Segment) bool {
	return s.Proto == protoICMP && s.ICMPType == 8 || s.Proto == protoICMPv6 && s.ICMPType == 128
}

// maxQuote is how much of the datagram in an ICMP error is looked at: an IP header with all options or the usual extension headers, and
// the ports behind it.
const maxQuote = 256

// read keeps the headers of a segment.
func (a *arrival) read(frame uint32, time int64, s *wire.Segment, seed maphash.Seed) {
	a.common(frame, time, s, seed)
	a.Seq, a.Ack, a.Window, a.Flags = flow.Seq(s.Seq), flow.Seq(s.Ack), s.Window, flow.Flags(s.Flags)
	a.headersCut = s.Cut && (s.Reason != wire.Understood || s.OptionsCut)
	a.readOptions(s)
}

// readUDP keeps the headers of a datagram.
func (a *arrival) readUDP(frame uint32, time int64, s *wire.Segment, seed maphash.Seed) {
	a.common(frame, time, s, seed)
	a.headersCut = s.Cut && s.Reason != wire.Understood
	a.options = options{wscale: -1}
}

// common keeps what segments and datagrams both have.
func (a *arrival) common(frame uint32, time int64, s *wire.Segment, seed maphash.Seed) {
	a.icmp, a.says = nil, flow.Message{}
	a.key, a.fromHigh = keyOf(s)
	a.hash = maphash.Comparable(seed, a.key)
	a.vlan, a.v4, a.tenant, a.encap, a.encapID = s.VLAN[0], s.V4, s.Tenant, s.Encap, s.EncapID
	a.Packet = flow.Packet{
		Time: time, Frame: frame, Len: s.PayloadLen, IPID: s.IPID, TTL: s.TTL, TOS: s.TOS, Digest: digest(s.Payload),
		Heard: uint8(min(len(s.Payload), digested)),
	}
	if !s.V4 {
		a.Marks |= flow.IPv6
	}
	if s.DF {
		a.Marks |= flow.DontFragment
	}
	if s.Cut {
		a.Marks |= flow.Truncated
	}
	if s.MF || s.FragOff > 0 {
		a.Marks |= flow.Fragment
	}
}

func (a *arrival) readOptions(s *wire.Segment) {
	a.options = options{wscale: -1}
	if len(s.Options) == 0 && !s.OptionsCut {
		return
	}
	a.Marks |= flow.HasOptions
	var o wire.TCPOptions
	wire.ParseTCPOptions(s.Options, &o)
	if o.HasTS {
		a.Marks |= flow.HasTimestamps
		a.TSval = o.TSval
	}
	if o.HasReset && a.Flags.Any(flow.RST) && a.Len == 0 {
		a.SetResetReason(o.ResetReason)
	}
	if a.Flags.Any(flow.SYN) {
		a.mss, a.sackPermitted = o.MSS, o.SACKPermitted
		if o.HasWScale {
			a.wscale = int8(min(o.WScale, 127))
		}
	}
}

// digested is how much of a payload the digest covers.
const digested = 64

// digest tells equal payload beginnings apart from different ones: FNV-1a over eight bytes at a time. Its upper half is that of the first
// flow.HeardFirst bytes alone, so that a short payload can be compared with a long one.
func digest(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	b = b[:min(len(b), digested)]
	h := mix(14695981039346656037, b[:min(len(b), flow.HeardFirst)])
	begin := fold(h)
	if len(b) > flow.HeardFirst {
		h = mix(h, b[flow.HeardFirst:])
	}
	return begin<<16 | fold(h>>7) | 1 // never 0, which means no payload
}

func mix(h uint64, b []byte) uint64 {
	const prime = 1099511628211
	for len(b) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(b)) * prime
		h ^= h >> 29
		b = b[8:]
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * prime
	}
	return h
}

// fold makes sixteen bits of a hash.
func fold(h uint64) uint32 {
	h ^= h >> 32
	return uint32(h^h>>16) & 0xffff
}
