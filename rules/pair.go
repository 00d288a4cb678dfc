package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// ofProxy is why two captures of a connection do not show what came of a packet that one of them lacks.
const ofProxy = "a SYN proxy stands between the captures: it answers, drops and resets in the hosts' names"

// oriented gives a pair as seen from a reset in f, which claims to come from a side that the other capture was taken at.
type oriented struct {
	f, peer     *flow.Flow
	capture, at *analyzer.Capture // of f, and of the sender's host
}

// eachReset calls visit with every reset of either flow of a pair whose claimed sender is the host of the other capture.
func eachReset(pass *analyzer.Pass, a, b *flow.Flow, visit func(o oriented, i int)) {
	for range 2 {
		o := oriented{a, b, pass.Capture, pass.Other()}
		for i := range a.Packets {
			p := &a.Packets[i]
			if isReset(pass, p) && atHost(o.at, b, p.Side) && !atHost(o.capture, a, p.Side) {
				visit(o, i)
			}
		}
		pass.Turn()
		a, b = b, a
	}
}

// sent gives the reset in the sender's own capture that is the one at index i, or nil: same side, same kind, same distance from the
// initial sequence number, which address translation and sequence randomisation keep.
func (o *oriented) sent(i int) (int, *flow.Packet) {
	p := &o.f.Packets[i]
	for k := range o.peer.Packets {
		q := &o.peer.Packets[k]
		if q.Side == p.Side && q.IsTCP() && q.Flags.Any(flow.RST) && q.Flags&flow.ACK == p.Flags&flow.ACK &&
			q.Seq.Sub(o.peer.Half[p.Side].ISN) == p.Seq.Sub(o.f.Half[p.Side].ISN) {
			return k, q
		}
	}
	return -1, nil
}

// rewritten gives the packet that the sender's own capture holds in the place of the reset at index i, with the same identification
// and sequence number and no RST flag, or nil.
func (o *oriented) rewritten(i int) *flow.Packet {
	p := &o.f.Packets[i]
	for k := range o.peer.Packets {
		q := &o.peer.Packets[k]
		if q.Side == p.Side && q.IsTCP() && !q.Flags.Any(flow.RST) && q.IPID == p.IPID && p.IPID != 0 && q.Len > 0 &&
			q.Seq.Sub(o.peer.Half[p.Side].ISN) == p.Seq.Sub(o.f.Half[p.Side].ISN) {
			return q
		}
	}
	return nil
}

// missed says that the reset at index i has what only its sender had, and that the sender's own capture holds no packet with it: that
// capture then missed the packet. It is the number that the sender's counter had come to, or the time that its clock showed. A device may hit
// them, but the host uses the number again for the next packet that it sends itself.
func (o *oriented) missed(i int) bool {
	p, before := &o.f.Packets[i], counterBefore(o.f, i)
	numbered := before != nil && !p.Marks.Has(flow.IPv6) && !passive(p) && p.IPID != 0 && uint32(p.IPID-before.IPID) == onWire(o.f, before)
	timed := showsClock(o.f, i)
	for k := range o.peer.Packets {
		q := &o.peer.Packets[k]
		if q.Side == p.Side && q.IsTCP() {
			numbered = numbered && q.IPID != p.IPID
			timed = timed && !(q.Marks.Has(flow.HasTimestamps) && q.TSval == p.TSval)
		}
	}
	return numbered || timed
}

// showsClock says that the timestamp of the reset at index i is what its sender's clock came to at that moment, by two earlier packets, and
// newer than what any packet had shown to others.
func showsClock(f *flow.Flow, i int) bool {
	p := &f.Packets[i]
	stamped := func(q *flow.Packet) bool { return q.Marks.Has(flow.HasTimestamps) && !q.Flags.Any(flow.RST) }
	last := lastBefore(f, i, p.Side, stamped)
	if last == nil || !p.Marks.Has(flow.HasTimestamps) {
		return false
	}
	for k := range i {
		one := &f.Packets[k]
		if one.Side != p.Side || !one.IsTCP() || !stamped(one) || last.Time-one.Time < leastApart || p.Time-last.Time < leastApart {
			continue
		}
		rate := float64(int32(last.TSval-one.TSval)) / float64(last.Time-one.Time)
		came, due := float64(int32(p.TSval-last.TSval)), rate*float64(p.Time-last.Time)
		return came >= beyondProbes && abs(int(came-due)) <= max(3, int(due/20))
	}
	return false
}

// leastApart is the least time by which a clock can be told, and in which it comes to something that cannot be guessed.
const leastApart = int64(50 * time.Millisecond)

// matches says that every ordinary packet of a side that f holds stands in the sender's capture too, by bytes where offload joined packets.
func (o *oriented) matches(side flow.Side) bool {
	mine, theirs := &o.f.Half[side], &o.peer.Half[side]
	if theirs.Gaps > theirs.OutOfOrders {
		return false // a host leaves no holes in what it sends
	}
	for _, p := range o.f.From(side) {
		if p.Flags.Any(flow.RST) || p.Len == 0 {
			continue
		}
		end := p.End().Sub(mine.ISN)
		if theirs.Next.Sub(theirs.ISN) < end {
			return false
		}
	}
	return true
}
