package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:     "rst-consequence",
	Title:  "Later resets only answer the first",
	Doc:    "Once a reset has ended a connection at one end, that end answers whatever still arrives with genuine resets. They say nothing of who began.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The later reset was sent for a reason of its own.",
	},
	Next:   "Judge the first reset.",
	Refs:   []string{"RFC 9293, section 3.10.7.1"},
	Needs:  flow.NeedRST,
	OnFlow: rstConsequence,
})

func rstConsequence(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !passive(p) {
			continue
		}
		before := earlierReset(f, i)
		if before == nil || before.Side == p.Side {
			continue
		}
		usual, _ := usualTTL(&f.Half[p.Side])
		if flow.Hops(p.TTL) != flow.Hops(usual) {
			continue
		}
		pass.Report(analyzer.Note, "frame %d, a reset of %v, only answers a packet that came after the reset in frame %d",
			p.Frame, f.Half[p.Side].Endpoint, before.Frame).
			Explains(p).Cite(p, analyzer.Context, "tcp.seq_raw", uint32(p.Seq), uint32(p.Seq))
		return // one sentence is enough
	}
}
