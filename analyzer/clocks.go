package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

// sameMoment is how far apart two places with one clock see a packet at most: what a router in between takes, with room.
const sameMoment = int64(5e6)

// twoClocks says that a connection was captured at two places whose clocks differ: the captures of both ends merged into one file,
// not sent as two. Copies of a packet differ in their TTL only, while a retransmission keeps its TTL and takes a new identification
// or timestamp.
func twoClocks(f *flow.Flow) bool {
	if f == nil {
		return false
	}
	type print struct {
		seq, ack flow.Seq
		len, ts  uint32
		digest   uint32
		id       uint16
		flags    flow.Flags
		side     flow.Side
	}
	first := make(map[print]*flow.Packet, len(f.Packets))
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Flags.Any(flow.RST) {
			continue // a reset in a host's name may well repeat itself
		}
		k := print{p.Seq, p.Ack, p.Len, p.TSval, p.Digest, p.IPID, p.Flags, p.Side}
		q := first[k]
		if q == nil {
			first[k] = p
			continue
		}
		if q.TTL != p.TTL && p.Time-q.Time > sameMoment {
			return true
		}
	}
	return false
}
