package analyzer

import (
	"net/netip"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer/route"
)

// WayHop is what the path reports tell of one hop of a way.
type WayHop struct {
	Number     int          // counted from the client; the first router is 1
	Addrs      []netip.Addr // that answered; none if nothing did
	Name       string       // host name of a router; empty if no report says one
	AS         string       // "AS13335"; empty if no report says one
	Best       route.Known[time.Duration]
	Resolution time.Duration // step of the report that Best is from; a Best of 0 is less than it
	Loss       HopLoss
}

// HopLoss is how many probes of a hop were answered, in one report.
type HopLoss struct {
	Sent, Lost int // Sent is 0 where no report tells
}

// Hops gives the routers, each that is known to be there, without those behind the last that answered where the server's hop is not known;
// server is the server's own, with the number 0 if it did not answer.
func (w *Way) Hops() (routers []WayHop, server WayHop) {
	last := w.Target - 1
	if w.Target == 0 {
		for k := range w.hops {
			if len(w.hops[k].addrs) > 0 {
				last = k + 1
			}
		}
	}
	for k := 1; k <= last; k++ {
		h := WayHop{Number: k}
		if k <= len(w.hops) {
			h = w.hops[k-1].export(k)
		}
		routers = append(routers, h)
	}
	return routers, w.server.export(w.Target)
}

// Told says that a report about the way was read.
func (w *Way) Told() bool { return w.told }

func (h *wayHop) export(number int) WayHop {
	return WayHop{Number: number, Addrs: slices.Clone(h.addrs), Name: h.name, AS: h.as, Best: route.Known[time.Duration]{Value: h.best, OK: h.timed}, Resolution: h.step, Loss: h.loss}
}

// count takes the loss of the report with the most probes at a hop. A report to which the hop did not answer at all does not count: what it
// sent may have been refused or dropped before.
func (l *HopLoss) count(h *route.Hop) {
	if lost, sent, ok := h.Lost(); ok && lost < sent && (sent > l.Sent || sent == l.Sent && lost < l.Lost) {
		l.Sent, l.Lost = sent, lost
	}
}
