package rules

import (
	"cmp"
	"slices"
)

// intervals are spans of time, asked whether any of them meets another; nil holds none.
type intervals struct {
	all    [][2]int64
	latest []int64 // the latest end of each and those before it; nil until all are sorted by their beginnings
}

func (s *intervals) add(from, to int64) { s.all, s.latest = append(s.all, [2]int64{from, to}), nil }

func (s *intervals) meet(from, to int64) bool {
	if s == nil {
		return false
	}
	if s.latest == nil {
		slices.SortFunc(s.all, func(x, y [2]int64) int { return cmp.Compare(x[0], y[0]) })
		s.latest = make([]int64, len(s.all))
		for k, one := range s.all {
			s.latest[k] = one[1]
			if k > 0 {
				s.latest[k] = max(one[1], s.latest[k-1])
			}
		}
	}
	n, _ := slices.BinarySearchFunc(s.all, to, func(one [2]int64, to int64) int {
		if one[0] <= to {
			return -1
		}
		return 1
	})
	return n > 0 && s.latest[n-1] >= from
}
