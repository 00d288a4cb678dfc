package pairing

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// maxDrift is how much faster one capture's clock may run than another's: computers agree to some 50 parts in a million, and what lies
// above 500 is a clock that is being set, not one that runs wrong.
const maxDrift = 500e-6

// Clock tells how far the clock of one capture is ahead of another's, by the handshakes that both hold. A packet takes time to arrive, and
// never a negative one: so the SYN bounds the difference from one side and the SYN/ACK from the other, whatever the two ways are like. The
// zero value knows nothing.
type Clock struct {
	samples []sample
	sorted  bool
}

// sample is what one handshake tells.
type sample struct {
	at        int64 // by the first capture's clock, nanoseconds
	low, high int64 // the second clock minus the first
}

// maxSamples bounds what is kept: a connection in each second of an hour.
const maxSamples = 1 << 12

// Add takes in when the two captures saw the SYN and the SYN/ACK of a connection, each by its own clock. Which of them is nearer to the client
// shows by itself: the difference of the packet that came from there is the larger one.
func (c *Clock) Add(synA, synB, synackA, synackB int64) {
	if len(c.samples) == maxSamples {
		c.thin()
	}
	syn, synack := synB-synA, synackB-synackA
	c.samples, c.sorted = append(c.samples, sample{synA, min(syn, synack), max(syn, synack)}), false
}

// Clocks compares the clocks of all captures of a ticket by the connections that they hold in common; the key is two of Ref.Capture, the lower first.
func Clocks(groups [][]Ref) map[[2]int]*Clock {
	clocks := make(map[[2]int]*Clock)
	for _, g := range groups {
		for i := range g {
			for j := range g {
				x, y := &g[i], &g[j]
				if x.Capture >= y.Capture || !x.shook() || !y.shook() || x.link(y) != Through { // a proxy answers a SYN at another time
					continue
				}
				k := [2]int{x.Capture, y.Capture}
				if clocks[k] == nil {
					clocks[k] = &Clock{}
				}
				clocks[k].Add(x.first[flow.Client], y.first[flow.Client], x.first[flow.Server], y.first[flow.Server])
			}
		}
	}
	return clocks
}

// thin drops every other sample.
func (c *Clock) thin() {
	c.sort()
	kept := c.samples[:0]
	for i := 0; i < len(c.samples); i += 2 {
		kept = append(kept, c.samples[i])
	}
	c.samples = kept
}

func (c *Clock) sort() {
	if !c.sorted {
		slices.SortFunc(c.samples, func(x, y sample) int { return cmp.Compare(x.at, y.at) })
		c.sorted = true
	}
}

// Bounds gives what the second clock minus the first is at least and at most at a time of the first, nanoseconds; ok is false if nothing is
// known. Where the bounds of all handshakes contradict each other, a clock was set in between: then those of the nearest one hold.
func (c *Clock) Bounds(at int64) (low, high int64, ok bool) {
	if len(c.samples) == 0 {
		return 0, 0, false
	}
	nearest, first := c.samples[0], true
	for _, s := range c.samples {
		if distance(s.at, at) < distance(nearest.at, at) {
			nearest = s
		}
		l, h := s.bounds(at)
		if first {
			low, high, first = l, h, false
		} else {
			low, high = max(low, l), min(high, h)
		}
	}
	if low > high {
		low, high = nearest.bounds(at)
	}
	return low, high, true
}

// bounds widens what a handshake tells by what the clocks may have drifted since.
func (s sample) bounds(at int64) (low, high int64) {
	slack := int64(maxDrift * float64(distance(s.at, at)))
	return s.low - slack, s.high + slack
}

func distance(a, b int64) int64 {
	if a > b {
		return a - b
	}
	return b - a
}

// Steps counts how often a clock was set: handshakes in a row whose bounds exclude each other, whatever the drift.
func (c *Clock) Steps() int {
	c.sort()
	n := 0
	for i := 1; i < len(c.samples); i++ {
		l, h := c.samples[i-1].bounds(c.samples[i].at)
		if c.samples[i].low > h || c.samples[i].high < l {
			n++
		}
	}
	return n
}

// Handshakes gives how many tell something.
func (c *Clock) Handshakes() int { return len(c.samples) }

// leastDrift is how many handshakes, over how long, it takes to tell a drift.
const (
	leastDrift     = 20
	leastDriftSpan = int64(10e9)
)

// Drift gives by how many parts in a million the second clock runs faster than the first, as a line through the middles of the bounds; ok is
// false where there are too few handshakes or a step.
func (c *Clock) Drift() (ppm float64, ok bool) {
	if len(c.samples) < leastDrift || c.Steps() > 0 {
		return 0, false
	}
	from, to := c.samples[0].at, c.samples[len(c.samples)-1].at
	if to-from < leastDriftSpan {
		return 0, false
	}
	var sx, sy, sxx, sxy, n float64
	for _, s := range c.samples {
		x, y := float64(s.at-from), float64(s.low-c.samples[0].low)/2+float64(s.high-c.samples[0].high)/2
		sx, sy, sxx, sxy, n = sx+x, sy+y, sxx+x*x, sxy+x*y, n+1
	}
	d := n*sxx - sx*sx
	if d == 0 {
		return 0, false
	}
	return (n*sxy - sx*sy) / d * 1e6, true
}

// Middle gives a time in the midst of the handshakes, by the first clock.
func (c *Clock) Middle() int64 {
	c.sort()
	return c.samples[len(c.samples)/2].at
}
