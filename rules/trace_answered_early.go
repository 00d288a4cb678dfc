package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "trace-answered-early",
	Title: "The server's port refuses from before the server's hop",
	Doc: "The server answers probes that have a TTL large enough to come to it. Where TCP probes to a port are refused in its name with a smaller TTL than other probes need, what refuses stands nearer. " +
		"It sees what the hop before passes on, and refuses connections in the same way.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A load balancer or firewall before the server refuses in its name.",
		"TCP probes take a way that is shorter by some routers than that of the other probes.",
	},
	Next:   "Trace to the port that is refused and to one that works (traceroute -T -O info -p PORT): the refusal comes from the hop before the one at which it is printed.",
	Refs:   []string{"RFC 9293, section 3.10.7.1", "RFC 1812, section 5.3.1"},
	Needs:  flow.NeedRST,
	OnFlow: keepRefusedSYN,
	OnCase: traceAnsweredEarly,
})

// farEarlier is by how many hops the refusal must be early to be proof: ways to one host that differ by three routers are rare, and by fewer
// common where several lead there.
const farEarlier = 3

// keepRefusedSYN keeps the reset that answered a SYN at the client.
func keepRefusedSYN(pass *analyzer.Pass, f *flow.Flow) {
	if !f.Half[flow.Client].SeenSYN || f.Half[flow.Server].SeenSYN || f.FirstRSTFrame == 0 || f.FirstRSTSide != flow.Server {
		return
	}
	if pass.Capture.Member.Role == analyzer.AtServer {
		pass.Skip("captured at the server")
		return
	}
	syn := firstAfter(f, -1, flow.Client, func(p *flow.Packet) bool { return p.Flags.Any(flow.SYN) && p.TTL > flow.MaxProbeTTL })
	rst := firstAfter(f, -1, flow.Server, func(p *flow.Packet) bool { return p.Flags.Any(flow.RST) })
	if syn != nil && rst != nil && rst.Flags.Any(flow.ACK) && rst.Ack == syn.End() {
		pass.Keep(*rst)
	}
}

func traceAnsweredEarly(pass *analyzer.Pass, c *analyzer.Case) {
	for _, k := range pass.Facts() {
		w := c.WayTo(k.Conn)
		if w.Early == nil || w.Early.Outcome != route.Closed {
			pass.Skip("no TCP trace to that port is refused before the server's hop")
			continue
		}
		rst, port := k.Value.(flow.Packet), k.Conn.Server().Port
		weight := analyzer.Weight(1.5)
		if w.Behind-w.Answers >= farEarlier {
			weight = analyzer.Proof
		}
		found := pass.ReportOn(k.Conn, k.Capture, weight, "frame %d refuses port %d in the name of %v; the TCP trace to that port in %s is refused at hop %d, and the server answers other probes at hop %d",
			rst.Frame, port, k.Conn.Server().Addr(), w.Early.Where(), w.Answers, w.Behind).
			Explains(&rst).
			Cite(&rst, analyzer.Forged, "tcp.flags.reset", 1, 0)
		for i := range w.Early.Hops {
			if w.Early.Hops[i].Number == w.Answers {
				found.CiteRow(w.Early, i)
			}
		}
	}
}
