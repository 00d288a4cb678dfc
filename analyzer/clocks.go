package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

const (
	// sameMoment is how far apart two places with one clock see a packet at most: what a router in between takes, with room.
	sameMoment = int64(5e6)
	// copiedOneIn is how many packets of a side there are to each that came before, on both sides, where a connection was captured twice:
	// two, if neither capture missed any. What a host sends again is data, and its peer's answers differ.
	copiedOneIn = 3
	leastCopies = 2 // of each side
	// longAgo is from how late on a packet was not merely overtaken on its way.
	longAgo = int64(200e6)
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
// of four ways: their TTL differs, they have one identification of a host that numbers its packets, they bear a time of the sender's clock that it
// had left behind, or most packets of both sides come again.
func twoClocks(f *flow.Flow, hosts []flow.Host) bool {
	first := make(map[print]*flow.Packet, len(f.Packets))
	var all, copies [2]int
	var newest [2]*flow.Packet // by the sender's clock
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Flags.Any(flow.RST) {
			continue // a reset in a host's name may well repeat itself
		}
		all[p.Side]++
		if n := newest[p.Side]; p.Marks.Has(flow.HasTimestamps) && (n == nil || int32(p.TSval-n.TSval) > 0) {
			newest[p.Side] = p
		}
		k := print{p.Seq, p.Ack, p.Len, p.TSval, p.Digest, p.Window, p.IPID, p.Flags, p.Side}
		q := first[k]
		if q == nil {
			first[k] = p
			continue
		}
		if p.Time-q.Time <= sameMoment {
			continue
		}
		if q.TTL != p.TTL || p.IPID != 0 && numbers(&f.Half[p.Side], hosts) {
			return true
		}
		if n := newest[p.Side]; p.Marks.Has(flow.HasTimestamps) && n.TSval != p.TSval && p.Time-q.Time > longAgo {
			return true
		}
		copies[p.Side]++
	}
	return copies[0] >= leastCopies && copies[1] >= leastCopies && copies[0]*copiedOneIn >= all[0] && copies[1]*copiedOneIn >= all[1]
}

// numbers says that a sender gives each packet an identification of its own, on this connection or on all of them.
func numbers(h *flow.Half, hosts []flow.Host) bool {
	own := func(t *flow.IPIDTally) bool { return t.N >= 3 && t.Same*2 < t.N && t.Zeros == 0 }
	return own(&h.IPID) || h.Host != 0 && int(h.Host) < len(hosts) && own(&hosts[h.Host].IPID)
}

// disordered says that a connection's packets are not in the order in which they passed: the SYN/ACK comes before the SYN that it answers, or
// what a side says before it opens. So a capture is left where the clock was set back and the frames then sorted by their times.
func disordered(f *flow.Flow) bool {
	if !f.Half[flow.Client].SeenSYN {
		return false
	}
	var opened, spoke [2]bool
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Flags.Any(flow.RST) {
			continue
		}
		me := &f.Half[p.Side]
		if !p.Flags.Any(flow.SYN) {
			spoke[p.Side] = spoke[p.Side] || me.SeenSYN && me.ISN.Less(p.Seq) && p.Seq.Sub(me.ISN) < ofOneConnection
			continue
		}
		if !opened[p.Side] && p.Seq == me.ISN && (spoke[p.Side] || p.Side == flow.Server && !opened[flow.Client]) {
			return true
		}
		opened[p.Side] = true
	}
	return false
}

// ofOneConnection is how far numbers may lie apart to be of one connection: the largest window in common use.
const ofOneConnection = 1 << 24
