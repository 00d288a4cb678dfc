package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "port-trace-ends",
	Title: "The TCP trace to this port ends on the way, others go on",
	Doc: "Routers count the TTL of a packet down before anything else, and say when it has run out, whatever is inside. Where probes to one port end behind a hop, and routers behind it answer other probes, " +
		"something there takes out what goes to that port. The server's own filter cannot: the probes do not come that far.",
	Cause:  analyzer.SYNDrop,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The routers behind that hop answer no TCP probes at all, or had answered as many as they allow.",
		"The filter is the server's own provider's: a security group or a firewall before the host.",
	},
	Next:   "Trace to the same port and to one that works, a hundred probes each (mtr -T -P PORT -c 100): where only the one ends, tell the operator of that hop.",
	Refs:   []string{"RFC 1812, section 5.3.1", "RFC 792"},
	Needs:  flow.NeedUnanswered,
	OnFlow: keepUnansweredSYN,
	OnCase: portTraceEnds,
})

// keepUnansweredSYN keeps the first SYN of a connection that nothing answered, as its client sent it.
func keepUnansweredSYN(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if c.SYNs == 0 || s.Packets > 0 || c.Bytes > 0 || f.ICMPErrors > 0 {
		return
	}
	if pass.Capture.Member.Role == analyzer.AtServer {
		pass.Skip("captured at the server: the SYN arrived")
		return
	}
	if c.SYNs == 1 && pass.Capture.Member.To-c.LastTime < answerWithin {
		pass.Skip("the capture ends before an answer was due")
		return
	}
	if f.OneWay() || unseen(pass, s) {
		pass.Skip("the capture shows only one direction")
		return
	}
	for _, p := range f.From(flow.Client) {
		if p.Flags.Any(flow.SYN) && p.TTL > flow.MaxProbeTTL {
			pass.Keep(*p)
			return
		}
	}
}

// oneProtocol is the weight where no TCP probe is known to be answered from behind the client's own router, as to another port or by a hop whose
// address is not private: many of those that translate let through what routers say of ICMP and UDP, and not what they say of TCP (RFC 5508 asks
// for it, and RFC 6888 of carriers). Then every TCP trace ends there, and a server that filters its port itself looks the same.
const oneProtocol = 1.5

func portTraceEnds(pass *analyzer.Pass, c *analyzer.Case) {
	_, groups := factsBy(pass.Facts(), func(k analyzer.Fact) flow.Endpoint { return k.Conn.Server() })
	for _, k := range pass.Facts() {
		w := c.WayTo(k.Conn)
		if w.Blocked == nil {
			pass.Skip("no TCP trace to that port ends where others go on")
			continue
		}
		weight := analyzer.Proof
		if !w.TCPToo {
			weight = oneProtocol
		}
		syn, port := k.Value.(flow.Packet), k.Conn.Server().Port
		found := pass.ReportOn(k.Conn, k.Capture, weight, "the SYN in frame %d to port %d got no answer, and the TCP trace to that port in %s ends behind hop %d, while %d routers behind it answer other probes (connections to this port without an answer: %d)",
			syn.Frame, port, w.Blocked.Where(), w.Ends, w.Further, len(groups[k.Conn.Server()])).
			Cite(&syn, analyzer.Trigger, "tcp.dstport", port, port)
		for i := range w.Blocked.Hops {
			if n := w.Blocked.Hops[i].Number; n == w.Ends || n == w.Next {
				found.CiteRow(w.Blocked, i)
			}
		}
	}
}
