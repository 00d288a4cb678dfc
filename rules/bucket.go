package rules

import (
	"cmp"
	"math"
	"slices"
)

// The policing detector of Flach et al. (SIGCOMM 2016), with its constants: measured there on policed, shaped, congested and lossy
// paths. It follows the tokens of the bucket that a policer of the connection's own rate would have.
const (
	minBucketSamples = 15  // lost, and passed, packets: fewer show no pattern
	minLossSlices    = 3   // round trips with loss: a single burst shows none either
	lateLoss         = 2e6 // bytes; a bucket deeper than that is none in use
	// How far from empty the bucket may be, in what the rate brings in a median round trip: the times are those of the capture, not
	// of the policer.
	emptyWithin, notEmptyWithin = 2.0, 0.75
	// How many may lie beyond.
	lossOutliers, passOutliers = 0.10, 0.03
	// A round trip is inflated by a queue: beyond 1.3 times the tenth percentile, above the median so far, and 20 ms. A fifth of the
	// losses may follow one.
	inflatedBy, inflatedShare = 1.3, 0.2
	inflatedLeast             = int64(20e6)
	// Ours: a queue shorter than 20 ms is told from a bucket by the packets that pass just before a loss, a quarter of a round trip
	// at most: it is full then, and they wait for a packet before them at least, at the rate that is its own.
	justBefore = 4
	fullPacket = 1460
)

// bucket is a policer as the losses show it.
type bucket struct {
	rate         float64 // bytes a second
	burst        int64   // bytes that passed before the first loss
	lost, passed int
	first        *segment
	told         bool // that no queue grew before the losses
}

// detectPolicing looks for a policer in a transfer, with some losses at either end cut off. base is the round trip where no
// segment tells its own.
func detectPolicing(segments []segment, base int64, cutOff int) (bucket, bool) {
	segments = inTime(segments)
	var losses []int
	for i := range segments {
		if segments[i].lost {
			losses = append(losses, i)
		}
	}
	if len(losses) < minBucketSamples+2*cutOff {
		return bucket{}, false
	}
	from, to := losses[cutOff], losses[len(losses)-1-cutOff]
	first, last := &segments[from], &segments[to]
	rtts := knownRTTs(segments)
	rtt := float64(base)
	if len(rtts) > 0 {
		rtt = float64(rtts[len(rtts)/2])
	}
	span := float64(last.time - first.time)
	if first.seq > lateLoss || span <= 0 || rtt <= 0 {
		return bucket{}, false
	}
	b := bucket{burst: first.seq, first: first}
	bytes := 0.0
	for _, s := range segments[from : to+1] {
		if !s.lost {
			bytes += float64(s.end - s.seq)
		}
	}
	perNano := bytes / span
	b.rate = perNano * 1e9
	if float64(first.seq)-perNano*float64(first.time-segments[0].time) < -notEmptyWithin*rtt*perNano {
		return b, false // the bucket would begin below empty
	}

	var onLoss, onPass []float64 // tokens
	withLoss := make(map[int64]bool)
	used := 0.0
	for _, s := range segments[from : to+1] {
		available := perNano*float64(s.time-first.time) - used
		if s.lost {
			onLoss = append(onLoss, available)
			withLoss[int64(float64(s.time-first.time)/rtt)] = true
			continue
		}
		onPass = append(onPass, available)
		used += float64(s.end - s.seq)
	}
	b.lost, b.passed = len(onLoss), len(onPass)
	if len(withLoss) < minLossSlices || b.lost < minBucketSamples || b.passed < minBucketSamples {
		return b, false
	}
	empty := median(onLoss)
	if mean(onLoss) >= mean(onPass) || empty >= median(onPass) {
		return b, false
	}
	if share(onLoss, func(x float64) bool { return math.Abs(x-empty) > emptyWithin*rtt*perNano }) > lossOutliers ||
		share(onPass, func(x float64) bool { return x-empty < -notEmptyWithin*rtt*perNano }) > passOutliers {
		return b, false
	}
	queue, told := queued(segments[:to+1], rtts, perNano)
	b.told = told
	return b, !queue && !inflated(segments, from, to, rtts)
}

// inflated says that round trips grow before losses, as a queue makes them before it is full.
func inflated(segments []segment, from, to int, rtts []int64) bool {
	if len(rtts) == 0 {
		return false
	}
	bar := max(inflatedLeast, int64(inflatedBy*float64(rtts[len(rtts)/10])))
	var sofar []int64 // sorted
	last, losses, grown := int64(0), 0, 0
	for i := range segments[:to+1] {
		s := &segments[i]
		if s.rtt > 0 {
			last = s.rtt
			k, _ := slices.BinarySearch(sofar, last)
			sofar = slices.Insert(sofar, k, last)
		}
		if !s.lost || i < from {
			continue
		}
		losses++
		if len(sofar) > 0 && last > bar && last >= sofar[len(sofar)/2] {
			grown++
		}
	}
	return float64(grown) > inflatedShare*float64(losses)
}

// queued says that packets just before a loss took longer than three quarters of all, by the time of a packet and more: a queue was
// filling. Told is false where too few of them have a known round trip.
func queued(segments []segment, rtts []int64, perNano float64) (queue, told bool) {
	var before []int64
	var last *segment // that passed, with its round trip known
	for i := range segments {
		switch s := &segments[i]; {
		case s.lost && last != nil:
			if s.time-last.time < rtts[len(rtts)/2]/justBefore {
				before = append(before, last.rtt)
			}
			last = nil // once
		case !s.lost && s.rtt > 0:
			last = s
		}
	}
	if len(before) < minLossSlices {
		return false, false
	}
	slices.Sort(before)
	usual := before[len(before)/2]
	least := int64(fullPacket / perNano)
	return usual-rtts[0] >= least, true
}

// inTime gives the segments in the order in which they were sent.
func inTime(segments []segment) []segment {
	s := slices.Clone(segments)
	slices.SortStableFunc(s, func(a, b segment) int { return cmp.Compare(a.time, b.time) })
	return s
}

// knownRTTs gives the round trips that are known, the shortest first.
func knownRTTs(segments []segment) []int64 {
	var known []int64
	for i := range segments {
		if segments[i].rtt > 0 {
			known = append(known, segments[i].rtt)
		}
	}
	slices.Sort(known)
	return known
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// share gives how large a part of x is so.
func share(x []float64, so func(float64) bool) float64 {
	n := 0
	for _, v := range x {
		if so(v) {
			n++
		}
	}
	return float64(n) / float64(len(x))
}
