package analyzer

import (
	"net/netip"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// TestWayFromElsewhere: a report that another host made tells nothing of the client's way.
func TestWayFromElsewhere(t *testing.T) {
	const server = "198.51.100.20"
	conn := &Conn{Seen: make([]Sighting, 1)}
	conn.Seen[0].Half[flow.Server].Endpoint = flow.Endpoint{IP: netip.MustParseAddr(server).As16(), V4: true, Port: 443}
	conn.Seen[0].Half[flow.Client].Endpoint = flow.Endpoint{IP: netip.MustParseAddr("192.0.2.10").As16(), V4: true, Port: 40000}
	for _, tt := range []struct {
		name, tool, source string
		told               bool
	}{
		{"a host name", "mtr", "laptop", true},
		{"the client", "mtr", "192.0.2.10", true},
		{"perhaps the client, before its translation", "mtr", "192.168.1.10", true},
		{"another host", "mtr", "203.0.113.99", false},
		{"a service", route.CentralOps, "", false},
	} {
		p := report(route.ICMP, 0, server, "203.0.113.1", server)
		p.Tool, p.Source = tt.tool, tt.source
		if w := (&Case{Paths: []*PathReport{p}}).WayTo(conn); w.Told() != tt.told {
			t.Errorf("%s: told %v, want %v", tt.name, w.Told(), tt.told)
		}
	}
}

// TestByPort: the device is between the last hop that answered and the next that is known to answer, and what accepts connections in the
// server's name is no device that resets others.
func TestByPort(t *testing.T) {
	p := report(route.TCP, 443, "198.51.100.20", "203.0.113.1")
	open, closed := *p.Report, *p.Report
	open.Outcome, closed.Outcome = route.Open, route.Closed
	for _, tt := range []struct {
		name     string
		cause    Cause
		way      Way
		from, to int // 0, 0: it does not tell
	}{
		{"it ends before a hop that answers", SYNDrop, Way{Blocked: p, Ends: 3, Next: 4}, 3, 4},
		{"it ends before hops that answer nobody", SYNDrop, Way{Blocked: p, Ends: 3, Next: 6}, 3, 6},
		{"of another trouble", Policing, Way{Blocked: p, Ends: 3, Next: 4}, 0, 0},
		{"refused early", RSTInjection, Way{Early: &PathReport{p.Member, &closed}, Answers: 4, Behind: 7}, 3, 3},
		{"refused early, of another trouble", Policing, Way{Early: &PathReport{p.Member, &closed}, Answers: 4, Behind: 7}, 0, 0},
		{"accepted early", RSTInjection, Way{Early: &PathReport{p.Member, &open}, Answers: 4, Behind: 7}, 0, 0},
	} {
		s := scene{cause: tt.cause, way: &tt.way}
		var from, to int
		if all := s.byPort(); len(all) > 0 {
			from, to = all[0].from, all[0].to
		}
		if from != tt.from || to != tt.to {
			t.Errorf("%s: hops %d to %d, want %d to %d", tt.name, from, to, tt.from, tt.to)
		}
	}
}

// TestStretch: private and shared addresses are the client's side's only where public ones follow.
func TestStretch(t *testing.T) {
	const access, carrier = "among private addresses next to the client: in the client's own network or at its access", "among shared addresses (100.64.0.0/10): in the network of the client's carrier, before its address translation"
	for _, tt := range []struct {
		name string
		hops []string
		at   int
		want string
	}{
		{"at home", []string{"192.168.1.1", "10.0.0.1", "203.0.113.1", "203.0.113.2"}, 2, access},
		{"at the carrier's", []string{"192.168.1.1", "100.64.0.1", "203.0.113.1", "203.0.113.2"}, 2, carrier},
		{"in a cloud that numbers its own routers so", []string{"192.168.1.1", "203.0.113.1", "100.66.8.1", "203.0.113.2"}, 3, ""},
		{"a way that is private throughout", []string{"10.0.0.1", "10.1.0.1", "10.2.0.1", "10.3.0.1"}, 2, ""},
		{"a way of shared addresses", []string{"100.64.0.1", "100.64.1.1", "100.64.2.1", "100.64.3.1"}, 2, ""},
	} {
		w := &Way{Target: len(tt.hops) + 1}
		p := report(route.ICMP, 0, "198.51.100.20", tt.hops...)
		for i := range p.Hops {
			w.add(&p.Hops[i], 0)
		}
		s := &scene{back: -1, forth: -1, way: w}
		if got := s.stretch(&Locus{From: tt.at, To: tt.at, Addresses: w.between(tt.at, tt.at)}); got.String() != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
