package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:     "dns-unanswered",
	Title:  "A DNS query that nobody answered",
	Doc:    "A resolver answers every query, if only to say that it failed. One that gets no answer was lost on the way, on the way back, or dropped by the resolver; one end cannot tell which.",
	Cause:  analyzer.UDPUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The resolver is down, overloaded, or limits how often it answers.",
		"The path lost the query or its answer.",
	},
	Next:   "Capture at the resolver at the same time, and look whether the query arrives there; ask for the name over TCP, and ask another resolver.",
	Refs:   []string{"RFC 1035, section 7.2", "RFC 8085, section 3.1.1"},
	Needs:  flow.NeedAnswer,
	Proto:  flow.UDP,
	OnFlow: dnsUnanswered,
})

func dnsUnanswered(pass *analyzer.Pass, f *flow.Flow) {
	if unseen(pass, &f.Half[flow.Server]) {
		pass.Skip("the capture shows only one direction")
		return
	}
	if refusedByICMP(f) {
		return // another rule speaks
	}
	if f.Omitted > 0 || f.Unheard > 0 {
		pass.Skip("the flow is too long to look at every packet")
		return
	}
	for i := range f.Packets {
		q := &f.Packets[i]
		m := f.Says(q)
		if m == nil || m.Talk != flow.DNSQuery || q.Side != flow.Client {
			continue
		}
		if answered(f, i, m) {
			continue
		}
		if pass.Capture.Member.To-q.Time < answerSpan {
			pass.Skip("the capture ends before an answer was due")
			return
		}
		pass.Report(1, "the query for %q in frame %d got no answer", nameOf(f, m.Name), q.Frame).
			Cite(q, analyzer.Trigger, "dns.id", hex(m.ID), hex(m.ID))
		return
	}
}

// answered says that an answer to a query follows, to it or to a repetition of it.
func answered(f *flow.Flow, i int, query *flow.Message) bool {
	return firstAfter(f, i, flow.Server, func(p *flow.Packet) bool {
		m := f.Says(p)
		return m != nil && m.Talk == flow.DNSAnswer && m.ID == query.ID && m.Name == query.Name
	}) != nil
}
