package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-then-talk",
	Title: "The host went on after a reset that it is said to have sent",
	Doc: "A host that resets a connection has forgotten it: it sends no new data on it, retransmits nothing and acknowledges nothing. One that goes on " +
		"never sent the reset. A device beside the path can forge a reset, but cannot stop what the host sends.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"A load balancer reset the connection, and the server behind it was not told.",
		"The reset belongs to an earlier connection on the same ports.",
	},
	Next:   "Capture on the host that the reset claims to come from: it will show that host sending on and no reset leaving it.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009 (RST_SEQ_DATA)", "RFC 9293, section 3.10.7"},
	Needs:  flow.NeedRST,
	OnFlow: rstThenTalk,
})

const (
	// strayDistance is how far a reset's sequence number may be from its sender's and still belong to this connection: the largest
	// window in common use.
	strayDistance = 1 << 24
	// reorderGuard is how late a packet sent before the reset may arrive after it.
	reorderGuard = int64(3 * time.Millisecond)
	// retransmitAfter is the least retransmission timer of common stacks.
	retransmitAfter = int64(200 * time.Millisecond)
)

func rstThenTalk(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || p.Marks.Has(flow.Duplicate) {
			continue
		}
		if pass.Capture.Health.Backwards > 0 {
			pass.Skip("the capture's clock steps back")
			continue
		}
		half := &f.Half[p.Side]
		if stale(f, p) {
			pass.Skip("the reset's sequence number is far from the connection's: it belongs to an earlier one")
			continue
		}
		if !spoken(f, p) && lastSYN(f, i) == nil {
			pass.Skip("the capture holds nothing of the sender before the reset: it may belong to an earlier connection")
			continue
		}
		if passive(p) && challenged(f, i) {
			pass.Skip("the reset answers a challenge: the connection it rejects is not this one")
			continue
		}
		if scans(f, i) {
			pass.Skip("the client speaks past its own kernel, which resets what it did not open: a scanner")
			continue
		}
		weight, guard := analyzer.Weight(3.5), reordered(f, p.Side)
		next := firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return goesOn(f, i, q, guard) })
		if next == nil && half.OutOfOrders == 0 && minRTT(f, p.Side.Other()) > 0 { // sooner, on a path that keeps the order, being overtaken by the reset remains thinkable
			weight = 1.8
			next = firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return goesOn(f, i, q, reorderGuard) })
		}
		if next == nil {
			continue
		}
		before, known := sentBefore(f, i, next, guard)
		if before {
			pass.Skip("the sender's own clock says that what follows was sent before the reset")
			continue
		}
		stepped := !known && oneSilence(f, i, guard)
		if stepped {
			weight = min(weight, 1.8)
		}
		found := pass.Report(weight, "frame %d is a reset in the name of %v, yet that host went on: frame %d, %v later, is %s",
			p.Frame, half.Endpoint, next.Frame, dur(next.Time-p.Time), analyzer.Msg(describeTalk(next))).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.flags.reset", 1, 0).
			Cite(next, analyzer.Answer, "tcp.flags", next.Flags, "—")
		if stepped {
			found.ButAgainst("all of it came after one long silence, which may be a step of the capture's clock")
		}
	}
}

// lastSYN gives the last SYN of either side before index i, or nil.
func lastSYN(f *flow.Flow, i int) *flow.Packet {
	syn := func(q *flow.Packet) bool { return q.Flags.Any(flow.SYN) }
	if c := lastBefore(f, i, flow.Client, syn); c != nil {
		return c
	}
	return lastBefore(f, i, flow.Server, syn)
}

// scans says that the reset at index i is that of a scanner's kernel: the client's SYN has no options, as no kernel sends it, and the reset
// answers the SYN/ACK. What follows comes from the scanner's own stack.
func scans(f *flow.Flow, i int) bool {
	p, c := &f.Packets[i], &f.Half[flow.Client]
	return p.Side == flow.Client && passive(p) && c.SeenSYN && c.MSS == 0 && c.WScale < 0 && p.Seq == c.ISN.Add(1) &&
		lastBefore(f, i, flow.Client, func(q *flow.Packet) bool { return !q.Flags.Any(flow.SYN) }) == nil
}

