package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "tcp-proxy",
	Title: "A proxy relays the connection",
	Doc: "Each of two captures holds a connection, with addresses, ports and sequence numbers of its own, on which the same is said: a proxy, a load balancer or an inspecting firewall ends the client's connection and opens another to the server. " +
		"That is harmless, and a caution: a reset, a round trip or a window that the client sees is the proxy's, and a packet of the one connection is never one of the other.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"It is how web services are commonly built: a reverse proxy or a content delivery network in front of the servers.",
		"A firewall on the way rewrites the sequence numbers of both sides.",
	},
	Next:   "Ask the operator of the proxy for its log and its timeouts; judge each of the two connections by itself.",
	Refs:   []string{"RFC 3234, section 2.4"},
	OnCase: tcpProxy,
})

// relayed is what proxied connections have in common that one sentence tells.
type relayed struct {
	from, to       int // captures
	server, onward flow.Endpoint
}

func tcpProxy(pass *analyzer.Pass, c *analyzer.Case) {
	count, first := make(map[relayed]int), make(map[relayed]*analyzer.Relay)
	var order []relayed
	for i := range c.Relays {
		r := &c.Relays[i]
		x, y := &r.Client.Seen[r.ClientSeen], &r.Server.Seen[r.ServerSeen]
		k := relayed{x.Capture, y.Capture, x.Half[flow.Server].Endpoint, y.Half[flow.Server].Endpoint}
		if count[k]++; count[k] == 1 {
			order, first[k] = append(order, k), r
		}
	}
	for _, k := range order {
		r := first[k]
		x, y := &r.Client.Seen[r.ClientSeen], &r.Server.Seen[r.ServerSeen]
		from, to := c.Captures[k.from], c.Captures[k.to]
		pass.Report(analyzer.Note, "what %d connections to %v in %s say, others to %v in %s say too, with sequence numbers of their own: a proxy relays them, as the one that begins in frame %d of the former and in frame %d of the latter. These two have in common: %s",
			count[k], k.server, from.Name(), k.onward, to.Name(), x.FirstFrame, y.FirstFrame, r.Common()).
			CiteIn(from, firstOf(&x.Half[flow.Client]), analyzer.Baseline, "tcp.seq_raw", uint32(x.Half[flow.Client].ISN), uint32(x.Half[flow.Client].ISN)).
			CiteIn(to, firstOf(&y.Half[flow.Client]), analyzer.Context, "tcp.seq_raw", uint32(y.Half[flow.Client].ISN), uint32(x.Half[flow.Client].ISN))
	}
}
