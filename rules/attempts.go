package rules

import (
	"math"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// attempt is a stretch of a side's data that was sent at least once, and how it went.
type attempt struct {
	seq, end    flow.Seq
	size        uint32       // of the largest segment that carried it on the wire
	tries       int          // transmissions of that size
	first, last *flow.Packet // the first and the last of them
	smaller     *flow.Packet // that carried its beginning again in a segment of less
	acked       *flow.Packet // that acknowledged its beginning; nil if none did
}

// attemptsOf follows what one side sent and the other acknowledged. Captured duplicates and keep-alives are left out.
func attemptsOf(f *flow.Flow, side flow.Side) []attempt {
	var all []attempt
	open := 0 // index of the first that is not acknowledged
	wire := uint32(segmentSize(f, side))
	for i := range f.Packets {
		p := &f.Packets[i]
		switch {
		case !p.IsTCP() || p.Marks.Any(flow.Duplicate|flow.KeepAlive) || p.Flags.Any(flow.RST|flow.SYN):
		case p.Side != side:
			for ; open < len(all) && p.Flags.Any(flow.ACK) && all[open].seq.Less(p.Ack); open++ {
				all[open].acked = p
			}
		case p.Len > 0 && len(all)-open < maxOutstanding && len(all) < maxFollowed:
			size := min(p.Len, wire)
			repeated := false
			for k := open; k < len(all) && p.Marks.Any(flow.Retransmitted|flow.Overlapping|flow.OutOfOrder); k++ {
				if a := &all[k]; p.Seq.LessEq(a.seq) && a.seq.Less(p.End()) {
					repeated = true
					a.again(p, size)
				}
			}
			if !repeated && (open == len(all) || all[len(all)-1].end.LessEq(p.Seq)) {
				for seq := p.Seq; seq.Less(p.End()); seq = seq.Add(size) {
					all = append(all, attempt{seq: seq, end: seq.Add(size), size: min(size, uint32(p.End().Sub(seq))), tries: 1, first: p, last: p})
				}
			}
		}
	}
	return all
}

// again counts a transmission of what was sent before.
func (a *attempt) again(p *flow.Packet, size uint32) {
	switch {
	case size >= a.size:
		a.tries, a.last = a.tries+1, p
	case a.smaller == nil:
		a.smaller = p
	}
}

// carried gives the size of the segment that is known to have arrived; 0 if none is.
func (a *attempt) carried() uint32 {
	switch {
	case a.acked == nil:
		return 0
	case a.smaller != nil && a.smaller.Frame < a.acked.Frame:
		return min(a.smaller.Len, a.size-1) // which of the two arrived is not known
	}
	return a.size
}

// stuckOf gives the stretch that was sent most often in vain at its full size, and the largest segment that arrived.
func stuckOf(all []attempt) (stuck *attempt, passed uint32) {
	for k := range all {
		a := &all[k]
		passed = max(passed, a.carried())
		if a.tries >= leastLarge && a.carried() < a.size && (stuck == nil || a.tries > stuck.tries) {
			stuck = a
		}
	}
	return stuck, passed
}

// smallLost says that a segment no larger than one that arrived was sent again: then it is not size alone that decides.
func smallLost(all []attempt, passed uint32) bool {
	for k := range all {
		if a := &all[k]; a.size <= passed && a.tries > 1 {
			return true
		}
	}
	return false
}

// lastSmall gives the last packet before the large ones that is known to have arrived: data, an acknowledgment, or the SYN/ACK.
func lastSmall(pass *analyzer.Pass, f *flow.Flow, side flow.Side, all []attempt, stuck *attempt) *flow.Packet {
	var small *flow.Packet
	for k := range all {
		if a := &all[k]; a.first.Frame < stuck.first.Frame && a.acked != nil && a.tries == 1 && a.smaller == nil {
			small = a.first
		}
	}
	if small == nil {
		small = heeded(pass, f, side, 0, stuck.first.Frame)
	}
	return small
}

// repeatWithin is when a host sends again what was not acknowledged, beside the round trip: RFC 6298, section 2.4, rounds up to a second, and
// stacks in use wait less.
const repeatWithin = int64(time.Second)

// heeded gives the first packet without data of a side between two frames that the other side is known to have got: it acknowledges
// something of the other, which then was not sent again although there was time.
func heeded(pass *analyzer.Pass, f *flow.Flow, side flow.Side, after, before uint32) *flow.Packet {
	wait := repeatWithin + 2*minRTT(f, side.Other())
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.Frame <= after || p.Frame >= before || p.Side != side || !p.IsTCP() || p.Len > 0 || !p.Flags.Any(flow.ACK) || p.Flags.Any(flow.RST|flow.SYN) || p.Marks.Has(flow.Duplicate) {
			continue
		}
		asks := lastBefore(f, i, side.Other(), func(q *flow.Packet) bool { return q.Carries() && q.Marks&(flow.KeepAlive|flow.Duplicate) == 0 })
		if asks == nil || asks.End() != p.Ack || asks.Marks.Has(flow.Retransmitted) || asks.Frame <= after {
			continue
		}
		again := firstAfter(f, i, side.Other(), func(q *flow.Packet) bool { return q.Carries() && q.Seq.LessEq(asks.Seq) })
		if again == nil && pass.Capture.Member.To-p.Time >= wait {
			return p
		}
	}
	return nil
}

// resetBy says that a side sent a reset before a frame.
func resetBy(f *flow.Flow, side flow.Side, before uint32) bool {
	return firstAfter(f, -1, side, func(q *flow.Packet) bool { return q.Flags.Any(flow.RST) && q.Frame < before }) != nil
}

// byChance bounds the weight on a path that loses packets at random, as what comes from the other side shows: so often one segment may be lost too.
func byChance(peer *flow.Half, tries int) float64 {
	if lost := peer.Retransmissions + peer.Gaps; lost > 0 && peer.DataPackets > 0 {
		return -float64(tries) * math.Log10(min(1, float64(lost)/float64(peer.DataPackets)))
	}
	return mostBySize
}
