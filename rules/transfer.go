package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// transfer is what one side sent, segment by segment as the wire carried it, in order of time, with what became of each.
type transfer struct {
	segments []segment
	acked    int64 // bytes of it that the other side acknowledged
	arrived  bool  // the capture was taken where it arrives: what it holds was not lost
}

// segment is one transmission. A capture where the data arrives does not hold those that were lost: they are told from the hole.
type segment struct {
	packet   *flow.Packet // that carried it, or the one behind which it is missing
	time     int64        // sent, or should have come, nanoseconds
	seq, end int64        // from the first byte
	lost     bool
	missing  bool  // not in the capture, and not come late yet: lost only if it is filled late
	rtt      int64 // to the acknowledgment of this very transmission; 0 if not known
}

// part gives what a packet that shows a loss is to it: lost itself, or what came behind the hole.
func (s *segment) part() analyzer.Role {
	if s.missing {
		return analyzer.Context
	}
	return analyzer.Dropped
}

// defaultSegment is what a segment carries at most where no MSS was seen: Ethernet's.
const defaultSegment = 1460

// Bounds of what is followed, whatever a capture claims: a hundred megabytes of a transfer show how it was treated, and what is
// outstanding is a window of some megabytes at most.
const (
	maxFollowed    = 100_000
	maxOutstanding = 4096
	leastSegment   = 536 // RFC 9293, section 3.7.1
)

// segmentSize gives the payload of a full segment: offloaded packets are cut back into such.
func segmentSize(f *flow.Flow, side flow.Side) int64 {
	size := int64(f.Half[side.Other()].MSS)
	if size == 0 {
		size = defaultSegment
	}
	if f.Half[side].WithTimestamps > 0 && size > 100 {
		size -= 12 // the option in every segment
	}
	return max(size, leastSegment)
}

// follower builds a transfer.
type follower struct {
	transfer
	half    *flow.Half
	size    int64
	late    int64         // from when on a filled hole was a loss and not another order
	rtt     int64         // shortest, from the sender's data to its acknowledgment
	high    int64         // end of what is known to be sent
	highSeq flow.Seq      // the same on the wire
	begun   bool          //
	last    int64         // time of the last packet
	open    []int         // segments that are missing
	latest  map[int64]int // by first byte, the last transmission captured
	ends    map[int64]int // by end, likewise, sent once only
	resent  int64         // end of the highest bytes sent again
	doubts  []doubt       // segments held lost until the acknowledgment comes too soon for that
}

// doubt is a segment that was sent again, and when.
type doubt struct {
	segment int
	resent  int64
}

// follow goes through the data of one side. Captured duplicates, keep-alives and probes of a closed window (one byte) are left out;
// so are SYNs, which a host drops for reasons of its own. Of a flow longer than the limit the first half is followed.
func follow(c *analyzer.Capture, f *flow.Flow, side flow.Side) *transfer {
	w := &follower{
		half: &f.Half[side],
		size: segmentSize(f, side), rtt: minRTT(f, side),
		// A retransmission takes a round trip of the receiver to come; half of it is for the jitter.
		late:   max(reorderGuard, minRTT(f, side.Other())/2),
		latest: make(map[int64]int), ends: make(map[int64]int),
	}
	w.arrived = atHost(c, f, side.Other())
	packets := f.Packets
	if f.Omitted > 0 {
		packets = packets[:len(packets)/2]
	}
	for i := range packets {
		p := &packets[i]
		if len(w.segments) > maxFollowed {
			break
		}
		switch {
		case !p.IsTCP() || p.Marks.Has(flow.Duplicate) || p.Flags.Any(flow.SYN|flow.RST):
		case p.Side == side && p.Len > 1 && !p.Marks.Has(flow.KeepAlive):
			w.sent(p)
		case p.Side != side && p.Flags.Any(flow.ACK) && w.begun:
			w.acknowledged(p)
		}
	}
	w.close()
	return &w.transfer
}

