package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "never-arrived",
	Title: "What one host sent again and again never arrived at the other",
	Doc: "With captures of both hosts it shows what arrives of what was sent. If one and the same data left one host several times, and none of it is in the other's capture, which was running, missed nothing else and got other packets of that host meanwhile, it was " +
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
	OnPair: keepLost,
	OnCase: neverArrived,
})

func keepLost(pass *analyzer.Pass, a, b *flow.Flow) {
	if pass.Proxied {
		pass.Skip(ofProxy)
		return
	}
	if a.FirstRSTFrame+b.FirstRSTFrame > 0 {
		return // whoever sent the reset: what it did to the rest is its consequence
	}
	for range 2 {
		for _, side := range []flow.Side{flow.Client, flow.Server} {
			if atHost(pass.Capture, a, side) && atHost(pass.Other(), b, side.Other()) {
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
	first := &copies[0]
	why := witness(pass.Other())
	switch {
	case why != "":
	case a.Half[side.Other()].HasAcked && first.Seq.Less(a.Half[side.Other()].Acked):
		why = "the receiver acknowledged it: it came by a way that its capture does not show"
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
	l := lostData{first: *first, last: copies[len(copies)-1], copies: len(copies), due: n, sender: mine.Endpoint, to: pass.Other(), until: b.LastFrame}
	l.from, _, _ = pass.Translate(first.Time, pass.Capture, l.to)
	_, l.by, _ = pass.Translate(l.last.Time, pass.Capture, l.to)
	l.hosts = hosts{l.to.Index, theirs.Addr(), receiver.Addr()}
	if acker := lastACK(b, side.Other(), receiver.Acked); acker != nil {
		l.acker = *acker
	}
	before := pauseBefore(a, first)
	switch small := smallPassed(a, b, side, first); {
	case small != nil:
		l.small = *small
		if host := pass.Host(&a.Half[side.Other()]); host == nil || host.Took < first.Len {
			l.by += l.last.Time - copies[len(copies)-2].Time // when the next was due: where the size decides, that what is small passed right after will do
		}
	case before != nil && !before.Flags.Any(flow.SYN) && first.Time-before.Time >= max(leastIdle, 10*minRTT(a, side)):
		l.before, l.paused = *before, since(a, before.Time)
	}
	pass.Keep(l)
}

func neverArrived(pass *analyzer.Pass, c *analyzer.Case) {
	if len(pass.Facts()) == 0 {
		return
	}
	all := arrivals(c)
	for _, k := range pass.Facts() {
		l := k.Value.(lostData)
		if !l.open(all) {
			pass.Skip("nothing else of that host arrived in the meantime: the way may have been down")
			continue
		}
		found := pass.ReportOn(k.Conn, k.Capture, weightOfLost(l.due), "frame %d of %v, %d bytes, left that host %d times and is not in the other end's capture, which was running when %d of them were due and holds the connection up to frame %d",
			l.first.Frame, l.sender, l.first.Len, l.copies, l.due, l.until).
			Cite(&l.first, analyzer.Dropped, "tcp.seq_raw", uint32(l.first.Seq), ending(&l.first, l.first.End())).
			Cite(&l.last, analyzer.Dropped, "tcp.seq_raw", uint32(l.last.Seq), ending(&l.last, l.last.End()))
		if l.acker.Frame > 0 {
			found.CiteIn(l.to, &l.acker, analyzer.Baseline, "tcp.ack_raw", uint32(l.acker.Ack), "≥ "+sprint(uint32(l.acker.Ack.Add(l.first.Len))))
		}
		switch {
		case l.small.Frame > 0:
			found.Cause = analyzer.PMTUBlackhole
			found.CiteIn(l.to, &l.small, analyzer.Baseline, "tcp.len", l.small.Len, "—")
		case l.before.Frame > 0:
			found.Cause = analyzer.IdleTimeout
			found.Cite(&l.before, analyzer.Context, "tcp.time_relative", l.paused, "—")
		}
	}
}
