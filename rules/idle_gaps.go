package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// idleGap is a silence of a connection, and whether the connection still worked after it.
type idleGap struct {
	gap      time.Duration
	survived bool
}

// bracketIdle gives between which silences the timer lies that made connections fail: the longest survived and the shortest failed. It is
// not ok without a failed one, or if a longer silence was survived than one that failed: then no single timer explains both.
func bracketIdle(gaps []idleGap) (low, high time.Duration, ok bool) {
	for _, g := range gaps {
		switch {
		case g.survived:
			low = max(low, g.gap)
		case !ok || g.gap < high:
			high, ok = g.gap, true
		}
	}
	return low, high, ok && low < high
}

// pauseBefore gives the last packet of a connection before one that goes on after a pause, earlier copies of that one left out.
func pauseBefore(f *flow.Flow, on *flow.Packet) *flow.Packet {
	var before *flow.Packet
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.Frame >= on.Frame {
			break
		}
		if p.IsTCP() && !copyOf(p, on) {
			before = p
		}
	}
	return before
}

// copyOf says that a packet is the same as another, sent again or not.
func copyOf(p, q *flow.Packet) bool {
	return p.Side == q.Side && p.Seq == q.Seq && p.Len == q.Len && p.Carries()
}

// idleGapsOf gives the longest silence that a connection came through, and the one that it did not, each if there is one. It came through a
// silence if the other side than the one that went on was heard after it.
func idleGapsOf(pass *analyzer.Pass, f *flow.Flow) []idleGap {
	before, on := failedAfterIdle(pass, f)
	var gaps []idleGap
	if longest := longestSurvived(f, on); longest >= dur(leastIdle) {
		gaps = append(gaps, idleGap{longest, true})
	}
	if on != nil {
		gaps = append(gaps, idleGap{dur(on.Time - before.Time), false})
	}
	return gaps
}

// failedAfterIdle gives the packet that went on after a silence which the connection did not come through, and the last one before; nil if there is none.
func failedAfterIdle(pass *analyzer.Pass, f *flow.Flow) (before, on *flow.Packet) {
	before, on, _ = resetAfterIdle(pass, f)
	if s := silenceOf(f); on == nil && s != nil {
		before, on = s.before, s.first
	}
	return before, on
}

// longestSurvived gives the longest silence of a connection before the packet at which it failed, or at all if that is nil.
func longestSurvived(f *flow.Flow, failed *flow.Packet) (longest time.Duration) {
	var last *flow.Packet
	var pause time.Duration // that is not known to be survived yet
	var asks flow.Side      // who went on after it
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Marks.Has(flow.Duplicate) || failed != nil && copyOf(p, failed) && p.Frame < failed.Frame {
			continue
		}
		if p == failed || p.Flags.Any(flow.RST) {
			break
		}
		if p.Side != asks {
			longest, pause = max(longest, pause), 0
		}
		if last != nil && dur(p.Time-last.Time) > pause {
			pause, asks = dur(p.Time-last.Time), p.Side
		}
		last = p
	}
	return longest
}
