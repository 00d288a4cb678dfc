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
		{"tcp portrange 8000-8100", false},
		{"tcp portrange 8081-8100", true},
		{"not port 22", false},
		{"not port 8080", true},
		{"not tcp port 3389 and not tcp port 8080", true},
		{"!(port 22 or port 8080)", true},
		{"not (port 22 or 8080)", true},
		{"not (port 22 or 23)", false},
		{"not src or dst port 8080", true},
		{"not portrange 8000-9000", true},
		{"not port http-alt", true}, // which number that is, is not worked out
		{"tcp port http-alt", true},
		{"port 443 and not host 192.0.2.10", true},
		{"not host 192.0.2.10 and port 8080", false},
		{"not broadcast and not multicast", false},
		{"port 80 or 443", true},
		{"port 443 or 8080", false},
		{"tcp port (80 or 8080)", false},
		{"tcp port (80 or 443)", true},
		{"tcp[2:2] = 443", true},
		{"tcp[tcpflags] & tcp-syn != 0", false},
		{"port 18080", true},
	} {
		c := &Capture{}
		c.noteFilters([]string{tt.filter})
		if got := c.LeavesOut(8080); got != tt.out {
			t.Errorf("%q leaves port 8080 out: %v, want %v", tt.filter, got, tt.out)
		}
	}
}
