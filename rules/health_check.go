package rules

import (
	"net/netip"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "health-check",
	Title: "A load balancer asked whether the port is open",
	Doc: "Load balancers connect to each server behind them every few seconds, see that the port answers, and reset the connection at once, without a byte of data. They come from " +
		"addresses that the clouds keep for it. The reset is the check's usual end.",
	Cause:  analyzer.HealthCheck,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A client behind a carrier's address translation (100.64.0.0/10) that gave up at once.",
	},
	Next:   "Leave it out of the count of failures, and filter the checks' addresses out of the capture.",
	Refs:   []string{"RFC 6598", "Google Cloud: health check probe ranges 35.191.0.0/16 and 130.211.0.0/22", "Azure: 168.63.129.16"},
	Needs:  flow.NeedRST,
	OnFlow: healthCheck,
})

// checkers are the addresses that clouds keep for their load balancers' checks: Alibaba and others 100.64.0.0/10, link-local ones of
// several clouds, Google's two ranges, Azure's one address.
var checkers = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("130.211.0.0/22"),
	netip.MustParsePrefix("35.191.0.0/16"), netip.MustParsePrefix("168.63.129.16/32"),
}

// checkedWithin is how soon a check ends after it was let in, in round trips: at once, or with the next packet.
const checkedWithin = 3

func healthCheck(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if !c.SeenSYN || s.SYNs == 0 || c.Bytes > 0 || s.Bytes > 0 || !checks(c.Addr()) {
		return
	}
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || p.Side != flow.Client || p.Seq != highest(f, i, flow.Client) || !sameDistance(f, p) {
			continue
		}
		opened := lastBefore(f, i, flow.Server, func(q *flow.Packet) bool { return q.Flags.Has(flow.SYN | flow.ACK) })
		if opened == nil || p.Time-opened.Time > max(checkedWithin*f.ClientRTT, reorderGuard) {
			pass.Skip("the connection was held open before the reset")
			continue
		}
		pass.Report(1.2, "%v, of a range that clouds keep for health checks, was let in by frame %d and reset at once in frame %d, without data",
			c.Addr(), opened.Frame, p.Frame).
			Explains(p).Blames(flow.Client).
			Cite(opened, analyzer.Context, "ip.dst", c.Addr(), c.Addr()).
			Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), uint32(c.ISN.Add(1)))
	}
}

func checks(a netip.Addr) bool {
	for _, prefix := range checkers {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}
