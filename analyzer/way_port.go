package analyzer

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer/route"
)

// This file compares TCP traces to the connections' port with other traces on the same way.

// fewestProbes is how many a hop must have had: as many as traceroute sends.
const fewestProbes = 3

// mostByChance is how likely it may be that routers which left some of the other probes unanswered left all of a trace unanswered: one in a
// thousand, as the odds that it takes to accuse come to.
const mostByChance = 1e-3

func probes(h *route.Hop) int { return max(len(h.Probes), h.Sent.Value) }

// passes says that a router answered and did not refuse: probes with a larger TTL go on behind it.
func passes(h *route.Hop) bool {
	_, mark := h.Refusal()
	return h.Answered() && mark == ""
}

// lastPassing gives the last hop that answered and did not refuse; 0 if none did.
func lastPassing(p *PathReport) int {
	last := 0
	for i := range p.Hops {
		if passes(&p.Hops[i]) {
			last = max(last, p.Hops[i].Number)
		}
	}
	return last
}

// lastRouter gives the last hop of a trace at which a router answered. Where no row is known to be the server's, the last that answered may be:
// it may have answered under another name.
func lastRouter(p *PathReport) int {
	last, end := 0, p.TargetHop()
	if end == 0 {
		end = lastPassing(p)
	}
	for i := range p.Hops {
		if h := &p.Hops[i]; h.Number < end && passes(h) {
			last = max(last, h.Number)
		}
	}
	return last
}

// findBlocked looks for a TCP trace to one of the ports that ends while others on the same way go on. A hop that is silent may be a router that
// answers nobody, or not all: two routers behind must have answered others, and too many of them to have missed this trace by chance. The
// server itself may filter the port.
func (w *Way) findBlocked(ports map[uint16]bool) {
	for _, p := range w.traces {
		if p.Proto != route.TCP || !ports[p.Port] || p.TargetHop() > 0 || p.Cut {
			continue
		}
		last := lastPassing(p)
		if last == 0 || w.Blocked != nil && last <= w.Ends {
			continue
		}
		further, tcp := make(map[int]HopLoss), !privateAt(p, last)
		for _, q := range w.traces {
			end := lastRouter(q)
			if q == p || end <= last || !sameWay(p, q, last) {
				continue
			}
			tcp = tcp || q.Proto == route.TCP
			for i := range q.Hops {
				if h := &q.Hops[i]; h.Number > last && h.Number <= end && h.Number != w.Target && passes(h) {
					var one HopLoss
					if one.count(h); one.Sent == 0 {
						one.Sent = 1 // it answered one at least
					}
					all := further[h.Number]
					further[h.Number] = HopLoss{all.Sent + one.Sent, all.Lost + one.Lost}
				}
			}
		}
		routers, next, chance := 0, 0, 1.0
		for i := range p.Hops {
			h := &p.Hops[i]
			if loss, ok := further[h.Number]; ok && probes(h) >= fewestProbes {
				routers++
				chance *= math.Pow(float64(loss.Lost+1)/float64(loss.Sent+2), float64(probes(h))) // the rule of succession: few probes tell little
				if next == 0 {
					next = h.Number
				}
			}
		}
		if routers >= 2 && chance <= mostByChance {
			w.Blocked, w.Ends, w.Next, w.Further, w.TCPToo = p, last, next, routers, tcp
		}
	}
}

// privateAt says that nothing but private addresses answered a trace at a hop.
func privateAt(p *PathReport, number int) bool {
	return !slices.ContainsFunc(routersAt(p, number), func(r route.Router) bool { return r.Addr.IsValid() && !isLocal(r.Addr) })
}

// isLocal says that an address is one that networks use for themselves, each for other hosts.
func isLocal(a netip.Addr) bool { return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback() }

// findEarly says whether a TCP trace that is answered at a hop is answered too early: on the same way routers answer other probes at that hop or
// behind it, and two ways may differ by a hop.
func (w *Way) findEarly(p *PathReport, at int) bool {
	behind := 0
	for _, q := range w.traces {
		if q.Proto == route.TCP || !sameWay(p, q, at-1) {
			continue
		}
		routers := lastRouter(q)
		server := routers + 1
		if n := q.TargetHop(); n > server {
			server++ // one hop may be a router that answers nobody; more, probes that the server left unanswered
		}
		if routers >= at {
			behind = max(behind, server)
		}
	}
	if behind-at < LeastEarly {
		return false
	}
	w.Early, w.Answers, w.Behind = p, at, behind
	return true
}

// sameWay says that two traces took one way as far as a hop: the last router until there that answered both is the same. Ways from other hosts,
// and to other hosts of the same address, differ there. Private addresses are the same in many networks: they count only two in a row.
func sameWay(p, q *PathReport, until int) bool {
	same := 0
	for k := until; k > 0; k-- {
		a, b := routersAt(p, k), routersAt(q, k)
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		i := slices.IndexFunc(a, func(x route.Router) bool {
			return slices.ContainsFunc(b, func(y route.Router) bool { return sameRouter(x, y) })
		})
		if i < 0 {
			return false
		}
		if same++; same == 2 || a[i].Addr.IsValid() && !isLocal(a[i].Addr) {
			return true
		}
	}
	return false
}

func sameRouter(x, y route.Router) bool {
	if x.Addr.IsValid() && y.Addr.IsValid() {
		return x.Addr == y.Addr
	}
	return x.Name != "" && !x.Clipped && !y.Clipped && strings.EqualFold(x.Name, y.Name)
}

func routersAt(p *PathReport, number int) (all []route.Router) {
	for i := range p.Hops {
		if h := &p.Hops[i]; h.Number == number && h.Answered() {
			all = append(all, h.Routers...)
		}
	}
	return all
}