// reordered gives how late a packet of a side that was sent before its reset may arrive after it.
func reordered(f *flow.Flow, side flow.Side) int64 {
	rtt := minRTT(f, side.Other())
	if rtt == 0 {
		return retransmitAfter // the path may be as long as that
	}
	return max(reorderGuard, rtt/4)
}

// goesOn says that q shows its sender to be alive on this connection after the reset at index i, and cannot have been sent
// before the reset and overtaken by it.
func goesOn(f *flow.Flow, i int, q *flow.Packet, guard int64) bool {
	r := &f.Packets[i]
	if q.Flags.Any(flow.RST) || q.Flags&(flow.SYN|flow.ACK) == flow.SYN || q.Marks.Has(flow.Duplicate) {
		return false
	}
	late := q.Time - r.Time
	switch {
	case q.Flags.Has(flow.SYN | flow.ACK): // the SYN/ACK again, for a half-open connection said to be reset
		return late >= retransmitAfter && q.Seq == f.Half[q.Side].ISN
	case distance(q.Seq, r.Seq) > strayDistance && !refusal(r): // of another connection
		return false
	case q.Marks.Has(flow.Retransmitted):
		return late >= retransmitAfter && (q.End().LessEq(highest(f, i, q.Side)) || !beyondHole(f, i, q))
	case q.Len > 0 || q.Flags.Any(flow.FIN):
		return late > guard && r.Seq.LessEq(q.Seq) && !beyondHole(f, i, q)
	case q.Flags.Any(flow.ACK): // acknowledges what the other side sent after the reset was seen
		t := lastSentAfter(f, i, q)
		return t != nil && late > guard
	}
	return false
}

// beyondHole says that the sender of the reset at index i left a hole in its numbers after it and before q, or that the other side acknowledges
// such: where the capture lost packets, the SYN of a new connection may be among them.
func beyondHole(f *flow.Flow, i int, q *flow.Packet) bool {
	for k := i + 1; k < len(f.Packets); k++ {
		p := &f.Packets[k]
		if p.Side == q.Side && p.Marks.Has(flow.AfterGap) || p.Side != q.Side && p.Marks.Has(flow.AcksUnseen) {
			return true
		}
		if p == q {
			break
		}
	}
	return false
}

// lastSentAfter gives a packet of the other side, sent after the reset at index i, that q acknowledges, or nil.
func lastSentAfter(f *flow.Flow, i int, q *flow.Packet) *flow.Packet {
	for k := i + 1; k < len(f.Packets); k++ {
		p := &f.Packets[k]
		if p == q {
			return nil
		}
		if p.IsTCP() && p.Side != q.Side && p.Carries() && !p.Flags.Any(flow.RST|flow.SYN) && p.Marks&(flow.Retransmitted|flow.Duplicate) == 0 && p.End() == q.Ack {
			return p
		}
	}
	return nil
}

// challenged says that the reset at index i answers a packet that acknowledges what this connection never sent: that of an earlier
// one on the same ports, shown by a challenge (RFC 5961) or come late. A host that is opening a connection rejects it with a reset of
// that very number and goes on opening (RFC 9293, sections 3.10.7.3 and 3.10.7.4). The numbers may lie near: the initial sequence
// number of a reused port grows with the clock.
func challenged(f *flow.Flow, i int) bool {
	r := &f.Packets[i]
	half := &f.Half[r.Side]
	t := lastBefore(f, i, r.Side.Other(), func(p *flow.Packet) bool { return p.Flags.Any(flow.ACK) && p.Ack == r.Seq })
	return t != nil && half.SeenSYN && (r.Seq.LessEq(half.ISN) || highest(f, i, r.Side).Less(r.Seq))
}

func distance(a, b flow.Seq) uint32 {
	d := a.Sub(b)
	if d < 0 {
		return uint32(-int64(d))
	}
	return uint32(d)
}

func describeTalk(p *flow.Packet) string {
	switch {
	case p.Flags.Any(flow.SYN):
		return "its SYN/ACK again"
	case p.Marks.Has(flow.Retransmitted):
		return "a retransmission"
	case p.Flags.Any(flow.FIN):
		return "a proper end (FIN)"
	case p.Len > 0:
		return "new data"
	}
	return "an acknowledgment of what came after the reset"
}
