package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "seq-randomised",
	Title: "Sequence numbers are rewritten on the way",
	Doc: "Some firewalls give connections other initial sequence numbers, from a time when hosts' own were easily guessed. It is harmless, unless the device forgets to rewrite the numbers in SACK options too: then lost packets are " +
		"repaired slowly.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A proxy or SYN proxy on the way ends the connection and opens another.",
	},
	Next:   "If loss is repaired slowly, have the randomisation switched off; compare relative numbers, not absolute ones, in the two captures.",
	Refs:   []string{"RFC 6528"},
	OnCase: seqRandomised,
})

func seqRandomised(pass *analyzer.Pass, c *analyzer.Case) {
	all := collect(c, func(sent, arrived *flow.Half) (was, is string, ok bool) {
		if !sent.SeenSYN || !arrived.SeenSYN || len(ownSYNACK(sent, arrived)) > 0 {
			return "", "", false
		}
		if sent.ISN != arrived.ISN {
			return "", "rewritten", true
		}
		return "", "", true
	})
	for _, k := range all.order {
		sent, arrived := all.frames(k)
		t := all.first[k]
		was, is := t.a.Half[k.side].ISN, t.b.Half[k.side].ISN
		if k.side == flow.Server {
			was, is = is, was
		}
		pass.Report(analyzer.Note, "in %d of %d connections the %s's initial sequence number left as one number and arrived as another, as in frame %d of %s and frame %d of %s", all.count[k], all.of(k), k.side, sent.Frame, c.Captures[k.from].Name(), arrived.Frame, c.Captures[k.to].Name()).
			CiteIn(c.Captures[k.from], sent, analyzer.Baseline, "tcp.seq_raw", uint32(was), uint32(was)).
			CiteIn(c.Captures[k.to], arrived, analyzer.Context, "tcp.seq_raw", uint32(is), uint32(was))
	}
}
