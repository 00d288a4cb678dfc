package analyzer

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer/flow"
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

// trace is a report with what is compared of it.
type trace struct {
	*PathReport
	sent    probing
	toPort  bool // TCP, to one of the connections' ports
	reached int  // the hop at which the target answered; 0: it did not
	last    int  // the last hop that answered
	// router is the last hop at which a router answered. Where no row is known to be the server's, the last that answered may be: it may have
	// answered under another name.
	router int
	at     [flow.LongestPath + 1][]route.Router // that answered, by hop
}

func newTrace(p *PathReport, sent probing, ports map[uint16]bool) *trace {
	t := &trace{PathReport: p, sent: sent, toPort: p.Proto == route.TCP && ports[p.Port], reached: p.TargetHop()}
	var answered []int
	for i := range p.Hops {
		h := &p.Hops[i]
		if !h.Answered() {
			continue
		}
		if 0 < h.Number && h.Number <= flow.LongestPath {
			t.at[h.Number] = append(t.at[h.Number], h.Routers...)
		}
		if passes(h) {
			answered, t.last = append(answered, h.Number), max(t.last, h.Number)
		}
	}
	end := t.reached
	if end == 0 {
		end = t.last
	}
	for _, n := range answered {
		if n < end {
			t.router = max(t.router, n)
		}
	}
	return t
}

// findBlocked looks for a TCP trace to one of the ports that ends while others on the same way go on. A hop that is silent may be a router that
// answers nobody, or not all: two routers behind must have answered others, and too many of them to have missed this trace by chance. The
// server itself may filter the port.
func (w *Way) findBlocked() {
	for _, p := range w.traces {
		if !p.toPort || p.reached > 0 || p.Cut {
			continue
		}
		last := p.last
		if last == 0 || w.Blocked != nil && last <= w.Ends {
			continue
		}
		further, tcp := make(map[int]HopLoss), !privateAt(p, last)
		for _, q := range w.traces {
			end := q.router
			if q == p || end <= last || !sameWay(p, q, last) {
				continue
			}
			tcp = tcp || q.sent.proto == route.TCP
			if q.sent.copied {
				continue // its probes are counted
			}
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
			w.Blocked, w.Ends, w.Next, w.Further, w.TCPToo = p.PathReport, last, next, routers, tcp
		}
	}
}

// privateAt says that nothing but private addresses answered a trace at a hop.
func privateAt(p *trace, number int) bool {
	return number > flow.LongestPath || !slices.ContainsFunc(p.at[number], func(r route.Router) bool { return r.Addr.IsValid() && !isLocal(r.Addr) })
}

// isLocal says that an address is one that networks use for themselves, each for other hosts.
func isLocal(a netip.Addr) bool { return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback() }

// findEarly says whether a TCP trace that is answered at a hop is answered too early: on the same way routers answer other probes at that hop or
// behind it, and two ways may differ by a hop.
func (w *Way) findEarly(p *trace) bool {
	at, behind := p.reached, 0
	for _, q := range w.traces {
		if q.sent.proto == route.TCP || !sameWay(p, q, at-1) {
			continue
		}
		server := q.router + 1
		if q.reached > server {
			server++ // one hop may be a router that answers nobody; more, probes that the server left unanswered
		}
		if q.router >= at {
			behind = max(behind, server)
		}
	}
	if behind-at < LeastEarly {
		return false
	}
	w.Early, w.Answers, w.Behind = p.PathReport, at, behind
	return true
}

// sameWay says that two traces took one way as far as a hop: the last router until there that answered both is the same. Ways from other hosts,
// and to other hosts of the same address, differ there. Private addresses are the same in many networks: they count only two in a row.
func sameWay(p, q *trace, until int) bool {
	same := 0
	for k := min(until, flow.LongestPath); k > 0; k-- {
		a, b := p.at[k], q.at[k]
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
