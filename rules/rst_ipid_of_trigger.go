package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ipid-of-trigger",
	Title: "The reset repeats the IP identification of the packet that it answers",
	Doc: "A device that builds its reset from the packet it has just seen may leave the IP identification as it was. The two hosts number their packets " +
		"independently, so both having the same number at that moment is a chance of one in 65,536.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyIPID,
	Innocent: []string{
		"Chance: one reset in 65,536.",
		"The host's own network card or kernel answers by turning the packet round.",
	},
	Next:   "Look at further resets of the same kind: chance does not repeat.",
	Needs:  flow.NeedRST,
	OnFlow: rstIPIDOfTrigger,
})

func rstIPIDOfTrigger(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || p.Marks.Has(flow.IPv6) || p.IPID == 0 {
			continue
		}
		t := trigger(f, i)
		if t == nil || t.IPID != p.IPID {
			continue
		}
		if policy := f.Half[p.Side].IPID.Policy(); policy.Counts() && step(policy, f.Half[p.Side].IPID.Last, p.IPID) <= maxLostIDs {
			pass.Skip("the sender's own counter stands at the same number")
			continue
		}
		if c := f.Half[p.Side].IPID.Policy(); c == flow.IPIDConst || f.Half[t.Side].IPID.Policy() == flow.IPIDConst {
			pass.Skip("a side uses one constant identification")
			continue
		}
		pass.Report(2.5, "frame %d, a reset in the name of %v, has the IP identification %s of frame %d, which the other side sent",
			p.Frame, f.Half[p.Side].Endpoint, hex(p.IPID), t.Frame).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.id", hex(p.IPID), "≠ "+hex(t.IPID)).
			Cite(t, analyzer.Trigger, "ip.id", hex(t.IPID), hex(t.IPID))
	}
}
