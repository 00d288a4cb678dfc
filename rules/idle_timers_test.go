package rules

import (
	"slices"
	"testing"
	"time"
)

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
