package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "icmp-reject",
	Title: "A router refuses the connection, and says so",
	Doc: "An ICMP message of type \"administratively prohibited\" that quotes the connection's packet was sent by the device that refused it; its source address names that device. \"Port unreachable\" " +
		"for TCP is what packet filters answer that are told to reject.",
	Cause:  analyzer.ICMPReject,
	Family: analyzer.FamilyICMP,
	Innocent: []string{
		"The device is the operator's own firewall, and refuses what it was told to refuse.",
	},
	Next:   "Ask the operator of the address that sent the ICMP message; it is the source of that frame.",
	Refs:   []string{"RFC 792", "RFC 1812, section 5.2.7.1", "RFC 4443, section 3.1"},
	Needs:  flow.NeedICMP,
	OnFlow: icmpReject,
})

func icmpReject(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.IsTCP() || !prohibits(p) && !portUnreachable(p) {
			continue
		}
		from, ok := refuser(pass, f, i)
		if !ok {
			continue
		}
		if from.IP == f.Half[p.Side.Other()].IP {
			pass.Skip("the addressed host itself refuses by ICMP")
			continue
		}
		if from.IP == f.Half[p.Side].IP {
			pass.Skip("the sender's own packet filter refuses by ICMP")
			continue
		}
		typ, code := p.ICMP()
		if p.Marks.Has(flow.Truncated) {
			pass.Skip("the snap length cut the packet that the message quotes")
			// Anybody who guesses the ports can send that much; but something went wrong.
			pass.Report(1, "frame %d is an ICMP message from %v (type %d, code %d) about a packet of %v, and cut too short to tell which",
				p.Frame, from.Addr(), typ, code, f.Half[p.Side].Endpoint).
				Cite(p, analyzer.Answer, codeField(p), code, "—").
				Cause = unansweredCause(f)
			return
		}
		var found *analyzer.Finding
		if prohibits(p) {
			found = pass.Report(analyzer.Proof+0.5, "frame %d is an ICMP message from %v (type %d, code %d: administratively prohibited) that refuses a packet of %v",
				p.Frame, from.Addr(), typ, code, f.Half[p.Side].Endpoint)
		} else {
			// A router knows no ports: a filter on it says so. But a server with several addresses may answer with another one.
			weight := analyzer.Weight(2)
			if nearer(pass.Host(&f.Half[p.Side.Other()]), p) {
				weight = analyzer.Proof
			}
			found = pass.Report(weight, "frame %d is an ICMP message from %v (type %d, code %d: port unreachable) that refuses a packet of %v; it is not the address that the packet went to, and routers know no ports",
				p.Frame, from.Addr(), typ, code, f.Half[p.Side].Endpoint)
		}
		found.Explains(p).
			Cite(p, analyzer.Answer, codeField(p), code, "—").
			Cite(p, analyzer.Answer, "ip.src", from.Addr(), f.Half[p.Side.Other()].Addr())
		return
	}
}
