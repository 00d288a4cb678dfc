package rules

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// roundTrips sees to it that segments know how long they took. Where they arrive the sender's round trips are not seen, but the
// sender's clock (TSval, RFC 7323) tells how much longer each was under way than the fastest. It returns how many are known.
func roundTrips(f *flow.Flow, side flow.Side, t *transfer) int {
	known := 0
	if !t.arrived {
		for i := range t.segments {
			if t.segments[i].rtt > 0 {
				known++
			}
		}
		return known
	}
	base := minRTT(f, side.Other())
	tick := clockTick(t.segments)
	if tick == 0 || base == 0 {
		return 0
	}
	var zero *segment
	least := int64(0)
	under := func(s *segment) int64 {
		return s.packet.Time - zero.packet.Time - int64(int32(s.packet.TSval-zero.packet.TSval))*tick
	}
	for i := range t.segments {
		if s := &t.segments[i]; !s.missing && s.packet.Marks.Has(flow.HasTimestamps) {
			if zero == nil {
				zero = s
			}
			least = min(least, under(s))
		}
	}
	for i := range t.segments {
		if s := &t.segments[i]; !s.missing && s.packet.Marks.Has(flow.HasTimestamps) {
			s.rtt = base + under(s) - least
			known++
		}
	}
	return known
}

// clockTick gives the time between two ticks of the sender's timestamp clock: one of the rates in use (RFC 7323, section 5.4 allows 1 ms
// to 1 s), within a tenth, over half a second and more; 0 if none fits or it is too coarse to show a queue.
func clockTick(segments []segment) int64 {
	var first, last *flow.Packet
	for i := range segments {
		if s := &segments[i]; !s.missing && s.packet.Marks.Has(flow.HasTimestamps) {
			if first == nil {
				first = s.packet
			}
			last = s.packet
		}
	}
	if first == nil || last.Time-first.Time < 5e8 || last.TSval == first.TSval {
		return 0
	}
	measured := (last.Time - first.Time) / int64(max(1, int32(last.TSval-first.TSval)))
	i := slices.IndexFunc([]int64{1e3, 1e6, 4e6, 1e7}, func(tick int64) bool { return measured > tick*9/10 && measured < tick*11/10 })
	if i < 0 {
		return 0
	}
	return []int64{1e3, 1e6, 4e6, 1e7}[i]
}
