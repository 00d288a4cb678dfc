package analyzer

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// Way is what the ticket's path reports tell of the way from the client to the server of some connections.
type Way struct {
	Target  int         // the hop at which the server itself answers; 0: it does not
	Blocked *PathReport // a TCP trace to the connections' port that ends before others do; nil without one
	Ends    int         // its last hop that answered and did not refuse
	Next    int         // the first hop behind that at which a router answered other probes
	Further int         // how many did
	TCPToo  bool        // what routers behind the client's own translation say of TCP is known to come to the client
	Early   *PathReport // a TCP trace to the connections' port that is answered in the server's name before the server's hop; nil without one
	Answers int         // the hop at which it is
	Behind  int         // the hop at which, by other probes on the same way, the server answers, or that it is at least at

	hops   []wayHop // by number: hops[0] is the first router
	server wayHop   // what the server itself answered at hop Target
	traces []*trace // while it is put together
	told   bool
}

type wayHop struct {
	addrs  []netip.Addr
	name   string
	as     string
	best   time.Duration // least time to it and back; timed if any is known
	jitter time.Duration // how much a good measurement of it may be above
	timed  bool
	step   time.Duration // of the report that best is from
	loss   HopLoss
}

// LeastEarly is by how many hops an answer in the target's name must come too early to mean anything: two ways may differ by one.
const LeastEarly = 2

// WayTo puts together the reports whose target is the server of the connections, as any capture names it, but for those of another time or
// from another host. Connections that the same reports tell of share the result, which is only read. It is for one goroutine.
func (c *Case) WayTo(conns ...*Conn) *Way {
	servers, clients, ports := make(map[netip.Addr]bool), make(map[netip.Addr]bool), make(map[uint16]bool)
	for _, conn := range conns {
		for i := range conn.Seen {
			servers[conn.Seen[i].Half[flow.Server].Addr()] = true
			clients[conn.Seen[i].Half[flow.Client].Addr()] = true
		}
		ports[conn.Server().Port] = true
	}
	var paths []int
	var key []byte // hostile tickets have thousands of connections, and reports
	for i, p := range c.Paths {
		if p.Tool != route.Ping && servers[p.Target.Addr] && !c.otherTime(p) && !elsewhere(p, clients) {
			about := uint64(i) << 1
			if p.Proto == route.TCP && ports[p.Port] {
				about++
			}
			paths, key = append(paths, i), binary.AppendUvarint(key, about)
		}
	}
	if w, ok := c.ways[string(key)]; ok {
		return w
	}
	w := &Way{told: len(paths) > 0}
	for _, i := range paths {
		w.traces = append(w.traces, newTrace(c.Paths[i], c.probings()[i], ports))
	}
	w.compare()
	if c.ways == nil {
		c.ways = make(map[string]*Way)
	}
	c.ways[string(key)] = w
	return w
}

// compare sets the traces beside each other.
func (w *Way) compare() {
	// What answers a TCP probe before the server's hop is a device in its name, so that only other reports tell where the server is. The first
	// hop of several counts: a server that limits what it answers leaves probes unanswered, and seems farther.
	for _, p := range w.traces {
		if at := p.reached; at > 0 && (w.Target == 0 || at < w.Target) && p.sent.proto != route.TCP {
			w.Target = at
		}
	}
	for _, p := range w.traces {
		at := p.reached
		if w.Target == 0 && at > 0 {
			w.Target = at
		}
		if p.toPort && at > 0 && w.findEarly(p) {
			continue // its last hop is not a router's
		}
		for i := range p.Hops {
			switch h := &p.Hops[i]; {
			case h.Number > 0 && h.Number <= flow.LongestPath && (at == 0 || h.Number < at) && len(h.Flags) == 0:
				w.add(h, p.Resolution)
			case at > 0 && at == w.Target && h.Number == at:
				w.server.add(h, p.Resolution)
			}
		}
	}
	w.findBlocked()
	w.traces = nil
}

// elsewhere says that a report was made on another host than the client: by a service that runs it, or as it says itself. A private address
// may be the client's own, before its translation.
func elsewhere(p *PathReport, clients map[netip.Addr]bool) bool {
	if p.Tool == route.CentralOps {
		return true
	}
	from, err := netip.ParseAddr(p.Source)
	return err == nil && !clients[from] && !isLocal(from) && !shared.Contains(from)
}

func (w *Way) add(h *route.Hop, step time.Duration) {
	for len(w.hops) < h.Number {
		w.hops = append(w.hops, wayHop{})
	}
	w.hops[h.Number-1].add(h, step)
}

// add takes what one report tells of a hop; step is that of its times.
func (k *wayHop) add(h *route.Hop, step time.Duration) {
	for _, r := range h.Routers {
		if r.Addr.IsValid() && !slices.Contains(k.addrs, r.Addr) {
			k.addrs = append(k.addrs, r.Addr)
		}
		if k.as == "" {
			k.as = r.AS
		}
		if k.name == "" && !r.Clipped { // the beginning of a name may be that of another host
			k.name = r.Name
		}
	}
	k.loss.count(h)
	if best := h.Least(); best.OK && (!k.timed || best.Value < k.best) {
		k.best, k.timed, k.step = best.Value, true, step
		k.jitter = step
		if h.Avg.OK {
			k.jitter = max(k.jitter, 2*(h.Avg.Value-best.Value)) // as the mean lies in the middle of what is usual
		}
	}
}

// hopsOf gives the hops at which an address answered.
func (w *Way) hopsOf(addr netip.Addr) (from, to int, ok bool) {
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

// nearest gives for each hop the one of it and those behind it with the least time; nil where none has a time. What a hop takes is no more
// than what any hop behind it takes, however slowly its router answers probes.
func (w *Way) nearest() []*wayHop {
	all := make([]*wayHop, len(w.hops))
	var least *wayHop
	for i := len(w.hops) - 1; i >= 0; i-- {
		if h := &w.hops[i]; h.timed && (least == nil || h.best < least.best) {
			least = h
		}
		all[i] = least
	}
	return all
}

// within gives the hops that an answer can have come from which took at least and at most a time.
func (w *Way) within(least, most time.Duration) (from, to int) {
	from, to = 1, flow.LongestPath
	for i, h := range slices.Backward(w.nearest()) {
		if h == nil {
			continue
		}
		jitter := max(h.jitter, leastJitter)
		if w.hops[i].timed && h.best > most+jitter {
			to = i
		}
		if h.best+jitter < least {
			from = max(from, i+2)
		}
	}
	return from, to
}

// sooner gives the last hop before those to which no probe went and came back within a time.
func (w *Way) sooner(usual time.Duration) int {
	to := flow.LongestPath
	for i, h := range slices.Backward(w.nearest()) {
		if w.hops[i].timed && h.best > usual {
			to = i
		}
	}
	return to
}

// between gives the addresses of some hops.
func (w *Way) between(from, to int) []netip.Addr {
	var all []netip.Addr
	for k := max(from, 1); k <= to && k <= len(w.hops); k++ {
		all = append(all, w.hops[k-1].addrs...)
	}
	return all
}
