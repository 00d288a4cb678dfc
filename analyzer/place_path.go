package analyzer

import (
	"net/netip"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer/route"
)

// way is what the ticket's path reports tell of the way from the client to the server.
type way struct {
	hops    []wayHop // by number: hops[0] is the first router
	target  int      // the hop at which the server itself answers; 0: it does not
	traces  []*PathReport
	blocked *PathReport // a TCP trace to the connections' port that ends before others do
	ends    int         // its last hop that answered
	early   *PathReport // a TCP trace to the connections' port that is answered in the server's name before the server's hop
	answers int         // the hop at which it is
}

type wayHop struct {
	addrs  []netip.Addr
	as     string
	best   time.Duration // least time to it and back; timed if any is known
	jitter time.Duration // how much a good measurement of it may be above
	timed  bool
}

// wayTo puts together the reports whose target is the server of the connections, as any capture names it.
func (a *analysis) wayTo(conns []*Conn) way {
	servers, ports := make(map[netip.Addr]bool), make(map[uint16]bool)
	for _, c := range conns {
		for i := range c.Seen {
			servers[c.Seen[i].Half[1].Addr()] = true
		}
		ports[c.Server().Port] = true
	}
	var w way
	for _, p := range a.Paths {
		if p.Tool != "ping" && servers[p.Target.Addr] {
			w.traces = append(w.traces, p)
		}
	}
	for _, p := range w.traces {
		// What answers a TCP probe before the server's hop is a device in its name, so that only other reports tell where the server is.
		if at := reachedAt(p); at > w.target && p.Proto != route.TCP {
			w.target = at
		}
	}
	for _, p := range w.traces {
		at := reachedAt(p)
		if w.target == 0 && at > 0 {
			w.target = at
		}
		if p.Proto == route.TCP && ports[p.Port] && at > 0 && at+1 < w.target { // two ways may differ by a hop
			w.early, w.answers = p, at
			continue // its last hop is not a router's
		}
		for i := range p.Hops {
			if h := &p.Hops[i]; h.Number > 0 && h.Number <= longestWay && (at == 0 || h.Number < at) && len(h.Flags) == 0 {
				w.add(h, p.Resolution)
			}
		}
	}
	w.findBlocked(ports)
	return w
}

// reachedAt gives the hop at which the target of a report answered; 0 if it did not.
func reachedAt(p *PathReport) int {
	for i := range p.Hops {
		for _, r := range p.Hops[i].Routers {
			if r.Addr.IsValid() && r.Addr == p.Target.Addr && !slices.ContainsFunc(p.Hops[i].Flags, refusing) {
				return p.Hops[i].Number
			}
		}
	}
	return 0
}

func refusing(flag string) bool { return len(flag) > 0 && flag[0] == '!' }

func (w *way) add(h *route.Hop, step time.Duration) {
	for len(w.hops) < h.Number {
		w.hops = append(w.hops, wayHop{})
	}
	k := &w.hops[h.Number-1]
	for _, r := range h.Routers {
		if r.Addr.IsValid() && !slices.Contains(k.addrs, r.Addr) {
			k.addrs = append(k.addrs, r.Addr)
		}
		if k.as == "" {
			k.as = r.AS
		}
	}
	if best := leastTime(h); best.OK && (!k.timed || best.Value < k.best) {
		k.best, k.timed = best.Value, true
		k.jitter = step
		if h.Avg.OK {
			k.jitter = max(k.jitter, 2*(h.Avg.Value-best.Value)) // as the mean lies in the middle of what is usual
		}
	}
}

func leastTime(h *route.Hop) route.Known[time.Duration] {
	least := h.Best
	for _, p := range h.Probes {
		if p.RTT.OK && (!least.OK || p.RTT.Value < least.Value) {
			least = p.RTT
		}
	}
	return least
}

