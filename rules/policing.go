package rules

import (
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
		whole, weight := policed(t.segments, base, delays)
		if weight == 0 {
			continue
		}
		found := pass.Report(weight, "%d of %d transmissions of %v were dropped just when they exceeded %.2f Mbit/s after a burst of %d kB",
			whole.lost, whole.lost+whole.passed, f.Half[side].Endpoint, whole.rate*8/1e6, whole.burst/1000).
			Cite(whole.first.packet, whole.first.part(), "tcp.seq_raw", uint32(whole.first.packet.Seq), "—")
		if weight < analyzer.Proof {
			found.ButAgainst("only one of two looks agrees, or a queue of a few packets cannot be excluded")
		}
		return
	}
}

// policed gives the policer that a transfer shows and what that weighs; 0 if there is none. delays is how many round trips are known.
//
// It is proof by itself if two runs agree: 93 % of policed flows and none of those with a full queue in the authors' tests, and some of
// random loss, 0.3 %. One run alone, or delays that nobody can tell, support other evidence.
func policed(segments []segment, base int64, delays int) (bucket, analyzer.Weight) {
	whole, ok := detectPolicing(segments, base, 0)
	// The authors' own test of robustness: without the first and the last two losses.
	cut, again := detectPolicing(segments, base, 2)
	switch {
	case !ok && !again:
		return bucket{}, 0
	case !ok:
		return cut, 1
	case again && whole.told && cut.told && delays >= minBucketSamples && whole.burst >= leastBurst:
		return whole, analyzer.Proof
	}
	return whole, 1
}
