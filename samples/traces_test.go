package samples

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

// TestTracesAgree: mtr and traceroute ran while the capture did, so that the traceroute rebuilt from their probes must show the same routers, hop
// by hop.
func TestTracesAgree(t *testing.T) {
	all := tickets(t)
	if more := os.Getenv("CAPFORENSICS_TICKETS"); more != "" {
		found, err := filepath.Glob(filepath.Join(more, "*", "ticket.zip"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no tickets in %s: %v", more, err)
		}
		all = append(all, found...)
	}
	compared := 0
	for _, path := range all {
		c := analyze(t, path)
		for _, p := range c.Paths {
			if p.Tool == route.Capture || p.Target.Addr.IsValid() && !rebuilt(c, p) {
				continue // another run than the capture holds
			}
			compared++
			var why []string
			for _, q := range c.Paths {
				if q.Tool == route.Capture && (p.Proto == "" || p.Proto == q.Proto) && (p.Port == 0 || p.Port == q.Port) {
					d := disagree(p, q)
					if d == "" {
						why = nil
						break
					}
					why = append(why, d)
				}
			}
			if len(why) > 0 {
				t.Errorf("%s, %s: no traceroute of the capture agrees: %q", path, p.Where(), why)
			}
		}
	}
	if compared == 0 {
		t.Error("no ticket holds a path report and its probes")
	}
}

// rebuilt says that a capture holds a trace to the target of a report.
func rebuilt(c *analyzer.Case, p *analyzer.PathReport) bool {
	return slices.ContainsFunc(c.Paths, func(q *analyzer.PathReport) bool {
		return q.Tool == route.Capture && q.Target.Addr == p.Target.Addr && (p.Proto == "" || p.Proto == q.Proto)
	})
}

// disagree says in what a report and a rebuilt one differ: their length, or the routers of a hop. The capture may hold more answers than a
// tool has waited for.
func disagree(report, capture *analyzer.PathReport) string {
	if len(report.Hops) != len(capture.Hops) {
		return fmt.Sprintf("%d hops, %d in the capture", len(report.Hops), len(capture.Hops))
	}
	for i := range report.Hops {
		a, b := addressesOf(&report.Hops[i]), addressesOf(&capture.Hops[i])
		for _, x := range a {
			if !slices.Contains(b, x) {
				return fmt.Sprintf("hop %d: %v, in the capture %v", i+1, a, b)
			}
		}
		if len(a) == 0 && len(b) > 0 && !report.Hops[i].Answered() {
			return fmt.Sprintf("hop %d: nothing, in the capture %v", i+1, b)
		}
	}
	return ""
}

func addressesOf(h *route.Hop) []netip.Addr {
	var all []netip.Addr
	for _, r := range h.Routers {
		if r.Addr.IsValid() {
			all = append(all, r.Addr)
		}
	}
	return all
}
