package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

const (
	// sameMoment is how far apart two places with one clock see a packet at most: what a router in between takes, with room.
	sameMoment = int64(5e6)
	// copiedOneIn is how many packets of a side there are to each that came before, on both sides, where a connection was captured twice:
	// two, if neither capture missed any. What a host sends again is data, and its peer's answers differ.
	copiedOneIn = 3
	leastCopies = 2 // of each side
)

// print is what all copies of a packet have in common, wherever they were captured.
type print struct {
	seq, ack flow.Seq
	len, ts  uint32
	digest   uint32
	window   uint16
	id       uint16
	flags    flow.Flags
	side     flow.Side
}

// twoClocks says that a connection was captured at two places whose clocks differ: the captures of both ends merged into one file,
// not sent as two. Its packets come again later than one clock would have them. That they are copies, and were not sent again, shows in one
// of three ways: their TTL differs, they have one identification of a host that numbers its packets, or most packets of both sides come again.
func twoClocks(f *flow.Flow) bool {
	if f == nil {
		return false
	}
	first := make(map[print]*flow.Packet, len(f.Packets))
	var all, copies [2]int
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Flags.Any(flow.RST) {
			continue // a reset in a host's name may well repeat itself
		}
		all[p.Side]++
		k := print{p.Seq, p.Ack, p.Len, p.TSval, p.Digest, p.Window, p.IPID, p.Flags, p.Side}
		q := first[k]
		if q == nil {
			first[k] = p
			continue
		}
		if p.Time-q.Time <= sameMoment {
			continue
		}
		if q.TTL != p.TTL || p.IPID != 0 && numbers(&f.Half[p.Side].IPID) {
			return true
		}
		copies[p.Side]++
	}
	return copies[0] >= leastCopies && copies[1] >= leastCopies && copies[0]*copiedOneIn >= all[0] && copies[1]*copiedOneIn >= all[1]
}

// numbers says that a sender gives each packet an identification of its own.
func numbers(t *flow.IPIDTally) bool { return t.N >= 3 && t.Same*2 < t.N && t.Zeros == 0 }
