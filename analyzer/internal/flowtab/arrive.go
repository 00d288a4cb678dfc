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
	flow.Packet
	options
	vlan       uint16
	v4         bool
	fromHigh   bool          // the source is the high end of the key
	headersCut bool          // the capture holds the TCP header in part
	icmp       *wire.Segment // an ICMP error; of the rest only Frame and Time are set then
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
		t.room().read(uint32(frame), time, s, t.seed)
	case protoUDP:
		t.intake.udp++
	case protoICMP, protoICMPv6:
		t.intake.icmp++
		if len(s.Quote) > 0 {
			kept := *s
			kept.Quote = bytes.Clone(s.Quote[:min(len(s.Quote), maxQuote)])
			kept.Options, kept.Payload = nil, nil
			*t.room() = arrival{Packet: flow.Packet{Frame: uint32(frame), Time: time}, icmp: &kept}
		}
	}
}

// maxQuote is how much of the datagram in an ICMP error is looked at: an IP header with all options or the usual extension headers, and
// the ports behind it.
const maxQuote = 256

// read keeps the headers of a segment.
func (a *arrival) read(frame uint32, time int64, s *wire.Segment, seed maphash.Seed) {
	a.icmp = nil
	a.key, a.fromHigh = keyOf(s)
	a.hash = maphash.Comparable(seed, a.key)
	a.vlan, a.v4 = s.VLAN[0], s.V4
	a.Packet = flow.Packet{
		Time: time, Frame: frame, Seq: flow.Seq(s.Seq), Ack: flow.Seq(s.Ack), Len: s.PayloadLen,
		Window: s.Window, IPID: s.IPID, Flags: flow.Flags(s.Flags), TTL: s.TTL, TOS: s.TOS, Digest: digest(s.Payload),
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
	if asks(s.Payload) {
		a.Marks |= flow.Asks
	}
	a.headersCut = s.Cut && (s.Reason != wire.Understood || s.OptionsCut)
	a.readOptions(s)
}

// asks says that a payload begins as a request that must be answered: an HTTP/1 method (RFC 9110, section 9), HTTP/2's preface, or a TLS
// ClientHello (RFC 8446, section 5.1: record type 22, version 3.x, two bytes of length, message type 1).
func asks(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	switch b[0] {
	case 22:
		return b[1] == 3 && b[5] == 1
	case 'G', 'P', 'H', 'D', 'O':
		for _, method := range [...]string{"GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "PRI * "} {
			if len(b) >= len(method) && string(b[:len(method)]) == method {
				return true
			}
		}
	}
	return false
}

func (a *arrival) readOptions(s *wire.Segment) {
	a.options = options{wscale: -1}
	if len(s.Options) == 0 {
		return
	}
	a.Marks |= flow.HasOptions
	var o wire.TCPOptions
	wire.ParseTCPOptions(s.Options, &o)
	if o.HasTS {
		a.Marks |= flow.HasTimestamps
		a.TSval = o.TSval
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

// digest tells equal payload beginnings apart from different ones: FNV-1a over eight bytes at a time.
func digest(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	b = b[:min(len(b), digested)]
	for len(b) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(b)) * prime
		h ^= h >> 29
		b = b[8:]
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * prime
	}
	h ^= h >> 32
	return uint32(h) | 1 // never 0, which means no payload
}
