package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:     "rst-reserved-flags",
	Title:  "The reset has flags that no kernel sets",
	Doc:    "The reserved bits of the TCP header are 0 in what hosts send, and a reset has no use for SYN, URG or the bits of congestion notification. Devices leave them as they found them.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A damaged packet, or a device on the way that marks packets.",
	},
	Next:   "Look whether other packets of the host have these bits.",
	Refs:   []string{"RFC 9293, section 3.1", "RFC 3168, section 6.1"},
	Needs:  flow.NeedRST,
	OnFlow: rstReservedFlags,
})

func rstReservedFlags(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		odd := p.Flags & (flow.Reserved | flow.SYN | flow.URG | flow.ECE | flow.CWR)
		if !isReset(pass, p) || odd == 0 {
			continue
		}
		if lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return ordinary(q) && q.Flags.Any(odd&^flow.SYN) }) != nil {
			pass.Skip("other packets of the host have these flags too")
			continue
		}
		pass.Report(2, "frame %d, a reset in the name of %v, has the flags %v beside RST", p.Frame, f.Half[p.Side].Endpoint, odd).
			Explains(p).Cite(p, analyzer.Forged, "tcp.flags", p.Flags, p.Flags&^odd)
	}
}
