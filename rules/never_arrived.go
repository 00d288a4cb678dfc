package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "never-arrived",
	Title: "What one host sent again and again never arrived at the other",
	Doc: "With captures of both hosts it shows what arrives of what was sent. If one and the same data left one host several times, and none of it is in the other's capture, which was running and missed nothing else, it was " +
		"dropped in between: not by chance, which takes a packet now and then, and not by a host.",
	Cause:  analyzer.Blackhole,
	Family: analyzer.FamilyPeer,
	Innocent: []string{
		"The receiver's network card, hypervisor or security group dropped it before the point where tcpdump listens.",
		"The sender's network card or hypervisor dropped it behind the point where tcpdump listens.",
		"The way in between was down for a while.",
	},
	Next:   "Ask the operators of the networks in between, with the frames of both captures; a third capture between the hosts halves the way.",
	Refs:   []string{"RFC 9293, section 3.8.1", "RFC 2923, section 2.1"},
	Needs:  flow.NeedUnanswered | flow.NeedLoss,
	OnPair: neverArrived,
})

func neverArrived(pass *analyzer.Pass, a, b *flow.Flow) {
	if a.FirstRSTFrame+b.FirstRSTFrame > 0 {
		return // whoever sent the reset: what it did to the rest is its consequence
	}
	for range 2 {
		for _, side := range []flow.Side{flow.Client, flow.Server} {
			if atHost(pass.Capture, a, side) && !atHost(pass.Other(), b, side) {
				lostOnTheWay(pass, a, b, side)
			}
		}
		pass.Turn()
		a, b = b, a
	}
}

// lostOnTheWay looks for the first byte of a side that its own capture a holds and the other end's capture b does not.
func lostOnTheWay(pass *analyzer.Pass, a, b *flow.Flow, side flow.Side) {
	mine, theirs, receiver := &a.Half[side], &b.Half[side], &b.Half[side.Other()]
	if !mine.HasISN() || !theirs.HasISN() || !receiver.HasAcked || !mine.HasNext {
		return
	}
	missing := mine.ISN.Add(uint32(receiver.Acked.Sub(theirs.ISN)))
	var copies []flow.Packet
	for _, p := range a.From(side) {
		if p.Len > 0 && !p.Marks.Any(flow.Duplicate|flow.KeepAlive) && p.Seq.LessEq(missing) && missing.Less(p.End()) {
			copies = append(copies, *p)
		}
	}
	if len(copies) <= minTries {
		return
	}
	for _, p := range b.From(side) {
		if p.Len > 0 && p.Seq.LessEq(receiver.Acked) && receiver.Acked.Less(p.End()) {
			pass.Skip("it arrived, and the host did not acknowledge it")
			return
		}
	}
	first, last := &copies[0], &copies[len(copies)-1]
	why := witness(pass.Other())
	switch {
	case why != "":
	case theirs.AcksUnseen > 0 || receiver.AcksUnseen > 0:
		why = "the receiver's capture misses packets"
	case a.Split || b.Split || a.Omitted+b.Omitted > 0:
		why = "the connection was followed in parts"
	case thinned(b):
		why = "the receiver's capture holds only some kinds of packets"
	}
	if why != "" {
		pass.Skip(why)
		return
	}
	n, known := running(pass, copies, pass.Capture, pass.Other(), minRTT(a, side))
	if !known || n == 0 {
		pass.Skip("the receiver's capture may have ended before it was due")
		return
	}
	found := pass.Report(weightOfLost(n), "frame %d of %v, %d bytes, left that host %d times and is not in the other end's capture, which was running when %d of them were due and holds the connection up to frame %d",
		first.Frame, mine.Endpoint, first.Len, len(copies), n, b.LastFrame).
		Cite(first, analyzer.Dropped, "tcp.seq_raw", uint32(first.Seq), ending(first, first.End())).
		Cite(last, analyzer.Dropped, "tcp.seq_raw", uint32(last.Seq), ending(last, last.End()))
	if acker := lastACK(b, side.Other(), receiver.Acked); acker != nil {
		found.CiteIn(pass.Other(), acker, analyzer.Baseline, "tcp.ack_raw", uint32(acker.Ack), "≥ "+sprint(uint32(acker.Ack.Add(first.Len))))
	}
	before := pauseBefore(a, first)
	switch small := smallPassed(a, b, side, first); {
	case small != nil:
		found.Cause = analyzer.PMTUBlackhole
		found.CiteIn(pass.Other(), small, analyzer.Baseline, "tcp.len", small.Len, "—")
	case before != nil && !before.Flags.Any(flow.SYN) && first.Time-before.Time >= max(leastIdle, 10*minRTT(a, side)):
		found.Cause = analyzer.IdleTimeout
		found.Cite(before, analyzer.Context, "tcp.time_relative", since(a, before.Time), "—")
	}
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
