package analyzer

import (
	"net/netip"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// report makes a path report from the addresses of its hops, "" for a silent one.
func report(proto route.Proto, port uint16, target string, hops ...string) *PathReport {
	r := &route.Report{Tool: "mtr", Proto: proto, Port: port, Target: route.Target{Addr: netip.MustParseAddr(target)}}
	for k, h := range hops {
		hop := route.Hop{Number: k + 1, Sent: route.Known[int]{Value: 3, OK: true}}
		if h != "" {
			hop.Routers, hop.Received = []route.Router{{Addr: netip.MustParseAddr(h)}}, hop.Sent
		}
		r.Hops = append(r.Hops, hop)
	}
	return &PathReport{Member: &Member{Name: "mtr.txt"}, Report: r}
}

// rare makes all routers of a report leave two of three probes unanswered.
func rare(p *PathReport) *PathReport {
	for i := range p.Hops {
		p.Hops[i].Received.Value = 1
	}
	return p
}

// some makes all routers of a report leave one of four probes unanswered: of two routers that is just too few probes to tell.
func some(p *PathReport) *PathReport {
	for i := range p.Hops {
		p.Hops[i].Sent.Value, p.Hops[i].Received.Value = 4, 3
	}
	return p
}

// rebuilt makes a report one that was put together from packets.
func rebuilt(p *PathReport) *PathReport {
	p.Tool = route.Capture
	return p
}

func TestWayTo(t *testing.T) {
	const server = "198.51.100.20"
	whole := []string{"192.168.1.1", "100.64.0.1", "203.0.113.3", "203.0.113.4", "203.0.113.5", "203.0.113.6", server}
	refused := report(route.ICMP, 0, server, whole[:6]...) // as Windows says it
	for i := range refused.Hops[3:] {
		refused.Hops[3+i].Flags = []string{"Destination net unreachable."}
	}
	tests := []struct {
		name          string
		paths         []*PathReport
		target        int
		ends, answers int
	}{
		{"a whole trace", []*PathReport{report(route.ICMP, 0, server, whole...)}, 7, 0, 0},
		{"to another host", []*PathReport{report(route.ICMP, 0, "198.51.100.99", whole...)}, 0, 0, 0},
		{"TCP to the port ends behind hop 3", []*PathReport{report(route.ICMP, 0, server, whole...), report(route.TCP, 443, server, append(whole[:3:3], "", "", "", "", "")...)}, 7, 3, 0},
		{"TCP to the port ends before the last router, which may be silent", []*PathReport{report(route.ICMP, 0, server, whole...), report(route.TCP, 443, server, append(whole[:5:5], "", "", "", "", "")...)}, 7, 0, 0},
		{"TCP to another port ends", []*PathReport{report(route.ICMP, 0, server, whole...), report(route.TCP, 81, server, append(whole[:3:3], "", "", "", "", "")...)}, 7, 0, 0},
		{"every trace ends there", []*PathReport{report(route.ICMP, 0, server, append(whole[:3:3], "", "", "", "")...), report(route.TCP, 443, server, append(whole[:3:3], "", "", "", "")...)}, 0, 0, 0},
		{"a trace from elsewhere goes on", []*PathReport{report(route.ICMP, 0, server, "10.1.1.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", server),
			report(route.TCP, 443, server, append(whole[:3:3], "", "", "", "", "")...)}, 7, 0, 0},
		{"from another network with the same first router", []*PathReport{report(route.ICMP, 0, server, "192.168.1.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", server),
			report(route.TCP, 443, server, "192.168.1.1", "", "", "", "", "", "")}, 7, 0, 0},
		{"the routers behind leave most probes unanswered", []*PathReport{rare(report(route.ICMP, 0, server, whole...)), report(route.TCP, 443, server, append(whole[:4:4], "", "", "", "")...)}, 7, 0, 0},
		{"the server seems farther to another trace, and is no router", []*PathReport{report(route.ICMP, 0, server, whole...), report(route.UDP, 0, server, append(whole[:6:6], "", server)...),
			report(route.TCP, 443, server, append(whole[:5:5], "", "", "", "")...)}, 7, 0, 0},
		{"the last that answered may be the server under another name", []*PathReport{report(route.ICMP, 0, server, append(whole[:6:6], "198.51.100.77")...),
			report(route.TCP, 443, server, append(whole[:5:5], "", "", "", "")...)}, 0, 0, 0},
		{"TCP is answered early on a way from elsewhere", []*PathReport{report(route.ICMP, 0, server, "10.1.1.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", server),
			report(route.TCP, 443, server, append(whole[:3:3], server)...)}, 7, 0, 0},
		{"TCP takes another way to another host of the address", []*PathReport{report(route.ICMP, 0, server, whole...), report(route.TCP, 443, server, append(whole[:2:2], "203.0.113.9", server)...)}, 7, 0, 0},
		{"the server left the first probes over UDP unanswered", []*PathReport{report(route.UDP, 0, server, append(whole[:6:6], "", "", "", "", server)...), report(route.TCP, 443, server, whole...)}, 11, 0, 0},
		{"routers behind answer others with a refusal alone", []*PathReport{refused, report(route.TCP, 443, server, append(whole[:3:3], "", "", "", "", "")...)}, 0, 0, 0},
		{"mtr by TCP does not say so, and its packets do", []*PathReport{report(route.ICMP, 0, server, whole...), report("", 0, server, append(whole[:3:3], server)...),
			rebuilt(report(route.TCP, 443, server, append(whole[:3:3], server)...))}, 7, 0, 4},
		{"probes that the ticket tells of twice count once", []*PathReport{some(report(route.ICMP, 0, server, whole[:6]...)), rebuilt(some(report(route.ICMP, 0, server, whole[:6]...))),
			report(route.TCP, 443, server, append(whole[:3:3], "", "", "", "")...)}, 0, 0, 0},
		{"TCP is answered too early", []*PathReport{report(route.ICMP, 0, server, whole...), report(route.TCP, 443, server, append(whole[:3:3], server)...)}, 7, 0, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &analysis{Case: &Case{Paths: tt.paths}}
			c := &Conn{Seen: make([]Sighting, 1)}
			c.Seen[0].Half[flow.Server].Endpoint = flow.Endpoint{IP: netip.MustParseAddr(server).As16(), V4: true, Port: 443}
			if w := a.WayTo(c); w.Target != tt.target || w.Ends != tt.ends || w.Answers != tt.answers {
				t.Errorf("target %d, ends %d, answers %d; want %d, %d, %d", w.Target, w.Ends, w.Answers, tt.target, tt.ends, tt.answers)
			}
		})
	}
}

