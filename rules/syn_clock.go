package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

const (
	// leastClock is how many gaps show a clock: two tell even from doubling ones.
	leastClock = 2
	// clockSlack is the part of a step by which it may be early or late: kernels' timers are late by some hundredths, Windows' by more.
	clockSlack = 0.15
	// linearSteps is how many steps of a second come before the first doubling, at least in sight: Linux 6.5 and later make four
	// (tcp_syn_linear_timeouts), macOS five.
	linearSteps = 4
)

// synClock names the kernel that sends SYNs again at these times; zero if none is known that does. Kernels wait a second and then twice as long
// each time (RFC 6298, section 5), or three (RFC 1122, section 4.2.3.1); newer ones ask some times at even distance first.
func synClock(syns []*flow.Packet) analyzer.Message {
	if len(syns) <= leastClock {
		return analyzer.Message{}
	}
	gaps := make([]float64, 0, len(syns)-1) // in seconds
	for k := range syns[1:] {
		gaps = append(gaps, float64(syns[k+1].Time-syns[k].Time)/1e9)
	}
	even := 0
	for even < len(gaps) && about(gaps[even], 1) {
		even++
	}
	windows := flow.InitialTTL(syns[0].TTL) == 128
	switch {
	case even > 1 && !windows && even >= min(linearSteps, len(gaps)) && doubling(gaps[even-1:]):
		return analyzer.Msg("Linux from 6.5 on, or macOS,")
	case about(gaps[0], 1) && doubling(gaps) && windows:
		return analyzer.Msg("Windows")
	case about(gaps[0], 1) && doubling(gaps):
		return analyzer.Msg("Linux before 6.5")
	case about(gaps[0], 3) && doubling(gaps) && windows:
		return analyzer.Msg("Windows before 8")
	case about(gaps[0], 3) && doubling(gaps):
		return analyzer.Msg("an old kernel (Linux before 3.1)")
	}
	return analyzer.Message{}
}

// about says that a gap is a step of a clock, in seconds.
func about(gap, step float64) bool { return gap > step*(1-clockSlack) && gap < step*(1+clockSlack) }

// doubling says that each gap is twice the one before.
func doubling(gaps []float64) bool {
	for k := range gaps[1:] {
		if !about(gaps[k+1], 2*gaps[k]) {
			return false
		}
	}
	return true
}
