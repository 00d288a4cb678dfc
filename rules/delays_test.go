package rules

import (
	"math"
	"testing"
)

func TestSooner(t *testing.T) {
	tests := []struct {
		name             string
		delays, expected []int64
		below, above     int
		chance           float64
	}{
		{"none", nil, nil, 0, 0, 1},
		{"all below", []int64{1, 1, 1, 1, 1, 1}, []int64{2, 2, 2, 2, 2, 2}, 6, 0, 1.0 / 64},
		{"all above", []int64{3, 3, 3}, []int64{2, 2, 2}, 0, 3, 1},
		{"one of four above", []int64{1, 1, 1, 3}, []int64{2, 2, 2, 2}, 3, 1, 5.0 / 16},
		{"equal ones do not count", []int64{2, 1}, []int64{2, 2}, 1, 0, 0.5},
	}
	for _, tt := range tests {
		below, above, chance := sooner(tt.delays, tt.expected)
		if below != tt.below || above != tt.above || math.Abs(chance-tt.chance) > 1e-9 {
			t.Errorf("%s: sooner = %d, %d, %g, want %d, %d, %g", tt.name, below, above, chance, tt.below, tt.above, tt.chance)
		}
	}
	long := make([]int64, 2000)
	later := make([]int64, 2000)
	for i := range later {
		later[i] = 1
	}
	if _, _, chance := sooner(long, later); math.IsNaN(chance) || chance > 1e-100 {
		t.Errorf("2000 delays below: chance = %g, want next to none", chance)
	}
}

func TestSpread(t *testing.T) {
	tests := []struct {
		name   string
		delays []int64
		want   float64
	}{
		{"too few", []int64{1, 2}, -1},
		{"the same", []int64{7, 7, 7}, 0},
		{"a tenth", []int64{90, 100, 110}, 0.1},
		{"around nothing", []int64{-1, 0, 1}, -1},
	}
	for _, tt := range tests {
		if got := spread(tt.delays); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: spread = %g, want %g", tt.name, got, tt.want)
		}
	}
}
