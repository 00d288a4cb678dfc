package flowtab

import (
	"bytes"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// key names a connection regardless of direction. VLAN tags are no part of it: the two directions of a connection often
// carry different ones, and tshark's tcp.stream ignores them likewise.
type key struct {
	low, high         [16]byte
	lowPort, highPort uint16
	proto             uint16 // of IP; two bytes, so that the key has no padding and is hashed in one go
}

// keyOf gives the key of a segment, and whether its source is the high end.
func keyOf(s *wire.Segment) (k key, fromHigh bool) {
	return orient(&s.Src, &s.Dst, s.SrcPort, s.DstPort, s.Proto)
}

func orient(src, dst *[16]byte, srcPort, dstPort uint16, proto uint8) (key, bool) {
	c := bytes.Compare(src[:], dst[:])
	if c < 0 || c == 0 && srcPort <= dstPort {
		return key{*src, *dst, srcPort, dstPort, uint16(proto)}, false
	}
	return key{*dst, *src, dstPort, srcPort, uint16(proto)}, true
}

// guessClient tells who opened the connection from its first captured segment.
func guessClient(f flow.Flags, srcPort, dstPort uint16) (sourceIsClient bool, by flow.ClientBy) {
	switch {
	case f.Has(flow.SYN | flow.ACK):
		return false, flow.BySYNACK
	case f.Has(flow.SYN):
		return true, flow.BySYN
	case srcPort == dstPort:
		return true, flow.ByFirstPacket
	case wellKnown(srcPort) != wellKnown(dstPort):
		return wellKnown(dstPort), flow.ByPort
	}
	// Both or neither is well known: servers listen below the ephemeral range, which begins at 32768 (Linux) or 49152 (RFC 6335).
	return dstPort < srcPort, flow.ByPort
}

// wellKnown is the system port range of RFC 6335.
func wellKnown(port uint16) bool { return port < 1024 }
