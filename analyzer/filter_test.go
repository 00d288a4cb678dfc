package analyzer

import "testing"

func TestLeavesOut(t *testing.T) {
	for _, tt := range []struct {
		filter string
		out    bool // port 8080
	}{
		{"", false},
		{"host 192.0.2.10", false},
		{"tcp port 443", true},
		{"port 443 or icmp", true},
		{"tcp port 8080 or port 443", false},
		{"tcp portrange 8000-8100", false}, // not worked out: it may hold it
		{"port 18080", true},
	} {
		c := &Capture{}
		c.noteFilters([]string{tt.filter})
		if got := c.LeavesOut(8080); got != tt.out {
			t.Errorf("%q leaves port 8080 out: %v, want %v", tt.filter, got, tt.out)
		}
	}
}
