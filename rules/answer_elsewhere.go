package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// answerNeeds are the flows among which injected data is looked for: what the host sent itself comes too, and is sent in vain.
const answerNeeds = flow.NeedLoss | flow.NeedOverlap | flow.NeedRST | flow.NeedTTL | flow.NeedUnanswered

var _ = register(&analyzer.Rule{
	ID:    "answer-elsewhere",
	Title: "Data came from another distance than the host's other packets",
	Doc: "Packets of one host on one connection arrive with one TTL. Data that arrives with another, between packets that have the usual one, and that is built unlike them in a " +
		"second way, was sent by someone else.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A load balancer of the server's operator answers some requests itself.",
	},
	Next:   "Follow the stream in Wireshark and read what this packet says; capture on the server and look whether it left it.",
	Refs:   []string{"RFC 9293, section 3.4", "Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  answerNeeds,
	OnFlow: answerElsewhere,
})

func answerElsewhere(pass *analyzer.Pass, f *flow.Flow) {
	packets, _ := oddAnswers(pass, f, oddTTL)
	if len(packets) == 0 {
		return
	}
	p := packets[0]
	usual, times := sentWith(&f.Half[p.Side])
	weight := analyzer.Weight(1.2)
	if flow.InitialTTL(p.TTL) != flow.InitialTTL(usual) || abs(int(p.TTL)-int(usual)) > nearTTL {
		weight = 2
	}
	found := pass.Report(weight, "frame %d, data in the name of %v, arrived with TTL %d, while %d other packets of that host arrived with TTL %d, before and after it",
		p.Frame, f.Half[p.Side].Endpoint, p.TTL, times, usual).Explains(p)
	for _, q := range packets {
		found.Cite(q, analyzer.Forged, "ip.ttl", q.TTL, usual)
	}
}
