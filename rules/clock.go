package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// This file asks whether what was captured after a reset was sent after it. The capture's clock alone does not tell: where it is set forward,
// or the path held packets back, what was under way seems to come long after.

// leastSpan is how long a sender's clock must be watched to tell its rate.
const leastSpan = int64(100 * time.Millisecond)

// sentBefore says whether q, which was captured after the reset at index i, was sent before it or no later than the path may change their
// order, and whether the sender's own clock tells (RFC 7323, section 5.4), counted from its last packet before the reset.
func sentBefore(f *flow.Flow, i int, q *flow.Packet, guard int64) (before, known bool) {
	p := &f.Packets[i]
	stamped := func(q *flow.Packet) bool { return q.Marks.Has(flow.HasTimestamps) && !q.Flags.Any(flow.RST) }
	first, last := firstAfter(f, -1, p.Side, stamped), lastBefore(f, i, p.Side, stamped)
	if last == nil || !stamped(q) || last.TSval == first.TSval || last.Time-first.Time < leastSpan {
		counted := countedBefore(f, i, q)
		return counted, counted
	}
	tick := (last.Time - first.Time) / int64(max(1, int32(last.TSval-first.TSval)))
	return int64(int32(q.TSval-last.TSval))*tick-tick <= p.Time-last.Time+guard, true
}

// countedBefore says that the sender of the reset at index i counted its packets up to then in the IP identification, and that by its count q went
// out before one of them.
func countedBefore(f *flow.Flow, i int, q *flow.Packet) bool {
	var tally flow.IPIDTally
	var last *flow.Packet
	for k := range i {
		if p := &f.Packets[k]; p.Side == q.Side && ordinary(p) && p.IPID != 0 {
			tally.Add(p.IPID, 1)
			last = p
		}
	}
	policy := tally.Policy()
	return (policy == flow.IPIDFlow || policy == flow.IPIDHost) && q.IPID != 0 && int16(q.IPID-last.IPID) <= 0
}

// oneSilence says that nothing but one silence, longer than the path explains, parts all that the sender of the reset at index i said after
// it from the reset. A step of the clock leaves the same: a host that goes on says more, at other times.
func oneSilence(f *flow.Flow, i int, guard int64) bool {
	reset := &f.Packets[i]
	last := lastBefore(f, len(f.Packets), reset.Side, func(q *flow.Packet) bool { return q.Frame > reset.Frame && goesOn(f, i, q, guard) })
	if last == nil {
		return false
	}
	longest := int64(0)
	for k := i + 1; k < len(f.Packets) && f.Packets[k].Frame <= last.Frame; k++ {
		longest = max(longest, f.Packets[k].Time-f.Packets[k-1].Time)
	}
	return longest > 2*(minRTT(f, flow.Client)+minRTT(f, flow.Server)) && last.Time-reset.Time-longest <= guard
}
