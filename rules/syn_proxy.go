package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "syn-proxy",
	Title: "Something in front of the server opened the connection for it",
	Doc: "Load balancers and protections against SYN floods answer the SYN themselves and hand the connection over to the server once the client has proved itself. The SYN/ACK then has another " +
		"TTL than all that follows. That is harmless, and a caution: the round trip of the handshake is the proxy's, and so may be a reset.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"The route changed between the SYN/ACK and the packet after it.",
		"The server's program sets a TTL of its own once it has the connection, as BGP speakers do.",
	},
	Next:   "Ask the server's operator what stands in front of it; look there for the reset as well.",
	Refs:   []string{"RFC 4987, section 3.6"},
	Needs:  flow.NeedTTL,
	OnFlow: synProxy,
})

func synProxy(pass *analyzer.Pass, f *flow.Flow) {
	server := &f.Half[flow.Server]
	usual, times := usualTTL(server)
	if server.TTL.Open == 0 || times < minTTLSamples || seenTTL(server, server.TTL.Open) || server.TTL.Distinct() > 1 {
		return
	}
	if server.SYNs > 1 || atHost(pass.Capture, f, flow.Server) {
		pass.Skip("several SYN/ACKs, or captured at the server itself")
		return
	}
	for _, p := range f.From(flow.Server) {
		if p.Flags.Has(flow.SYN | flow.ACK) {
			pass.Report(analyzer.Note, "the SYN/ACK in frame %d arrived with TTL %d, and all %d packets of %v after it with TTL %d: a proxy opened the connection, the route changed, or the program set a TTL of its own",
				p.Frame, p.TTL, times, server.Endpoint, usual).
				Cite(p, analyzer.Context, "ip.ttl", p.TTL, usual)
			return
		}
	}
}
