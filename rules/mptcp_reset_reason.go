package rules

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "mptcp-reset-reason",
	Title: "The reset says by a code why it was sent",
	Doc: "Hosts that speak MPTCP may say in a reset why they send it (option MP_TCPRST). One at the distance of the host's own packets is the host's word. Code 6 says that the host itself found that something on the " +
		"way meddles with MPTCP: it then ends this part of the connection, and what it found is not in the reset.",
	Cause:  analyzer.AppAbort,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A device that took the host's distance copied the option from an earlier reset.",
	},
	Next:   "Look at the host's MPTCP counters (nstat -a | grep -i mptcp) and its log. With code 6, capture the SYNs at both ends and compare their options.",
	Refs:   []string{"RFC 8684, section 3.6"},
	Needs:  flow.NeedRST,
	OnFlow: mptcpResetReason,
})

// middleboxInterference is the reason code by which a host says that something on the way meddles: RFC 8684, section 3.6.
const middleboxInterference = 6

// reasonNames are the reason codes of RFC 8684, section 3.6.
var reasonNames = [...]string{"unspecified error", "MPTCP-specific error", "lack of resources", "administratively prohibited", "too much outstanding data",
	"unacceptable performance", "middlebox interference"}

func mptcpResetReason(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		reason, ok := p.ResetReason()
		if !ok || !isReset(pass, p) || !first(f, i) {
			continue
		}
		name := sprint(reason)
		if int(reason) < len(reasonNames) {
			name = reasonNames[reason]
		}
		if _, times := sentWith(&f.Half[p.Side]); times < minTTLSamples || !sameDistance(f, p) {
			pass.Skip("not the distance of the host's other packets")
			continue
		}
		if reason == middleboxInterference {
			pass.Report(analyzer.Note, "frame %d, a reset of %v, gives code %d (%s) as its reason: the host says that something on the way meddles with MPTCP; what it saw is not in this packet",
				p.Frame, f.Half[p.Side].Endpoint, reason, name).
				Explains(p).
				Cite(p, analyzer.Answer, "tcp.options.mptcp.rst_reason", fmt.Sprintf("0x%02x", reason), "—")
			continue
		}
		found := pass.Report(1.2, "frame %d, a reset of %v, gives code %d (%s) as its reason; it comes from that host's distance", p.Frame, f.Half[p.Side].Endpoint, reason, name).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "tcp.options.mptcp.rst_reason", fmt.Sprintf("0x%02x", reason), "—").
			Cite(p, analyzer.Answer, "ip.ttl", p.TTL, openTTL(&f.Half[p.Side]))
		found.Cause = genuineCause(f, i)
	}
}
