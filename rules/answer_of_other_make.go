package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "answer-of-other-make",
	Title: "Data in packets that this host does not build",
	Doc: "A kernel builds all packets of a connection alike: with timestamps if they were agreed upon, with or without DF. Data in a packet that lacks what all others have, and that differs in a second " +
		"way, was written by another program.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A load balancer of the server's operator answers some requests itself.",
	},
	Next:   "Follow the stream in Wireshark and read what this packet says; capture on the server and look whether it left it.",
	Refs:   []string{"RFC 7323, section 3.2", "Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  answerNeeds,
	OnFlow: answerOfOtherMake,
})

func answerOfOtherMake(pass *analyzer.Pass, f *flow.Flow) {
	packets, odd := oddAnswers(pass, f, oddDF|oddStamps)
	if len(packets) == 0 {
		return
	}
	p := packets[0]
	half := &f.Half[p.Side]
	var found *analyzer.Finding
	switch {
	case odd.any(oddStamps) && odd.any(oddDF):
		found = pass.Report(2, "frame %d, data in the name of %v, has neither the timestamps nor the DF that the other packets of that host have", p.Frame, half.Endpoint)
	case odd.any(oddStamps):
		found = pass.Report(1.5, "frame %d, data in the name of %v, is without the timestamps that the other packets of that host have", p.Frame, half.Endpoint)
	default:
		found = pass.Report(1.2, "frame %d, data in the name of %v, is without the DF that the other packets of that host have", p.Frame, half.Endpoint)
	}
	found.Explains(p)
	for _, q := range packets {
		if odd.any(oddDF) {
			found.Cite(q, analyzer.Forged, "ip.flags.df", 0, 1)
		} else {
			found.Cite(q, analyzer.Forged, "tcp.seq_raw", uint32(q.Seq), uint32(q.Seq))
		}
	}
	if like := lastBefore(f, indexOf(f, p), p.Side, func(q *flow.Packet) bool { return q.Marks.Has(flow.HasTimestamps) }); like != nil && odd.any(oddStamps) {
		found.Cite(like, analyzer.Baseline, "tcp.options.timestamp.tsval", like.TSval, like.TSval)
	}
}
