package analyzer

import (
	"net/netip"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

const ms = int64(time.Millisecond)

// forged makes the clue of a packet that arrived with a TTL, in the name of a host whose packets arrive with another.
func forged(to flow.Side, ttl, usual uint8) clue { return clue{to: to, ttl: ttl, usual: usual} }

func after(c clue, delay, longest int64) clue {
	c.delay, c.longest, c.timed = delay, longest, true
	return c
}

// wayOf makes a way from the least time to each hop, in milliseconds; 0: it did not answer. The last is the server.
func wayOf(times ...int64) *Way {
	w := &Way{Target: len(times)}
	for k, t := range times[:len(times)-1] {
		h := wayHop{best: time.Duration(t * ms), jitter: time.Duration(ms), timed: t > 0}
		if h.timed {
			h.addrs = []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, byte(k + 1)})}
		}
		w.hops = append(w.hops, h)
	}
	return w
}

func TestLocate(t *testing.T) {
	client, server := flow.Client, flow.Server
	tests := []struct {
		name     string
		s        scene
		from, to int // 0, 0: it cannot be told
	}{
		{"nothing known", scene{back: -1, forth: -1}, 0, 0},
		// A way of 10 routers, a device at hop 4: its packets cross 3 routers to the client and 6 to the server.
		{"both TTLs from 64", scene{back: 10, forth: 10, toClient: []clue{forged(client, 61, 54)}, toServer: []clue{forged(server, 58, 54)}}, 4, 4},
		{"both TTLs, the client's host begins with 128", scene{back: 10, forth: 10, toClient: []clue{forged(client, 61, 118)}, toServer: []clue{forged(server, 122, 54)}}, 4, 4},
		{"both from an odd TTL", scene{back: 10, forth: 10, toClient: []clue{forged(client, 187, 54)}, toServer: []clue{forged(server, 184, 54)}}, 4, 4},
		{"both from an odd TTL, ways of different length", scene{back: 11, forth: 10, toClient: []clue{forged(client, 186, 53)}, toServer: []clue{forged(server, 184, 54)}}, 4, 5},
		{"the host's own TTL is copied", scene{back: 10, forth: 10, toClient: []clue{forged(client, 54, 54)}, toServer: []clue{forged(server, 118, 118)}}, 0, 0},
		{"the client's own TTL is copied to both", scene{back: 10, forth: 10, toClient: []clue{forged(client, 57, 54)}, toServer: []clue{forged(server, 54, 54)}}, 4, 8},
		{"the TTL is drawn", scene{back: 10, forth: 10, toClient: []clue{forged(client, 61, 54), forged(client, 172, 54)}}, 0, 0},
		{"one TTL, ways of one length", scene{back: 10, forth: 10, toClient: []clue{forged(client, 252, 54)}}, 4, 4},
		{"one TTL, the way there unknown", scene{back: 10, forth: -1, toClient: []clue{forged(client, 252, 54)}}, 3, 5},
		{"one TTL, ways of different length", scene{back: 12, forth: 10, toClient: []clue{forged(client, 252, 52)}}, 2, 6},
		{"one TTL at the server", scene{back: -1, forth: 10, toServer: []clue{forged(server, 58, 54)}}, 3, 5},
		{"a TTL that no system begins with", scene{back: 10, forth: 10, toClient: []clue{forged(client, 91, 54)}}, 0, 0},
		{"a rewritten packet of the host", scene{cause: ResetRewrite, back: 10, forth: 10, toClient: []clue{forged(client, 61, 54)}}, 0, 0},
		{"time alone, the server's capture shows that the device answers at once", scene{back: 10, forth: 10, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{after(forged(client, 54, 54), 41*ms, 41*ms)}, toServer: []clue{after(forged(server, 54, 54), 0, 0)}}, 4, 4},
		{"time alone, one end", scene{back: 10, forth: -1, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{after(forged(client, 54, 54), 41*ms, 41*ms)}}, 4, 4},
		{"time, a hop that is silent may be the device", scene{back: 10, forth: -1, way: wayOf(1, 4, 9, 40, 0, 50, 55, 60, 61, 65, 70),
			toClient: []clue{after(forged(client, 54, 54), 41*ms, 41*ms)}}, 4, 5},
		{"time, one of two packets may be the answered one", scene{back: 10, forth: -1, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{after(forged(client, 54, 54), 5*ms, 41*ms)}}, 1, 4},
		{"a hop whose router is slow to answer does not exclude those behind it", scene{back: 10, forth: -1, way: wayOf(1, 90, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{after(forged(client, 54, 54), 41*ms, 41*ms)}}, 4, 4},
		{"time contradicts one TTL: both are held", scene{back: 10, forth: 10, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{after(forged(client, 63, 54), 61*ms, 61*ms)}}, 2, 9},
		{"time contradicts two TTLs: it is said, and they stand", scene{back: 10, forth: 10, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{after(forged(client, 61, 54), 61*ms, 61*ms)}, toServer: []clue{forged(server, 58, 54)}}, 4, 4},
		{"a router refuses", scene{back: 10, forth: -1, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{{refuses: true, ttl: 251, router: flow.Endpoint{IP: netip.MustParseAddr("203.0.113.5").As16(), V4: true}}}}, 5, 5},
		{"a router refuses that no report names", scene{back: 10, forth: -1,
			toClient: []clue{{refuses: true, ttl: 251, router: flow.Endpoint{IP: netip.MustParseAddr("203.0.113.5").As16(), V4: true}}}}, 4, 6},
		{"both ends and nothing else", scene{back: 10, forth: 10, twoEnds: true, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70)}, 1, 10},
		{"beyond the server", scene{back: 3, forth: 3, toClient: []clue{forged(client, 60, 61)}}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.s.way == nil {
				tt.s.way = &Way{}
			}
			l := tt.s.locate()
			switch {
			case l == nil && (tt.from != 0 || tt.to != 0):
				t.Fatalf("no locus, want hops %d to %d", tt.from, tt.to)
			case l == nil:
			case l.From != tt.from || l.To != tt.to || len(l.Basis) == 0:
				t.Errorf("hops %d to %d by %v, want %d to %d", l.From, l.To, l.Basis, tt.from, tt.to)
			}
		})
	}
}

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

func TestWayTo(t *testing.T) {
	const server = "198.51.100.20"
	whole := []string{"192.168.1.1", "100.64.0.1", "203.0.113.3", "203.0.113.4", "203.0.113.5", "203.0.113.6", server}
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
