package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "quic-name-blocked",
	Title: "QUIC works to that address, but not for that name",
	Doc: "The name that a QUIC client asks for can be read on the way. Where connections to one address are answered for other names, and never for this one, the host is up, speaks QUIC and is reached: the name " +
		"decides. That a device decides by it is likely; a server may also ignore names that it does not know.",
	Cause:  analyzer.UDPBlock,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The server ignores names that it does not serve, instead of refusing them as it should.",
	},
	Next:   "Ask the same address for this name from another network, and this network for the name at another address: only where the network decides does the first work and the second not.",
	Refs:   []string{"RFC 9001, section 5.2", "gfw.report: Exposing and Circumventing SNI-based QUIC Censorship of the Great Firewall of China, USENIX Security 2025"},
	Needs:  flow.NeedAnswer,
	Proto:  flow.UDP,
	OnFlow: keepSilentQUIC,
	OnCase: quicNameBlocked,
})

// minNamed connections on either side of the comparison are no chance.
const minNamed = 2

// keepSilentQUIC keeps the first packet of connections whose client named a server and got nothing.
func keepSilentQUIC(pass *analyzer.Pass, f *flow.Flow) {
	if f.Named.Name == 0 || f.Half[flow.Server].Packets > 0 || f.Half[flow.Client].DataPackets < 2 || !saysQUIC(f) || refusedByICMP(f) {
		return
	}
	for i := range f.Packets {
		if f.Packets[i].Frame == f.Named.Frame {
			pass.Keep(f.Packets[i])
			return
		}
	}
}

func quicNameBlocked(pass *analyzer.Pass, c *analyzer.Case) {
	type target struct {
		server flow.Endpoint
		name   string
	}
	silent, answered, others := make(map[target]int), make(map[target]int), make(map[flow.Endpoint]int)
	for _, fact := range pass.Facts() {
		name, _ := c.Named(fact.Conn)
		silent[target{fact.Conn.Server(), name}]++
	}
	if len(silent) == 0 {
		return
	}
	for _, conn := range c.Flows {
		name, _ := c.Named(conn)
		if conn.Proto() == flow.UDP && conn.Seen[0].Half[flow.Server].Packets > 0 && name != "" {
			answered[target{conn.Server(), name}]++
			others[conn.Server()]++
		}
	}
	for _, fact := range pass.Facts() {
		name, _ := c.Named(fact.Conn)
		at := target{fact.Conn.Server(), name}
		p := fact.Value.(flow.Packet)
		if answered[at] > 0 || silent[at] < minNamed || others[at.server] < minNamed {
			continue
		}
		pass.ReportOn(fact.Conn, fact.Capture, 2.5, "none of %d QUIC connections to %v for %q got an answer, while %d for other names to the same address did",
			silent[at], at.server, name, others[at.server]).
			Cite(&p, analyzer.Trigger, "tls.handshake.extensions_server_name", name, "—")
	}
}
