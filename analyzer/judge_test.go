package analyzer

import "testing"

// TestBatches: however little memory is granted, a batch takes many connections, as each is a pass over all packets.
func TestBatches(t *testing.T) {
	for granted, want := range map[int64]int64{1: leastBatch, 4 * leastBatch: leastBatch, 96 << 20: 24 << 20} {
		if got := mostOfBatch(granted); got != want {
			t.Errorf("%d bytes granted: got %d, want %d", granted, got, want)
		}
	}
	if leastBatch < 100*summaryCost {
		t.Errorf("a batch of %d bytes does not hold 100 connections", leastBatch)
	}
}
