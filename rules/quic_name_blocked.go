package rules

import (
	"slices"

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

// target is what is compared: one name at one address.
type target struct {
	server flow.Endpoint
	name   string
}

func quicNameBlocked(pass *analyzer.Pass, c *analyzer.Case) {
	if len(pass.Facts()) < leastCompared {
		return
	}
	if !c.Whole() {
		pass.Skip("not all connections are listed")
		return
	}
	silent := make(map[target]*span)
	for _, fact := range pass.Facts() {
		name, _ := c.Named(fact.Conn)
		at := target{fact.Conn.Server(), name}
		if silent[at] == nil {
			silent[at] = &span{}
		}
		silent[at].add(fact.Value.(flow.Packet).Time)
	}
	answered := make(map[target]int)
	others := make(map[flow.Endpoint][]int64) // when they began
	inBetween := make(map[target]bool)        // one of these began between two that failed
	for _, conn := range c.Flows {
		if name, seen := c.Named(conn); conn.Proto() == flow.UDP && name != "" && seen.Half[flow.Server].Packets > 0 {
			answered[target{conn.Server(), name}]++
			others[conn.Server()] = append(others[conn.Server()], seen.First)
		}
	}
	for at, s := range silent {
		inBetween[at] = slices.ContainsFunc(others[at.server], func(t int64) bool { return s.from < t && t < s.to })
	}
	for _, fact := range pass.Facts() {
		name, _ := c.Named(fact.Conn)
		at := target{fact.Conn.Server(), name}
		if silent[at].count < leastCompared || answered[at] > 0 || len(others[at.server]) < leastCompared {
			continue
		}
		if !inBetween[at] {
			pass.Skip("no other name worked between two that failed: the time may decide")
			continue
		}
		p := fact.Value.(flow.Packet)
		pass.ReportOn(fact.Conn, fact.Capture, 2.5, "none of %d QUIC connections to %v for %q got an answer, while %d for other names to the same address did",
			silent[at].count, at.server, name, len(others[at.server])).
			Cite(&p, analyzer.Trigger, "tls.handshake.extensions_server_name", name, "—")
	}
}

// span counts times and keeps the first and the last.
type span struct {
	count    int
	from, to int64
}

func (s *span) add(t int64) {
	if s.count == 0 {
		s.from, s.to = t, t
	}
	s.count, s.from, s.to = s.count+1, min(s.from, t), max(s.to, t)
}
