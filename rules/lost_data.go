package rules

import (
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

// passedBy says that something of a connection came from the one host to the other while the lost data was due.
func (l *lostData) passedBy(c *analyzer.Conn) bool {
	for i := range c.Seen {
		s := &c.Seen[i]
		if s.Capture != l.hosts.capture {
			continue
		}
		for side := range s.Half {
			h := &s.Half[side]
			for _, t := range []int64{h.FirstTime, h.LastTime} {
				if h.Packets > 0 && h.Addr() == l.hosts.client && s.Half[1-side].Addr() == l.hosts.server && t > l.from && t < l.by {
					return true
				}
			}
		}
	}
	return false
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
