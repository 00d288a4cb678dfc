package rules

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "policing",
	Title: "What exceeds a rate is dropped",
	Doc: "A policer lets through what a bucket of tokens allows, which fills at a steady rate, and drops the rest at once. So packets are lost just when the bucket is empty and " +
		"pass just when it is not, and no queue grows before a loss. Chance knows no bucket, and a full link makes packets wait before it drops them.",
	Cause:  analyzer.Policing,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"A link with a very short queue, hardly longer than a burst, drops alike.",
		"The sender's own system or cloud limits its rate: the policer is then at its door.",
		"The rate is what the customer's contract says.",
	},
	Next: "Compare the rate with the contract and the cloud's limits; load from the same server on another port or by another name, and see whether it is faster.",
	Refs: []string{"Flach et al.: An Internet-Wide Analysis of Traffic Policing, SIGCOMM 2016"},

	Needs:  flow.NeedLoss,
	OnFlow: policing,
})

// leastBurst is what a bucket must have let through at first to be proof: an initial window (RFC 6928: ten segments). What drops out of
// the first flight may as well be a queue of a few packets; the shortest that the authors tested had 8 kB.
const leastBurst = 10 * defaultSegment

func policing(pass *analyzer.Pass, f *flow.Flow) {
	if f.OneWay() {
		pass.Skip("the capture shows only one direction")
		return
	}
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		t := follow(pass.Capture, f, side)
		if lossesOf(t).lost < minBucketSamples { // before anything costly: hardly any flow goes further
			continue
		}
		if pass.Capture.Health.Backwards > 0 {
			pass.Skip("the capture's clock steps back")
			return
		}
		delays := roundTrips(f, side, t)
		base := minRTT(f, side)
		if t.arrived {
			base = minRTT(f, side.Other())
		}
		whole, ok := detectPolicing(t.segments, base, 0)
		// The authors' own test of robustness: without the first and the last two losses.
		cut, again := detectPolicing(t.segments, base, 2)
		if !ok && !again {
			continue
		}
		if !ok {
			whole = cut
		}
		// Proof by itself if both runs agree: 93 % of policed flows and none of those with a full queue in the authors' tests, and some
		// of random loss, 0.3 %. One run alone, or delays that nobody can tell, support other evidence.
		weight := analyzer.Weight(1)
		if ok && again && whole.told && cut.told && delays >= minBucketSamples && whole.burst >= leastBurst {
			weight = analyzer.Proof
		}
		found := pass.Report(weight, "%d of %d transmissions of %v were dropped just when they exceeded %.2f Mbit/s after a burst of %d kB",
			whole.lost, whole.lost+whole.passed, f.Half[side].Endpoint, whole.rate*8/1e6, whole.burst/1000).
			Cite(whole.first, analyzer.Dropped, "tcp.seq_raw", uint32(whole.first.Seq), "—")
		if weight < analyzer.Proof {
			found.ButAgainst("only one of two looks agrees, or a queue of a few packets cannot be excluded")
		}
		return
	}
}

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
