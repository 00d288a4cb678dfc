package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "reset-with-text",
	Title: "The reset says in words why it was sent",
	Doc: "A reset may carry a text that explains it (RFC 9293). Hosts do not use that; F5 load balancers do when told to, and name the cause. One at the distance and the sequence number of the host's own packets is " +
		"the word of whoever speaks as the server there: a load balancer of its operator.",
	Cause:  analyzer.AppAbort,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A device further on the way took the server's distance and wrote the text.",
	},
	Next:   "Read the text in Wireshark (tcp.reset_cause, or the bytes of the packet), and ask the operator of the load balancer what it means.",
	Refs:   []string{"RFC 9293, section 3.5.3", "RFC 1122, section 4.2.2.12", "F5 K13223: configuring the BIG-IP system to log TCP RST packets"},
	Needs:  flow.NeedRST,
	OnFlow: resetWithText,
})

func resetWithText(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || p.Len == 0 {
			continue
		}
		if _, times := sentWith(&f.Half[p.Side]); times < minTTLSamples || !sameDistance(f, p) || p.Seq != highest(f, i, p.Side) {
			pass.Skip("not the distance and the next sequence number of the host")
			continue
		}
		found := pass.Report(1.2, "frame %d, a reset of %v, carries %d bytes that say why it was sent; it comes from that host's distance and stands at its next sequence number",
			p.Frame, f.Half[p.Side].Endpoint, p.Len).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "tcp.len", p.Len, 0).
			Cite(p, analyzer.Answer, "ip.ttl", p.TTL, openTTL(&f.Half[p.Side]))
		found.Cause = genuineCause(f, i)
	}
}
