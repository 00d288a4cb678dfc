package rules

import (
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "syn-proxy",
	Title: "Something in front of the server opened the connection for it",
	Doc: "Load balancers and protections against SYN floods answer the SYN themselves and hand the connection over to the server once the client has proved itself. The SYN/ACK then has another " +
		"TTL than all that follows, and is not the one in the server's own capture. That is harmless, and a caution: the round trip of the handshake is the proxy's, and so may be a reset.",
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
	OnCase: synProxied,
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

// synProxied compares the SYN/ACK that arrived with the one that the server sent.
func synProxied(pass *analyzer.Pass, c *analyzer.Case) {
	all := collect(c, func(sent, arrived *flow.Half) (was, is string, ok bool) {
		if !sent.SeenSYN || !arrived.SeenSYN {
			return "", "", false
		}
		return "", strings.Join(ownSYNACK(sent, arrived), ", "), true
	})
	for _, k := range all.order {
		if k.side != flow.Server {
			continue
		}
		sent, arrived := all.frames(k)
		t := all.first[k]
		pass.Report(analyzer.Note, "in %d of %d connections the SYN/ACK that arrived is not the one that the server sent: it has another sequence number, and differs in what nothing rewrites (%s); as in frame %d of %s and frame %d of %s",
			all.count[k], all.of(k), k.is, sent.Frame, c.Captures[k.from].Name(), arrived.Frame, c.Captures[k.to].Name()).
			CiteIn(c.Captures[k.from], sent, analyzer.Baseline, "tcp.seq_raw", uint32(t.b.Half[k.side].ISN), uint32(t.b.Half[k.side].ISN)).
			CiteIn(c.Captures[k.to], arrived, analyzer.Context, "tcp.seq_raw", uint32(t.a.Half[k.side].ISN), uint32(t.b.Half[k.side].ISN))
	}
}

// ownSYNACK names the fields, as Wireshark does, by which the SYN/ACK that arrived is another than the one that was sent: a firewall that rewrites its
// sequence number alone changes none of them, and takes options away but adds none. Empty unless the number differs.
func ownSYNACK(sent, arrived *flow.Half) (fields []string) {
	if sent.ISN == arrived.ISN || sent.SYNTSval == arrived.SYNTSval && sent.SYNTSval != 0 || sent.SYNIPID == arrived.SYNIPID && sent.SYNIPID != 0 {
		return nil
	}
	for _, f := range []struct {
		name string
		is   bool
	}{
		{"tcp.window_size_value", sent.SYNWindow != arrived.SYNWindow},
		{"tcp.options.mss_val", arrived.MSS > sent.MSS},
		{"tcp.options.wscale.shift", arrived.WScale >= 0 && arrived.WScale != sent.WScale},
		{"tcp.options.sack_perm", arrived.SACKPermitted && !sent.SACKPermitted},
		{"tcp.options.timestamp.tsval", arrived.TimestampsOffered && arrived.SYNTSval != sent.SYNTSval},
	} {
		if f.is {
			fields = append(fields, f.name)
		}
	}
	return fields
}
