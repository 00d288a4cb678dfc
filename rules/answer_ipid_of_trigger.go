package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "answer-ipid-of-trigger",
	Title: "Data repeats the IP identification of the packet that it answers",
	Doc: "Devices that forge an answer often take the request's own IP header and turn the addresses round. The answer then has the request's identification, which a host hits by chance once in 65536 packets, and " +
		"differs from the host's packets in a second way.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilyIPID,
	Innocent: []string{
		"A proxy within the server's kernel reuses the packet, as some protections against SYN floods do.",
	},
	Next:   "Compare further answers of the same kind: a device repeats its habit.",
	Refs:   []string{"Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  answerNeeds,
	OnFlow: answerIPIDOfTrigger,
})

func answerIPIDOfTrigger(pass *analyzer.Pass, f *flow.Flow) {
	packets, _ := oddAnswers(pass, f, oddID)
	if len(packets) == 0 {
		return
	}
	p := packets[0]
	t := trigger(f, indexOf(f, p))
	pass.Report(2, "frame %d, data in the name of %v, has the IP identification %s of frame %d, which the other side sent",
		p.Frame, f.Half[p.Side].Endpoint, hex(p.IPID), t.Frame).
		Explains(p).
		Cite(p, analyzer.Forged, "ip.id", hex(p.IPID), "≠ "+hex(t.IPID)).
		Cite(t, analyzer.Trigger, "ip.id", hex(t.IPID), hex(t.IPID))
}
