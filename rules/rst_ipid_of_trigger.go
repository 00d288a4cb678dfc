package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ipid-of-trigger",
	Title: "The reset repeats the IP identification of the packet that it answers",
	Doc: "A device that builds its reset from the packet it has just seen may leave the IP identification as it was, turn its bytes round or add one. The two hosts number their packets " +
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
		if t == nil || related(t, p) == unrelated {
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
		var found *analyzer.Finding
		switch related(t, p) {
		case same:
			found = pass.Report(2.5, "frame %d, a reset in the name of %v, has the IP identification %s of frame %d, which the other side sent",
				p.Frame, f.Half[p.Side].Endpoint, hex(p.IPID), t.Frame)
		case swapped:
			found = pass.Report(2, "frame %d, a reset in the name of %v, has the IP identification %s, that of frame %d, which the other side sent, with its bytes swapped",
				p.Frame, f.Half[p.Side].Endpoint, hex(p.IPID), t.Frame)
		default:
			if k := oneMore(f, p.Side); k != nil {
				pass.Skip("other packets of the sender follow the other side's numbers too: one device numbers both directions")
				continue
			}
			found = pass.Report(1.2, "frame %d, a reset in the name of %v, has the IP identification %s, one more than that of frame %d, which the other side sent",
				p.Frame, f.Half[p.Side].Endpoint, hex(p.IPID), t.Frame)
		}
		found.Explains(p).
			Cite(p, analyzer.Forged, "ip.id", hex(p.IPID), "≠ "+hex(p.IPID)).
			Cite(t, analyzer.Trigger, "ip.id", hex(t.IPID), hex(t.IPID))
	}
}

// relation is how the identification of an answer may come from that of the packet it answers.
type relation uint8

const (
	unrelated relation = iota
	same
	swapped
	next
)

func related(t, p *flow.Packet) relation {
	switch {
	case t.IPID == p.IPID:
		return same
	case t.IPID == p.IPID<<8|p.IPID>>8:
		return swapped
	case t.IPID != 0 && p.IPID == t.IPID+1:
		return next
	}
	return unrelated
}

// oneMore gives a packet of a side, no reset, whose identification is one more than that of the other side's packet before it, or nil.
func oneMore(f *flow.Flow, side flow.Side) *flow.Packet {
	var last *flow.Packet
	for i := range f.Packets {
		switch p := &f.Packets[i]; {
		case !p.IsTCP() || p.Flags.Any(flow.RST):
		case p.Side != side:
			last = p
		case last != nil && p.IPID != 0 && p.IPID == last.IPID+1:
			return p
		}
	}
	return nil
}