// base gives where the sequence begins: after the SYN, or where that was not captured with the first packet that was.
func (w *follower) base(p *flow.Packet) flow.Seq {
	if w.half.SeenSYN && p.Seq.Sub(w.half.ISN) > 0 {
		return w.half.ISN.Add(1)
	}
	return p.Seq
}

func (w *follower) sent(p *flow.Packet) {
	if !w.begun {
		w.begun, w.highSeq, w.last = true, w.base(p), p.Time
	}
	from := w.high + int64(p.Seq.Sub(w.highSeq))
	to := from + int64(p.Len)
	if n := (from - w.high + w.size - 1) / w.size; n > 0 && n <= maxOutstanding {
		for k, seq := int64(1), w.high; seq < from; k, seq = k+1, seq+w.size {
			at := w.last + (p.Time-w.last)*k/(n+1) // spread evenly between the packets around the hole
			w.open = append(w.open, len(w.segments))
			w.segments = append(w.segments, segment{packet: p, time: at, seq: seq, end: min(seq+w.size, from), missing: true})
		}
		w.open = w.open[max(0, len(w.open)-maxOutstanding):]
	}
	if from < w.high {
		w.again(p, from, min(to, w.high))
	}
	for ; from < to && len(w.segments) <= maxFollowed; from += w.size { // a packet may claim gigabytes
		s := segment{packet: p, time: p.Time, seq: from, end: min(from+w.size, to)}
		if s.end > w.high {
			w.ends[s.end] = len(w.segments)
		}
		w.latest[s.seq] = len(w.segments)
		w.segments = append(w.segments, s)
	}
	if to > w.high {
		w.highSeq, w.high = w.highSeq.Add(uint32(to-w.high)), to
	}
	w.last = p.Time
}

// again takes in a packet below what was sent: it fills a hole, or repeats what the capture holds.
func (w *follower) again(p *flow.Packet, from, to int64) {
	filled := false
	for k := 0; k < len(w.open); k++ {
		s := &w.segments[w.open[k]]
		if s.seq >= to || s.end <= from {
			continue
		}
		filled = true
		if p.Time-s.packet.Time >= w.late {
			s.lost = true
		}
		w.open = append(w.open[:k], w.open[k+1:]...)
		k--
	}
	if filled {
		return
	}
	w.resent = max(w.resent, to)
	if w.arrived {
		return // it had arrived: sent again for nothing
	}
	for at := max(from, w.acked); at < to; {
		i, ok := w.latest[at]
		if !ok {
			return
		}
		s := &w.segments[i]
		s.lost = true
		w.doubts = append(w.doubts[max(0, len(w.doubts)-maxOutstanding):], doubt{i, p.Time})
		at = s.end
	}
}

func (w *follower) acknowledged(p *flow.Packet) {
	ack := w.high + int64(p.Ack.Sub(w.highSeq))
	if ack <= w.acked {
		return
	}
	if ack > w.high+1 { // of bytes that this capture missed (a FIN takes one)
		w.highSeq, w.high = p.Ack, ack
	}
	// Karn, and with holes: an acknowledgment that covers anything sent again says nothing of the time.
	if i, ok := w.ends[ack]; ok && w.resent <= w.acked {
		w.segments[i].rtt = p.Time - w.segments[i].time
	}
	w.acked = ack
	kept := w.doubts[:0]
	for _, d := range w.doubts {
		switch s := &w.segments[d.segment]; {
		case s.end > ack:
			kept = append(kept, d)
		case p.Time-d.resent < w.rtt/2: // RFC 3522: it answers the first copy
			s.lost = false
		}
	}
	w.doubts = kept
}

// close leaves out what the network did not lose or nobody can tell of: holes that were never filled, or soon.
func (w *follower) close() {
	kept := w.segments[:0]
	for _, s := range w.segments {
		if !s.missing || s.lost {
			kept = append(kept, s)
		}
	}
	w.segments = kept
}
