package analyzer

import (
	"net/netip"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
)

const ms = int64(time.Millisecond)

// forged makes the clue of a packet that arrived with a TTL, in the name of a host whose packets arrive with another.
func forged(to flow.Side, ttl, usual uint8) clue { return clue{to: to, ttl: ttl, usual: usual} }

func after(c clue, delay, longest int64) clue {
	c.delay, c.longest, c.timed = delay, longest, true
	return c
}

func behind(c clue, answer int64) clue {
	c.behind = answer
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
		{"time, right behind a packet of the server, which a device may have answered as well", scene{back: 10, forth: 10, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{behind(after(forged(client, 54, 54), 41*ms, 41*ms), 3*ms)}}, 0, 0},
		{"time, too long behind it for a device that answers at once", scene{back: 10, forth: 10, way: wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70),
			toClient: []clue{behind(after(forged(client, 54, 54), 41*ms, 41*ms), 3*ms)}, toServer: []clue{after(forged(server, 54, 54), 0, 0)}}, 4, 4},
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

// TestByTimeSays: one hop is no range, and no time at all is "at once".
func TestByTimeSays(t *testing.T) {
	way := wayOf(1, 4, 9, 40, 44, 50, 55, 60, 61, 65, 70)
	came := after(forged(flow.Client, 54, 54), 41*ms, 41*ms)
	came.frame, came.first = 7, 5
	const since = "frame 7 came to the client 41ms after frame 5, the first that it may answer: that is the time to "
	for _, tt := range []struct {
		s    scene
		want string
	}{
		{scene{back: 10, forth: 10, way: way, toClient: []clue{came}}, since + "hop 4 and back, if the device answers within 10ms"},
		{scene{back: 10, forth: 10, way: way, toClient: []clue{came}, toServer: []clue{after(forged(flow.Server, 54, 54), 0, 0)}}, since + "hop 4 and back, as by the server's capture the device answers at once"},
		{scene{back: 10, forth: 10, way: way, toClient: []clue{after(came, 5*ms, 41*ms)}}, since + "hops 1 to 4 and back, if the device answers within 10ms"},
	} {
		if all := tt.s.byTime(); len(all) != 1 || all[0].basis.String() != tt.want {
			t.Errorf("got %v, want %q", all, tt.want)
		}
	}
}
