package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// underWay is how long after its expected arrival a packet may still come: a queue in between holds it for some hundred milliseconds at most.
const underWay = int64(200 * time.Millisecond)

// witness says why a capture cannot prove that something never arrived where it was taken; empty if it can.
func witness(c *analyzer.Capture) string {
	switch {
	case c.Health.Backwards > 0:
		return "the clock of the receiver's capture steps back"
	case c.Misses():
		return "the receiver's capture misses packets"
	}
	return ""
}

// running counts how many packets of a host would have come into another capture while that was demonstrably running: it holds packets from
// before and after they were due.
func running(pass *analyzer.Pass, sent []flow.Packet, from, to *analyzer.Capture, rtt int64) (n int, known bool) {
	for i := range sent {
		earliest, latest, ok := pass.Translate(sent[i].Time, from, to)
		if !ok {
			return 0, false
		}
		// The latest includes the way that a SYN took.
		if earliest > to.Member.From && latest+max(underWay, rtt) < to.Member.To {
			n++
		}
	}
	return n, true
}

// weightOfLost is what it weighs that so many copies of one thing did not arrive. Chance takes one in a hundred of them on a bad path, one
// in twenty on the worst; and the others, after the receiver's capture had ended, were not answered either.
func weightOfLost(copies int) analyzer.Weight {
	switch {
	case copies >= 3:
		return 4
	case copies == 2:
		return analyzer.Proof
	}
	return 1
}
