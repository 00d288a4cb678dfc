package rules

import "testing"

func TestCopiedHops(t *testing.T) {
	tests := []struct {
		name          string
		sent, arrived uint8
		toHost        int
		hops          int
		ok            bool
	}{
		{"a probe with a low TTL", 38, 2, 22, 18, true},
		{"a packet of a host", 64, 28, 22, 18, true},
		{"an odd number of hops there and back", 64, 27, 22, 18, true},
		{"farther than the host", 64, 2, 22, 0, false},
		{"not beyond the host as it reads", 64, 44, 22, 0, false},
		{"nothing was used up", 64, 64, 22, 0, false},
		{"more than was sent", 64, 128, 22, 0, false},
		{"a Windows host", 128, 104, 15, 12, true},
	}
	for _, tt := range tests {
		if got, ok := copiedHops(tt.sent, tt.arrived, tt.toHost); got != tt.hops || ok != tt.ok {
			t.Errorf("%s: copiedHops(%d, %d, %d) = %d, %v, want %d, %v", tt.name, tt.sent, tt.arrived, tt.toHost, got, ok, tt.hops, tt.ok)
		}
	}
}
