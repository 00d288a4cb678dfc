package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "genuine-left-other-end",
	Title: "The host's own capture shows this reset leaving",
	Doc:   "With captures of both hosts, a reset that arrives at one end and stands in the other end's capture was sent by that host, and nothing in between made it.",
	Cause: analyzer.AppAbort, Family: analyzer.FamilyPeer,
	Innocent: []string{
		"A filter or agent on that host sent it in the kernel's name.",
	},
	Next:   "Look at the application and the kernel's counters on that host at the time of the reset.",
	Needs:  flow.NeedRST,
	OnPair: genuineLeftOtherEnd,
})

func genuineLeftOtherEnd(pass *analyzer.Pass, a, b *flow.Flow) {
	eachReset(pass, a, b, func(o oriented, i int) {
		k, q := o.sent(i)
		if q == nil || !first(o.peer, k) || !first(o.f, i) {
			return
		}
		p := &o.f.Packets[i]
		found := pass.Report(5, "frame %d, a reset of %v, left that host: it is frame %d of its own capture", p.Frame, o.f.Half[p.Side].Endpoint, q.Frame).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), uint32(p.Seq)).
			CiteIn(o.at, q, analyzer.Answer, "ip.ttl", q.TTL, flow.InitialTTL(q.TTL))
		found.Cause = genuineCause(o.peer, k)
	})
}
