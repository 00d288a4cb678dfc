package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "icmp-unreachable",
	Title: "A router says that it cannot reach the host",
	Doc: "\"Network unreachable\" means that a router knows no way, \"host unreachable\" that the last one got no answer on its link: the host is down, has another address, or its network is cut off. Both are accidents " +
		"as a rule, and seldom a decision.",
	Cause:  analyzer.SYNUnanswered,
	Family: analyzer.FamilyICMP,
	Innocent: []string{
		"The host is down or its address is wrong.",
		"A route is missing, or was withdrawn for a while.",
	},
	Next:   "Ask the operator of the address that sent the ICMP message; if it is the last router before the host, look whether the host is up and answers ARP (IPv6: neighbour solicitations).",
	Refs:   []string{"RFC 792", "RFC 1812, sections 4.3.3.1 and 5.2.7.1", "RFC 4443, section 3.1"},
	Needs:  flow.NeedICMP,
	OnFlow: icmpUnreachable,
})

func icmpUnreachable(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.IsTCP() || !unreachable(p) {
			continue
		}
		from, ok := refuser(pass, f, i)
		if !ok {
			continue
		}
		typ, code := p.ICMP()
		target := &f.Half[p.Side.Other()]
		var found *analyzer.Finding
		if host := pass.Host(target); host != nil && host.Last > p.Time && !p.Marks.Has(flow.Truncated) {
			found = pass.Report(2, "frame %d is an ICMP message from %v (type %d, code %d): it cannot reach %v, which sent packets on other connections afterwards, frame %d among them",
				p.Frame, from.Addr(), typ, code, target.Addr(), host.LastAt)
			found.Cause = analyzer.ICMPReject
			found.Cite(p, analyzer.Answer, codeField(p), code, "—").
				Cite(lastOf(host, p), analyzer.Baseline, "ip.src", target.Addr(), target.Addr())
		} else {
			found = pass.Report(1, "frame %d is an ICMP message from %v (type %d, code %d): it cannot reach %v", p.Frame, from.Addr(), typ, code, target.Addr()).
				Cite(p, analyzer.Answer, codeField(p), code, "—")
			if f.Half[flow.Client].Bytes > 0 || f.Half[flow.Server].Packets > 0 {
				found.Cause = analyzer.ConnectionLost
			}
		}
		found.Explains(p).Cite(p, analyzer.Answer, "ip.src", from.Addr(), from.Addr())
		return
	}
}
