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
		if opening(f, i) {
			pass.Skip("the sender was still opening the connection: its SYN comes again after the reset, which belongs to an earlier one")
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