// findBlocked looks for a TCP trace to one of the ports that ends while the others go on.
func (w *way) findBlocked(ports map[uint16]bool) {
	farthest := w.target
	for _, p := range w.traces {
		farthest = max(farthest, lastAnswer(p))
	}
	for _, p := range w.traces {
		if p.Proto != route.TCP || !ports[p.Port] || reachedAt(p) > 0 || p.Cut {
			continue
		}
		// Two hops that are silent may be two routers that do not answer.
		if last := lastAnswer(p); last > 0 && last+2 < farthest && len(p.Hops) >= min(farthest, last+3) && (w.blocked == nil || last > w.ends) {
			w.blocked, w.ends = p, last
		}
	}
}

func lastAnswer(p *PathReport) int {
	last := 0
	for i := range p.Hops {
		if p.Hops[i].Answered() && !slices.ContainsFunc(p.Hops[i].Flags, refusing) {
			last = max(last, p.Hops[i].Number)
		}
	}
	return last
}

// hopsOf gives the hops at which an address answered.
func (w *way) hopsOf(addr netip.Addr) (from, to int, ok bool) {
	for i := range w.hops {
		if slices.Contains(w.hops[i].addrs, addr) {
			if !ok {
				from, ok = i+1, true
			}
			to = i + 1
		}
	}
	return from, to, ok
}

// within gives the hops that an answer can have come from which took at least and at most a time. What a hop takes is no more than what any
// hop behind it takes, however slowly its router answers probes.
func (w *way) within(least, most time.Duration) (from, to int) {
	from, to = 1, longestWay
	var known bool
	var best, jitter time.Duration
	for k := len(w.hops); k >= 1; k-- {
		h := &w.hops[k-1]
		if h.timed && (!known || h.best < best) {
			best, jitter, known = h.best, max(h.jitter, leastJitter), true
		}
		if h.timed && best > most+jitter {
			to = k - 1
		}
		if known && best+jitter < least {
			from = max(from, k+1)
		}
	}
	return from, to
}

// sooner gives the last hop before those to which no probe went and came back within a time.
func (w *way) sooner(usual time.Duration) int {
	to, known, best := longestWay, false, time.Duration(0)
	for k := len(w.hops); k >= 1; k-- {
		h := &w.hops[k-1]
		if h.timed && (!known || h.best < best) {
			best, known = h.best, true
		}
		if h.timed && best > usual {
			to = k - 1
		}
	}
	return to
}

// byPort places a filter on a port by where TCP probes to it end.
func (s *scene) byPort() []interval {
	w := &s.way
	switch {
	case w.early != nil:
		return []interval{{w.answers - 1, w.answers - 1, byPortTrace,
			Msg("the TCP trace to port %d (%s) is answered in the server's name at hop %d, while the server is at hop %d: the device looks at packets that hop %d passes on", w.early.Port, w.early.Member.Name, w.answers, w.target, w.answers-1)}}
	case w.blocked != nil && (s.cause == SYNDrop || s.cause == RSTInjection || s.cause == ICMPReject || s.cause == Blackhole):
		return []interval{{w.ends, w.ends + 1, byPortTrace,
			Msg("the TCP trace to port %d (%s) ends behind hop %d, while other probes go on", w.blocked.Port, w.blocked.Member.Name, w.ends)}}
	}
	return nil
}

// byEnds says no more than that the device is between two hosts whose own captures show what it did, on a way that path reports name.
func (s *scene) byEnds() []interval {
	if !s.twoEnds || s.way.target == 0 {
		return nil
	}
	return []interval{{1, max(1, s.way.target-1), byBothEnds, Msg("both hosts' own captures show it: nothing tells more than that it is between them, on a way of %d routers", s.way.target-1)}}
}

// between gives the addresses of some hops.
func (w *way) between(from, to int) []netip.Addr {
	var all []netip.Addr
	for k := max(from, 1); k <= to && k <= len(w.hops); k++ {
		all = append(all, w.hops[k-1].addrs...)
	}
	return all
}
