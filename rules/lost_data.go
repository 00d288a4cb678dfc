package rules

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// lostData is data that one host sent several times and that the other end's capture does not hold.
type lostData struct {
	first, last   flow.Packet
	copies, due   int // how many there are, and how many of them while the other capture was running
	sender        flow.Endpoint
	to            *analyzer.Capture // the receiver's
	from, by      int64             // when they were due there
	hosts         hosts             // sender and receiver, as named there
	until         uint32            // frame there up to which it holds the connection
	acker         flow.Packet       // there; Frame 0 if there is none, as of the next two
	small, before flow.Packet       // that passed, there; before a pause
	paused        string
}

// arrivals gives when connections of two hosts brought something in a capture, as far as their first and last packets tell, in order. The first host
// is the sender.
func arrivals(c *analyzer.Case) map[hosts][]int64 {
	all := make(map[hosts][]int64)
	for _, conn := range c.Flows {
		for i := range conn.Seen {
			s := &conn.Seen[i]
			for side := range s.Half {
				if h := &s.Half[side]; h.Packets > 0 {
					key := hosts{s.Capture, h.Addr(), s.Half[1-side].Addr()}
					all[key] = append(all[key], h.FirstTime, h.LastTime)
				}
			}
		}
	}
	for _, times := range all {
		slices.Sort(times)
	}
	return all
}

// open says that something arrived while the lost data was due.
func (l *lostData) open(all map[hosts][]int64) bool {
	times := all[l.hosts]
	i, _ := slices.BinarySearch(times, l.from+1)
	return i < len(times) && times[i] < l.by
}

// lastACK gives the last packet of a side that acknowledges up to a number; nil if there is none.
func lastACK(f *flow.Flow, side flow.Side, ack flow.Seq) *flow.Packet {
	return lastBefore(f, len(f.Packets), side, func(p *flow.Packet) bool { return p.Flags.Any(flow.ACK) && !p.Flags.Any(flow.RST) && p.Ack == ack })
}

// smallPassed gives a packet of a side that arrived although it was sent later than data that did not, and is smaller: then size decides. Nil if there is
// none, if data of that size arrived, or if every path must carry it.
func smallPassed(a, b *flow.Flow, side flow.Side, lost *flow.Packet) *flow.Packet {
	if lost.Len <= leastCarried(lost) {
		return nil
	}
	missing, acked := b.Half[side].ISN.Add(uint32(lost.Seq.Sub(a.Half[side].ISN))), b.Half[side.Other()].ISN
	for _, p := range a.From(side) {
		if p.Frame < lost.Frame && p.Flags.Any(flow.ACK) {
			acked = b.Half[side.Other()].ISN.Add(uint32(p.Ack.Sub(a.Half[side.Other()].ISN)))
		}
	}
	var passed *flow.Packet
	for _, p := range b.From(side) {
		if p.Len >= lost.Len {
			return nil
		}
		if passed == nil && (p.Carries() && missing.Less(p.Seq) || p.Flags.Any(flow.ACK) && acked.Less(p.Ack)) {
			passed = p
		}
	}
	return passed
}
