package probe

import (
	"math"
	"net/netip"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// trace is what the probes of one source to one destination met, by TTL.
type trace struct {
	key      traceKey
	start    int64
	exceeded bool // a router on the way has answered
	hops     [flow.MaxProbeTTL + 1]hop
}

type hop struct {
	sent, received int
	refused        int // answers of a router that refuses
	routers        []netip.Addr
	flags          []string
	ttl            uint8  // of the first answer as it arrived
	frame          uint32 // of the first answer
	target         bool

	n                                  float64 // times, nanoseconds
	last, least, most, sum, sumSquares float64
}

func (h *hop) add(ns int64) {
	d := float64(ns)
	if h.n == 0 || d < h.least {
		h.least = d
	}
	h.n, h.last, h.most, h.sum, h.sumSquares = h.n+1, d, max(h.most, d), h.sum+d, h.sumSquares+d*d
}

// report writes the trace as a tool would: up to the first hop at which the target answered or a router refused, or the last that was tried.
func (t *trace) report() *route.Report {
	r := &route.Report{Tool: route.Capture, Format: "packets", Source: netip.AddrFrom16(t.key.src).Unmap().String(),
		Target: route.Target{Addr: netip.AddrFrom16(t.key.dst).Unmap(), From: route.FromReport},
		Proto:  protocol(t.key.proto), Port: t.key.port, Start: time.Unix(0, t.start).UTC(), Zone: route.ZoneGiven, Reached: known(false), Outcome: route.Silent, Resolution: 1}
	for ttl := 1; ttl <= flow.MaxProbeTTL; ttl++ {
		h := &t.hops[ttl]
		if h.sent == 0 && !t.goesOn(ttl) {
			break
		}
		r.Hops = append(r.Hops, h.row(ttl))
		if h.target {
			r.Reached, r.Outcome = known(true), outcome(h)
			break
		}
		if h.refused > 0 {
			r.Outcome = outcome(h)
			if h.refused == h.received {
				break
			}
		}
	}
	return r
}

func (t *trace) goesOn(after int) bool {
	for ttl := after; ttl <= flow.MaxProbeTTL; ttl++ {
		if t.hops[ttl].sent > 0 {
			return true
		}
	}
	return false
}

func outcome(h *hop) route.Outcome {
	switch {
	case contains(h.flags, "<syn,ack>"):
		return route.Open
	case contains(h.flags, "<rst,ack>"):
		return route.Closed
	case len(h.flags) == 0 || h.target && h.refused > 0: // the refusals are a router's, and the target answered beside them
		return route.Answered
	case contains(h.flags, "!X"):
		return route.Prohibited
	}
	return route.Unreachable
}

func (h *hop) row(ttl int) route.Hop {
	row := route.Hop{Number: ttl, Frame: h.frame, Sent: known(h.sent), Received: known(h.received), Flags: h.flags}
	for _, a := range h.routers {
		row.Routers = append(row.Routers, route.Router{Addr: a})
	}
	if h.sent > 0 {
		row.Loss = known(100 * float64(h.sent-h.received) / float64(h.sent))
	}
	if h.received > 0 {
		row.TTL = known(h.ttl)
	}
	if h.n > 0 {
		mean := h.sum / h.n
		row.Last, row.Best, row.Avg, row.Worst = duration(h.last), duration(h.least), duration(mean), duration(h.most)
		row.StDev = duration(math.Sqrt(max(0, h.sumSquares/h.n-mean*mean)))
	}
	return row
}
