package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "host-reject",
	Title: "A host's own packet filter refuses, by ICMP",
	Doc: "A kernel refuses a TCP connection with a reset. One that answers with an ICMP error - port unreachable, administratively prohibited - has a packet filter with a rule to reject (iptables and nftables do " +
		"so unless told otherwise). If the error comes from the very host that was addressed, or from the client itself, the rule is there.",
	Cause:  analyzer.HostFirewall,
	Family: analyzer.FamilyICMP,
	Innocent: []string{
		"The address belongs to a gateway or load balancer that stands for the host, and its filter refuses.",
	},
	Next:   "On that host, look through its packet filter for rules that reject (iptables -S, nft list ruleset, the security software's log).",
	Refs:   []string{"RFC 1122, section 3.2.2.1", "RFC 1812, section 5.2.7.1", "RFC 4443, section 3.1"},
	Needs:  flow.NeedICMP,
	OnFlow: hostReject,
})

func hostReject(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.IsTCP() || !prohibits(p) && !portUnreachable(p) {
			continue
		}
		from, ok := refuser(pass, f, i)
		if !ok {
			continue
		}
		if p.Marks.Has(flow.Truncated) {
			pass.Skip("the snap length cut the packet that the message quotes") // anybody who guesses the ports can send that much
			continue
		}
		blame := p.Side.Other()
		switch from.IP {
		case f.Half[p.Side].IP:
			blame = p.Side
		case f.Half[blame].IP:
		default:
			pass.Skip("the ICMP message is from neither end")
			continue
		}
		if host := pass.Host(&f.Half[blame]); host != nil && host.TTL.Total() > 0 && !sameHops(host, p.TTL) {
			pass.Skip("the ICMP message came from another distance than the host's packets")
			continue
		}
		typ, code := p.ICMP()
		pass.Report(2, "frame %d is an ICMP message from %v itself (type %d, code %d) that refuses a packet of %v: a packet filter on that host rejects it",
			p.Frame, from.Addr(), typ, code, f.Half[p.Side].Endpoint).
			Explains(p).Blames(blame).
			Cite(p, analyzer.Answer, codeField(p), code, "—").
			Cite(p, analyzer.Answer, "ip.src", from.Addr(), from.Addr())
		return
	}
}

// sameHops says that a host sent packets that came as far as one with this TTL, whatever TTL they started from: ICMP errors often have
// another than TCP.
func sameHops(host *flow.Host, ttl uint8) bool {
	for k, v := range host.TTL.Values {
		if host.TTL.Counts[k] > 0 && flow.Hops(v) == flow.Hops(ttl) {
			return true
		}
	}
	return false
}
