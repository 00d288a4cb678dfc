package analyzer

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// crossed gives how many routers a packet has crossed, by the least initial TTL that it can have had; ok is false where that are more than
// most: it began with another one.
func crossed(ttl uint8, most int) (n int, ok bool) {
	n = flow.Hops(ttl)
	return n, n <= most
}

// slack is by how many hops one TTL may be off: the way back may differ from the way there by as much as their lengths do, and by one
// where one of them is not known.
func (s *scene) slack() int {
	forth := s.forth
	if forth < 0 && s.way.Target > 0 {
		forth = s.way.Target - 1
	}
	if s.back < 0 || forth < 0 {
		return 1
	}
	return max(s.back-forth, forth-s.back)
}

// byTTL decodes the TTLs with which forged packets arrived.
func (s *scene) byTTL() []interval {
	if s.cause == ResetRewrite || s.cause == Policing {
		return nil // the packets are the host's own
	}
	a, atA := steady(s.toClient)
	b, atB := steady(s.toServer)
	n, known := s.routers()
	most := flow.LongestPath
	if known {
		most = n + s.slack()
	}
	ca, okA := crossed(a.ttl, most)
	cb, okB := crossed(b.ttl, most)
	okA, okB = okA && atA, okB && atB && known
	if okA && okB {
		ha, hb := ca+1, n-cb
		if d := ha - hb; -1-s.slack() <= d && d <= 1+s.slack() {
			return []interval{{min(ha, hb), max(ha, hb), byTwoTTLs,
				Msg("the forged packets arrived with TTL %d at the client (frame %d), %d routers away, and with TTL %d at the server (frame %d), %d routers away: of %d", a.ttl, a.frame, ca, b.ttl, b.frame, cb, n)}}
		}
	}
	if atA && atB && known && !okA && !okB {
		// Whatever TTL the device begins with, it has lost as much more on the longer of the two ways as that has more routers.
		if d := n + 1 - (int(a.ttl) - int(b.ttl)); d >= 2 && d <= 2*n {
			return []interval{{d / 2, (d + 1) / 2, byTwoTTLs,
				Msg("the forged packets arrived with TTL %d at the client (frame %d) and %d at the server (frame %d): if they left with the same TTL, that difference places the device on a way of %d routers", a.ttl, a.frame, b.ttl, b.frame, n)}}
		}
	}
	var out []interval
	if okA {
		nearest, basis := ca+1, Msg("frame %d arrived at the client with TTL %d: it crossed %d routers, if it left with an initial TTL of %d", a.frame, a.ttl, ca, int(a.ttl)+ca)
		if copied(s.toServer) {
			nearest, basis = ca/2+1, Msg("frame %d arrived at the client with TTL %d: it crossed %d routers, if it left with an initial TTL of %d, and half as many, if with what was left of the client's, as those to the server did", a.frame, a.ttl, ca, int(a.ttl)+ca)
		}
		out = append(out, interval{max(0, nearest-s.slack()), ca + 1 + s.slack(), byOneTTL, basis})
	}
	if okB {
		out = append(out, interval{max(0, n-cb-s.slack()), max(0, n-cb) + s.slack(), byOneTTL,
			Msg("frame %d arrived at the server with TTL %d: it crossed %d of %d routers, if it left with an initial TTL of %d", b.frame, b.ttl, cb, n, int(b.ttl)+cb)})
	}
	return out
}

// steady gives a clue of packets that all arrived with one TTL, which is not that of the host in whose name they came: a device that copies
// TTLs, or draws them, tells nothing by them.
func steady(all []clue) (one clue, ok bool) {
	for _, c := range all {
		switch {
		case c.refuses:
			continue
		case c.ttl == c.usual:
			return clue{}, false
		case !ok:
			one, ok = c, true
		case c.ttl != one.ttl:
			return clue{}, false
		}
	}
	return one, ok
}

// copied says that packets arrived with the TTL of the host in whose name they came: a device between put what was left of that host's TTL into
// them.
func copied(all []clue) bool {
	return slices.ContainsFunc(all, func(c clue) bool { return !c.refuses && c.usual > 0 && c.ttl == c.usual })
}

// byRefusal places a router that refuses by ICMP: by its address among the hops, or by the TTL of its message.
func (s *scene) byRefusal() []interval {
	for _, c := range s.toClient {
		if !c.refuses || c.router == (flow.Endpoint{}) {
			continue
		}
		addr := c.router.Addr()
		if from, to, ok := s.way.hopsOf(addr); ok {
			return []interval{{from, to, byName, Msg("frame %d is the refusal of %v, which answered as hop %d of the path", c.frame, addr, from)}}
		}
		if n, ok := crossed(c.ttl, flow.LongestPath); ok {
			return []interval{{max(0, n+1-s.slack()), n + 1 + s.slack(), byOneTTL, Msg("frame %d, the refusal of %v, arrived with TTL %d: it crossed %d routers, if it left with an initial TTL of %d", c.frame, addr, c.ttl, n, int(c.ttl)+n)}}
		}
	}
	return nil
}
