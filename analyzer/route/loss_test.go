package route

import (
	"math"
	"net/netip"
	"testing"
)

// TestWilson compares with the values of the R function binconf(method = "wilson").
func TestWilson(t *testing.T) {
	tests := []struct {
		lost, sent int
		low, high  float64
	}{
		{0, 10, 0, 0.2775},
		{1, 10, 0.0179, 0.4042},
		{5, 10, 0.2366, 0.7634},
		{10, 10, 0.7225, 1},
		{0, 100, 0, 0.0370},
		{8, 100, 0.0411, 0.1500},
		{0, 0, 0, 1},
		{-3, 10, 0, 0.2775},
		{30, 10, 0.7225, 1},
		{3, -1, 0, 1},
	}
	for _, tt := range tests {
		got := Wilson(tt.lost, tt.sent)
		if math.Abs(got.Low-tt.low) > 1e-4 || math.Abs(got.High-tt.high) > 1e-4 {
			t.Errorf("Wilson(%d, %d): %.4f to %.4f, want %.4f to %.4f", tt.lost, tt.sent, got.Low, got.High, tt.low, tt.high)
		}
	}
}

func TestRowsThatTell(t *testing.T) {
	at := func(flags []string, addrs ...string) Hop {
		h := Hop{Flags: flags}
		for _, a := range addrs {
			h.Routers = append(h.Routers, Router{Addr: netip.MustParseAddr(a)})
		}
		return h
	}
	to := Target{Addr: netip.MustParseAddr("198.51.100.20")}
	named := Report{Target: Target{Name: "www.example.com"}, Hops: []Hop{at(nil, "192.0.2.1"), {Routers: []Router{{Name: "WWW.example.com"}}}}}
	tests := []struct {
		name         string
		r            Report
		target, last int
		outcome      Outcome
		mark         string // of the last row that answered
	}{
		{"nothing answers", Report{Target: to, Hops: []Hop{at(nil), at(nil)}}, -1, -1, NotTold, ""},
		{"the target answers, and one after it", Report{Target: to, Hops: []Hop{at(nil, "192.0.2.1"), at(nil, "192.0.2.9", "198.51.100.20"), at(nil)}}, 1, 1, NotTold, ""},
		{"the target refuses", Report{Target: to, Hops: []Hop{at([]string{"<x>", "!X"}, "198.51.100.20")}}, -1, 0, Prohibited, "!X"},
		{"a router cannot", Report{Target: to, Hops: []Hop{at([]string{"!H"}, "192.0.2.1")}}, -1, 0, Unreachable, "!H"},
		{"another error", Report{Target: to, Hops: []Hop{at([]string{"!F-1400"}, "192.0.2.1")}}, -1, 0, NotTold, "!F-1400"},
		{"by name", named, 1, 1, NotTold, ""},
		{"no target", Report{Hops: []Hop{at(nil, "192.0.2.1")}}, -1, 0, NotTold, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, last := tt.r.TargetRow(), tt.r.LastAnswer(); got != tt.target || last != tt.last {
				t.Errorf("target at row %d, last answer at %d; want %d and %d", got, last, tt.target, tt.last)
			}
			if tt.last < 0 {
				return
			}
			if outcome, mark := tt.r.Hops[tt.last].Refusal(); outcome != tt.outcome || mark != tt.mark {
				t.Errorf("refusal %q %q, want %q %q", outcome, mark, tt.outcome, tt.mark)
			}
		})
	}
}

func TestLost(t *testing.T) {
	sent := func(n, received int) Hop { return Hop{Sent: known(n), Received: known(received)} }
	for _, tt := range []struct {
		name       string
		h          Hop
		lost, sent int
		ok         bool
	}{
		{"counted", sent(10, 7), 3, 10, true},
		{"from the percentage", Hop{Sent: known(10), Loss: known(30.0)}, 3, 10, true},
		{"some answered twice", sent(10, 12), 0, 10, true},
		{"a mad figure", sent(10, -2), 10, 10, true},
		{"none sent", sent(0, 0), 0, 0, false},
		{"not told", Hop{Received: known(7)}, 0, 0, false},
		{"figures missing", Hop{Sent: known(10), Received: known(0), NoData: true}, 0, 0, false},
	} {
		if lost, sent, ok := tt.h.Lost(); lost != tt.lost || sent != tt.sent || ok != tt.ok {
			t.Errorf("%s: lost %d of %d, %v; want %d of %d, %v", tt.name, lost, sent, ok, tt.lost, tt.sent, tt.ok)
		}
	}
}
