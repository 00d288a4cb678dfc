package rules

import "testing"

func TestIntervalsMeet(t *testing.T) {
	s := &intervals{}
	for _, one := range [][2]int64{{50, 60}, {10, 100}, {20, 30}} {
		s.add(one[0], one[1])
	}
	for _, c := range []struct {
		from, to int64
		want     bool
	}{{0, 9, false}, {0, 10, true}, {70, 80, true}, {100, 110, true}, {101, 110, false}} {
		if got := s.meet(c.from, c.to); got != c.want {
			t.Errorf("%d to %d meets one: %t, want %t", c.from, c.to, got, c.want)
		}
	}
	if (*intervals)(nil).meet(0, 1) {
		t.Error("none meets something")
	}
}
