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
