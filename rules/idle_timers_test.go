package rules

import (
	"slices"
	"testing"
	"time"
)

func TestBracketIdle(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name      string
		gaps      []idleGap
		low, high time.Duration
		ok        bool
	}{
		{"none", nil, 0, 0, false},
		{"only survived", []idleGap{{60 * s, true}}, 60 * s, 0, false},
		{"only failed", []idleGap{{400 * s, false}, {360 * s, false}}, 0, 360 * s, true},
		{"both", []idleGap{{290 * s, true}, {600 * s, false}, {120 * s, true}, {310 * s, false}}, 290 * s, 310 * s, true},
		{"contradiction", []idleGap{{310 * s, true}, {290 * s, false}}, 310 * s, 290 * s, false},
		{"the same length", []idleGap{{300 * s, true}, {300 * s, false}}, 300 * s, 300 * s, false},
	} {
		if low, high, ok := bracketIdle(c.gaps); low != c.low || high != c.high || ok != c.ok {
			t.Errorf("%s: bracketIdle(%v) = %v, %v, %v; want %v, %v, %v", c.name, c.gaps, low, high, ok, c.low, c.high, c.ok)
		}
	}
}

func TestTimersWithin(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		low, high time.Duration
		want      []string
	}{
		{0, 30 * s, nil},
		{100 * s, 130 * s, []string{"IIS 2m0s"}},
		{310 * s, 352 * s, []string{"AWS NLB, NAT gateway and transit gateway 5m50s"}},
		{349500 * time.Millisecond, 349900 * time.Millisecond, []string{"AWS NLB, NAT gateway and transit gateway 5m50s"}}, // it looks now and then
		{6 * 24 * time.Hour, 9 * 24 * time.Hour, nil},
	} {
		if got := timersWithin(c.low, c.high); !slices.Equal(got, c.want) {
			t.Errorf("timersWithin(%v, %v) = %q, want %q", c.low, c.high, got, c.want)
		}
	}
	if got := knownTimers(0, 24*time.Hour); got != "" {
		t.Errorf("knownTimers of a day = %q: so many tell nothing", got)
	}
	if !slices.IsSortedFunc(idleTimers, func(a, b idleTimer) int { return int(a.after - b.after) }) {
		t.Error("the table is not in order")
	}
}
