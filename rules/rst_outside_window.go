package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-outside-window",
	Title: "The reset's sequence number is not one that the host could have used",
	Doc: "A host resets at the sequence number that it would send next, or at the number that the packet it answers acknowledges (RFC 9293). A reset below " +
		"what the host had already sent, at a number that nobody acknowledged, is neither.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The reset answers an older packet that the capture does not hold.",
	},
	Next:   "Capture on the host that the reset claims to come from.",
	Refs:   []string{"RFC 9293, section 3.10.7", "RFC 5961, section 3", "Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009 (DATA_SEQ_RST)"},
	Needs:  flow.NeedRST,
	OnFlow: rstOutsideWindow,
})

// queues is how much later than its answer a packet may be captured: the queues of an adapter, and its processors, keep no order among them.
const queues = int64(time.Millisecond)

func rstOutsideWindow(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || refusal(p) {
			continue
		}
		if thinned(f) {
			pass.Skip("the capture holds no data and no acknowledgments of the connection, as a filter on flags leaves it")
			return
		}
		half, peer := &f.Half[p.Side], &f.Half[p.Side.Other()]
		if peer.Packets == 0 || peer.AcksUnseen > 0 || half.AcksUnseen > 0 || f.OneWay() {
			pass.Skip("the capture misses packets of this connection")
			continue
		}
		last := lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return !q.Flags.Any(flow.RST) && q.Carries() })
		if last == nil || !half.SeenSYN {
			pass.Skip("the sender's sequence numbers before the reset are not known")
			continue
		}
		next := highest(f, i, p.Side)
		if stale(f, p) {
			continue
		}
		if next.LessEq(p.Seq) || distance(p.Seq, next) > strayDistance {
			continue // ahead: packets in between may have been lost; far away: another connection
		}
		answered := func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && q.Ack == p.Seq && q.Time-p.Time < queues }
		if lastBefore(f, i, p.Side.Other(), answered) != nil || firstAfter(f, i, p.Side.Other(), answered) != nil {
			continue
		}
		if !scaled(f, flow.Client) || !scaled(f, flow.Server) {
			pass.Skip("the scale of the windows is not in the capture, so that their ends are not known")
			continue
		}
		if lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool { return edge(f, q) == p.Seq }) != nil {
			pass.Skip("the reset stands at the end of the window that the other side had left")
			continue
		}
		pass.Report(2, "frame %d, a reset in the name of %v, stands at sequence number %d: that host had already sent up to %d, and no packet of the other side acknowledged that number",
			p.Frame, half.Endpoint, uint32(p.Seq), uint32(next)).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.seq_raw", uint32(p.Seq), uint32(next)).
			Cite(last, analyzer.Baseline, "tcp.seq_raw", uint32(last.Seq), ending(last, last.End()))
	}
}

// highest gives the sequence number after the last byte that a side sent before index i; 0 if it sent none.
func highest(f *flow.Flow, i int, side flow.Side) flow.Seq {
	var high flow.Seq
	seen := false
	for k := range i {
		p := &f.Packets[k]
		if p.Side != side || !p.IsTCP() || p.Flags.Any(flow.RST) {
			continue
		}
		if !seen || high.Less(p.End()) {
			high, seen = p.End(), true
		}
	}
	return high
}
