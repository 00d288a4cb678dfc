package flow

import "testing"

func TestHops(t *testing.T) {
	for _, tt := range []struct {
		left          uint8
		initial, hops int
	}{{0, 64, 64}, {1, 64, 63}, {52, 64, 12}, {64, 64, 0}, {65, 128, 63}, {128, 128, 0}, {129, 255, 126}, {254, 255, 1}, {255, 255, 0}} {
		if initial, hops := InitialTTL(tt.left), Hops(tt.left); initial != tt.initial || hops != tt.hops {
			t.Errorf("TTL %d: sent with %d, crossed %d; want %d and %d", tt.left, initial, hops, tt.initial, tt.hops)
		}
	}
}

func TestBeganSmall(t *testing.T) {
	for _, tt := range []struct {
		left  uint8
		small bool
	}{{1, true}, {23, true}, {24, false}, {64, false}, {65, true}, {87, true}, {88, false}, {129, true}, {214, true}, {215, false}} {
		if got := BeganSmall(tt.left); got != tt.small {
			t.Errorf("TTL %d: began small: %v, want %v", tt.left, got, tt.small)
		}
	}
}
