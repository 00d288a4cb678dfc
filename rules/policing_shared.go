package rules

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "policing-shared",
	Title: "What several connections send together exceeds a rate, and is dropped",
	Doc: "A policer seldom has a bucket for each connection: those between two hosts share one. Then none of them alone shows a rate, and all together do. The detector for one connection is put to what all of them sent, in " +
		"order of time.",
	Cause:  analyzer.Policing,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"A link with a very short queue, hardly longer than a burst, drops alike.",
		"The sender's own system or cloud limits its rate: the policer is then at its door.",
		"The rate is what the customer's contract says.",
	},
	Next:   "Compare the rate with the contract and the cloud's limits; load from the same server on another port or by another name, and see whether it is faster.",
	Refs:   []string{"Flach et al.: An Internet-Wide Analysis of Traffic Policing, SIGCOMM 2016"},
	Needs:  flow.NeedLoss,
	OnFlow: keepTransfer,
	OnCase: policingShared,
})

// mostKept bounds the segments that are kept of all connections together: some tens of megabytes.
const mostKept = 200_000

// lossyTransfer is what one connection sent in the direction that lost more.
type lossyTransfer struct {
	segments  []segment
	endpoints [2]netip.Addr // sender, receiver
	base      int64
	delays    int
	lost      int
	total     int // segments kept so far
}

func keepTransfer(pass *analyzer.Pass, f *flow.Flow) {
	kept := 0
	if all := pass.Facts(); len(all) > 0 {
		kept = all[len(all)-1].Value.(lossyTransfer).total
	}
	if f.OneWay() || pass.Capture.Health.Backwards > 0 {
		return
	}
	var worst lossyTransfer
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		h, peer := &f.Half[side], &f.Half[side.Other()]
		if h.Bytes < leastBurst || h.Retransmissions+h.Gaps == 0 {
			continue
		}
		t := follow(pass.Capture, f, side)
		l := lossyTransfer{segments: t.segments, endpoints: [2]netip.Addr{h.Addr(), peer.Addr()}, delays: roundTrips(f, side, t), base: minRTT(f, side)}
		if t.arrived {
			l.base = minRTT(f, side.Other())
		}
		if l.lost = lossesOf(t).lost; l.lost > worst.lost {
			worst = l
		}
	}
	switch {
	case worst.lost == 0:
	case kept+len(worst.segments) > mostKept:
		pass.Skip("too much was lost in too many connections to look at all of it together")
	default:
		worst.total = kept + len(worst.segments)
		for i := range worst.segments { // packets that are read together lie in one array, and a pointer to one would keep them all
			own := *worst.segments[i].packet
			if worst.segments[i].packet = nil; worst.segments[i].lost {
				worst.segments[i].packet = &own
			}
		}
		pass.Keep(worst)
	}
}

func policingShared(pass *analyzer.Pass, _ *analyzer.Case) {
	type key struct {
		capture   int
		endpoints [2]netip.Addr
	}
	order, groups := factsBy(pass.Facts(), func(k analyzer.Fact) key { return key{k.Capture.Index, k.Value.(lossyTransfer).endpoints} })
	for _, at := range order {
		facts := groups[at]
		if len(facts) < 2 {
			continue
		}
		segments, base, delays := together(facts)
		b, weight := policed(segments, base, delays)
		if weight == 0 {
			continue
		}
		// A queue that several fill stays full, and what waits in it no longer grows before a loss: of those that four connections share, a
		// third looks so. This supports what one connection shows, and is no proof.
		weight = min(weight, 1)
		for _, k := range facts {
			t := k.Value.(lossyTransfer)
			first := &t.segments[slices.IndexFunc(t.segments, func(s segment) bool { return s.lost })]
			pass.ReportOn(k.Conn, k.Capture, weight, "%d of %d transmissions of %d connections from %v to %v were dropped just when all together exceeded %.2f Mbit/s after a burst of %d kB; %d of them on this connection, the first near frame %d",
				b.lost, b.lost+b.passed, len(facts), at.endpoints[0], at.endpoints[1], b.rate*8/1e6, b.burst/1000, t.lost, first.packet.Frame).
				Cite(first.packet, first.part(), "tcp.seq_raw", uint32(first.packet.Seq), "—")
		}
	}
}

// together gives the segments of several transfers as one, in order of time, each behind all that passed before it.
func together(facts []analyzer.Fact) (all []segment, base int64, delays int) {
	for _, k := range facts {
		t := k.Value.(lossyTransfer)
		all, delays = append(all, t.segments...), delays+t.delays
		if base == 0 || t.base > 0 && t.base < base {
			base = t.base
		}
	}
	slices.SortStableFunc(all, func(x, y segment) int { return cmp.Compare(x.time, y.time) })
	passed := int64(0)
	for i := range all {
		s := &all[i]
		s.seq, s.end = passed, passed+s.end-s.seq
		if !s.lost {
			passed = s.end
		}
	}
	return all, base, delays
}