// TestWayHops: of each hop the least time, and the loss of the report with the most probes among those that it answered.
func TestWayHops(t *testing.T) {
	const server = "198.51.100.20"
	icmp := report(route.ICMP, 0, server, "192.168.1.1", "", "203.0.113.3", server)
	tcp := report(route.TCP, 443, server, "192.168.1.1", "203.0.113.2", "203.0.113.3", server)
	set := func(p *PathReport, k, received, sent int, best int64, name string) {
		h := &p.Hops[k]
		h.Sent, h.Received = route.Known[int]{Value: sent, OK: true}, route.Known[int]{Value: received, OK: true}
		h.Best = route.Known[time.Duration]{Value: time.Duration(best * ms), OK: best > 0}
		for i := range h.Routers {
			h.Routers[i].Name = name
		}
	}
	set(icmp, 0, 99, 100, 2, "gw.example")
	set(icmp, 1, 0, 100, 0, "")
	set(icmp, 2, 90, 100, 9, "")
	set(icmp, 3, 98, 100, 12, "")
	set(tcp, 0, 10, 10, 1, "")
	set(tcp, 1, 8, 10, 5, "")
	set(tcp, 2, 0, 200, 0, "")
	set(tcp, 3, 100, 100, 11, "www.example")
	conn := &Conn{Seen: make([]Sighting, 1)}
	conn.Seen[0].Half[flow.Server].Endpoint = flow.Endpoint{IP: netip.MustParseAddr(server).As16(), V4: true, Port: 443}
	w := (&Case{Paths: []*PathReport{icmp, tcp}}).WayTo(conn)
	routers, end := w.Hops()
	if !w.Told() || len(routers) != 3 {
		t.Fatalf("%d routers, want 3", len(routers))
	}
	for k, want := range []struct {
		addrs int
		name  string
		best  int64
		loss  HopLoss
	}{{1, "gw.example", 1, HopLoss{100, 1}}, {1, "", 5, HopLoss{10, 2}}, {1, "", 9, HopLoss{100, 10}}, {1, "www.example", 11, HopLoss{100, 0}}} {
		h := append(routers, end)[k]
		if h.Number != k+1 || len(h.Addrs) != want.addrs || h.Name != want.name || h.Best.Value != time.Duration(want.best*ms) || h.Loss != want.loss {
			t.Errorf("hop %d: %+v, want %+v", k+1, h, want)
		}
	}
	if w := (&Case{}).WayTo(conn); w.Told() {
		t.Error("a way without a report is told")
	} else if routers, end := w.Hops(); len(routers) != 0 || end.Number != 0 {
		t.Errorf("a way without a report has %d routers and its server at %d", len(routers), end.Number)
	}
}

// TestWayEndsWithAnswers: where the server did not answer, silent rows behind the last router are no routers.
func TestWayEndsWithAnswers(t *testing.T) {
	const server = "198.51.100.20"
	conn := &Conn{Seen: make([]Sighting, 1)}
	conn.Seen[0].Half[flow.Server].Endpoint = flow.Endpoint{IP: netip.MustParseAddr(server).As16(), V4: true, Port: 443}
	w := (&Case{Paths: []*PathReport{report(route.UDP, 0, server, "192.168.1.1", "", "203.0.113.3", "", "", "")}}).WayTo(conn)
	if routers, end := w.Hops(); len(routers) != 3 || end.Number != 0 {
		t.Errorf("%d routers and the server at %d, want 3 and none", len(routers), end.Number)
	}
}

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

// TestWayShared: what the reports tell is put together once for all connections that they are equally about. A hostile ticket has thousands of
// connections, and a thousand reports, each of which is compared with each.
func TestWayShared(t *testing.T) {
	const server = "198.51.100.20"
	c := &Case{Paths: []*PathReport{report(route.TCP, 443, server, "203.0.113.1"), report(route.ICMP, 0, server, "203.0.113.1", server)}}
	to := func(port uint16) *Way {
		conn := &Conn{Seen: make([]Sighting, 1)}
		conn.Seen[0].Half[flow.Server].Endpoint = flow.Endpoint{IP: netip.MustParseAddr(server).As16(), V4: true, Port: port}
		return c.WayTo(conn)
	}
	if first := to(443); first != to(443) || to(80) != to(81) {
		t.Error("what is known is put together again")
	}
	if to(443) == to(80) {
		t.Error("the trace to one port is taken for that to another")
	}
}
