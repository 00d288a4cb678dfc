package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "udp-refused",
	Title: "An ICMP message refuses the datagrams",
	Doc: "A host answers a datagram to a port where nothing listens with an ICMP message \"port unreachable\" from its own address. The same message, or \"administratively prohibited\", from another address " +
		"was sent by a device that refuses in the host's stead. Datagrams of traceroute and mtr are left out: they are sent for such an answer.",
	Cause:  analyzer.PortClosed,
	Family: analyzer.FamilyICMP,
	Innocent: []string{
		"The host refuses by its own packet filter, which answers like a closed port.",
		"A device that refuses took the host's address.",
	},
	Next:   "Ask the operator of the address that sent the ICMP message, the source of that frame, whether something should listen there and whether a filter lets it through.",
	Refs:   []string{"RFC 792", "RFC 1122, section 4.1.3.1", "RFC 4443, section 3.1"},
	Needs:  flow.NeedICMP,
	Proto:  flow.UDP,
	OnFlow: udpRefused,
})

func udpRefused(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.IsTCP() || p.Side != flow.Client || !portUnreachable(p) && !prohibits(p) {
			continue
		}
		if s.Packets > 0 {
			pass.Skip("the server answered in spite of the message, or before it")
			return
		}
		if int(p.Len) >= len(f.Senders) {
			pass.Skip("the sender of the ICMP message was not kept")
			return
		}
		typ, code := p.ICMP()
		from := f.Senders[p.Len]
		switch {
		case from.IP == c.IP:
			pass.Skip("the sender's own packet filter refuses by ICMP")
		case from.IP == s.IP && portUnreachable(p):
			pass.Report(3, "frame %d is an ICMP message of %v itself (type %d, code %d: port unreachable): it has the datagrams of %v, and nothing listens on port %d",
				p.Frame, from.Addr(), typ, code, c.Endpoint, s.Port).
				Explains(p).Blames(flow.Server).
				Cite(p, analyzer.Answer, codeField(p), code, "—").
				Cite(p, analyzer.Answer, "ip.src", from.Addr(), s.Addr())
		case from.IP == s.IP:
			pass.Report(3, "frame %d is an ICMP message of %v itself (type %d, code %d: administratively prohibited): its own filter refuses the datagrams of %v",
				p.Frame, from.Addr(), typ, code, c.Endpoint).
				Explains(p).Blames(flow.Server).
				Cite(p, analyzer.Answer, codeField(p), code, "—").
				Cite(p, analyzer.Answer, "ip.src", from.Addr(), s.Addr()).
				Cause = analyzer.HostFirewall
		case prohibits(p):
			pass.Report(analyzer.Proof+0.5, "frame %d is an ICMP message from %v (type %d, code %d: administratively prohibited) that refuses the datagrams of %v",
				p.Frame, from.Addr(), typ, code, c.Endpoint).
				Explains(p).
				Cite(p, analyzer.Answer, codeField(p), code, "—").
				Cite(p, analyzer.Answer, "ip.src", from.Addr(), s.Addr()).
				Cause = analyzer.ICMPReject
		default:
			elsewhere(pass, f, p)
		}
		return
	}
}

// elsewhere reports a "port unreachable" that does not come from the address that the datagrams went to: a device that rejects, or the host
// behind a load balancer, which answers by its own name.
func elsewhere(pass *analyzer.Pass, f *flow.Flow, p *flow.Packet) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	from := f.Senders[p.Len]
	typ, code := p.ICMP()
	host := pass.Host(s)
	if farFromAll(host, p.TTL) && flow.Hops(p.TTL) < flow.Hops(host.TTL.Values[0]) {
		usual, times := host.TTL.Usual()
		pass.Report(analyzer.Proof, "frame %d is an ICMP message from %v (type %d, code %d: port unreachable) about the datagrams of %v; it arrived with TTL %d, while %d packets of %v arrived with TTL %d: a device before the host refuses",
			p.Frame, from.Addr(), typ, code, c.Endpoint, p.TTL, times, s.Addr(), usual).
			Explains(p).
			Cite(p, analyzer.Answer, "ip.src", from.Addr(), s.Addr()).
			Cite(p, analyzer.Answer, "ip.ttl", p.TTL, usual).
			Cause = analyzer.ICMPReject
		return
	}
	pass.Skip("the ICMP message comes from another address, which may be the host's own")
	pass.Report(1, "frame %d is an ICMP message from %v (type %d, code %d: port unreachable) about the datagrams of %v to %v: a device that refuses, or the host by another of its addresses",
		p.Frame, from.Addr(), typ, code, c.Endpoint, s.Endpoint).
		Cite(p, analyzer.Answer, codeField(p), code, "—").
		Cite(p, analyzer.Answer, "ip.src", from.Addr(), s.Addr()).
		Cause = analyzer.UDPUnanswered
}

// refusedByICMP says that a router or host refused the client's datagrams by ICMP, and nobody answered them.
func refusedByICMP(f *flow.Flow) bool {
	for i := range f.Packets {
		if p := &f.Packets[i]; !p.IsTCP() && p.Side == flow.Client && (portUnreachable(p) || prohibits(p)) {
			return f.Half[flow.Server].Packets == 0
		}
	}
	return false
}
