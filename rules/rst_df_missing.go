package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:     "rst-df-missing",
	Title:  "The reset may be fragmented, unlike all packets of that host",
	Doc:    "Hosts that discover the path's MTU set DF in all their packets, resets among them. Devices that build packets from nothing often leave it clear.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A stack that sends resets from another place than its data, without DF.",
		"A device on the way clears DF in small packets.",
	},
	Next:   "Look whether other resets of that host have DF.",
	Refs:   []string{"RFC 1191, section 3", "RFC 6864, section 4"},
	Needs:  flow.NeedRST,
	OnFlow: rstDFMissing,
})

// minDFSamples packets with DF, and none without, show a habit.
const minDFSamples = 3

func rstDFMissing(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || p.Marks.Any(flow.IPv6|flow.DontFragment|flow.Fragment) || p.Len > 0 {
			continue
		}
		half := &f.Half[p.Side]
		times, others := half.DF, half.NotDF
		if host := pass.Host(half); host != nil {
			times, others = max(times, host.DF), others+host.NotDF
		}
		if times < minDFSamples || others > 0 {
			pass.Skip("the sender does not always set DF, or sent too little")
			continue
		}
		pass.Report(1, "frame %d, a reset in the name of %v, has no DF, while all %d other packets of that host have it", p.Frame, half.Endpoint, times).
			Explains(p).Cite(p, analyzer.Forged, "ip.flags.df", 0, 1)
	}
}
