package analyzer

import (
	"net/netip"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// TestFits: a report of another target or time tells nothing about the connections, and one that may be of theirs is kept.
func TestFits(t *testing.T) {
	const client, server, inside = "192.168.1.10", "198.51.100.20", "10.0.0.20"
	from := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	c := &Case{From: from.UnixNano(), To: from.Add(time.Minute).UnixNano(), Counts: map[Class]int{Clean: 1}}
	conn := &Conn{Seen: make([]Sighting, 2), Class: Clean}
	for i, addr := range []string{server, inside} { // as each end names the server
		conn.Seen[i].Half[flow.Client].Endpoint = flow.Endpoint{IP: netip.MustParseAddr(client).As16(), V4: true, Port: 40000}
		conn.Seen[i].Half[flow.Server].Endpoint = flow.Endpoint{IP: netip.MustParseAddr(addr).As16(), V4: true, Port: 443}
		conn.Seen[i].Capture = i
	}
	conn.Seen[0].Named.Name = 1
	c.Flows = []*Conn{conn}
	c.Captures = []*Capture{{Member: &Member{Role: AtClient}, names: []string{"", "www.example.com:443/path"}}, {Member: &Member{Role: AtServer}}}
	tests := []struct {
		name   string
		target route.Target
		zone   route.Zone
		start  time.Time
		cut    bool
		want   Fit
	}{
		{"the server", route.Target{Addr: netip.MustParseAddr(server)}, route.ZoneNone, time.Time{}, false, Forward},
		{"the server as its own capture names it", route.Target{Addr: netip.MustParseAddr(inside)}, route.ZoneNone, time.Time{}, false, Forward},
		{"the server by name", route.Target{Name: "WWW.Example.com"}, route.ZoneNone, time.Time{}, false, Forward},
		{"the client", route.Target{Addr: netip.MustParseAddr(client)}, route.ZoneNone, time.Time{}, false, Reverse},
		{"another host", route.Target{Addr: netip.MustParseAddr("203.0.113.9")}, route.ZoneNone, time.Time{}, false, OtherTarget},
		{"a guess from a report that was cut", route.Target{Addr: netip.MustParseAddr("203.0.113.9"), From: route.FromLastHop}, route.ZoneNone, time.Time{}, true, FitUnknown},
		{"another name, which may be the same host", route.Target{Name: "other.example.com"}, route.ZoneNone, time.Time{}, false, FitUnknown},
		{"no target", route.Target{}, route.ZoneNone, time.Time{}, false, FitUnknown},
		{"an hour before, to the second", route.Target{Addr: netip.MustParseAddr(server)}, route.ZoneGiven, from.Add(-time.Hour), false, Forward},
		{"more than an hour before", route.Target{Addr: netip.MustParseAddr(server)}, route.ZoneGiven, from.Add(-time.Hour - time.Second), false, OtherTime},
		{"an hour after the last packet", route.Target{Addr: netip.MustParseAddr(server)}, route.ZoneGiven, from.Add(time.Hour + time.Minute), false, Forward},
		{"a day after", route.Target{Addr: netip.MustParseAddr(server)}, route.ZoneGiven, from.AddDate(0, 0, 1), false, OtherTime},
		{"a day after in a zone that is not told", route.Target{Addr: netip.MustParseAddr(server)}, route.ZoneUnknown, from.AddDate(0, 0, 1), false, Forward},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &PathReport{Member: &Member{Name: "a.zip!/mtr.txt"}, Report: &route.Report{Tool: "mtr", Target: tt.target, Zone: tt.zone, Start: tt.start, Cut: tt.cut,
				Hops: []route.Hop{{Number: 1, Routers: []route.Router{{Addr: tt.target.Addr}}}}}}
			c.Paths = []*PathReport{p}
			if got := c.Fits()[0]; got != tt.want {
				t.Errorf("fit %q, want %q", got, tt.want)
			}
			used := c.WayTo(conn).Target > 0
			if want := tt.want == Forward && tt.target.Addr.IsValid(); used != want {
				t.Errorf("the way to the server uses it: %v, want %v", used, want)
			}
		})
	}
	conn.Seen = conn.Seen[1:]
	for target, want := range map[string]Fit{"203.0.113.9": FitUnknown, "10.9.9.9": OtherTarget} {
		c.Paths = []*PathReport{{Report: &route.Report{Target: route.Target{Addr: netip.MustParseAddr(target)}}}}
		if got := c.Fits()[0]; got != want {
			t.Errorf("%s, where the server's own capture has a private address: fit %q, want %q", target, got, want)
		}
	}
	c.Counts[Clean] = 2
	c.Paths = []*PathReport{{Report: &route.Report{Target: route.Target{Addr: netip.MustParseAddr("10.9.9.9")}}}}
	if got := c.Fits()[0]; got != FitUnknown {
		t.Errorf("fit %q where not all connections are listed, want none", got)
	}
}

func TestWhere(t *testing.T) {
	for line, want := range map[int]string{0: "mtr.txt", 2: "mtr.txt", 40: "mtr.txt:40"} {
		p := &PathReport{Member: &Member{Name: "a.zip!/b/mtr.txt"}, Report: &route.Report{Line: line}}
		if got := p.Where(); got != want {
			t.Errorf("line %d: %q, want %q", line, got, want)
		}
	}
}
