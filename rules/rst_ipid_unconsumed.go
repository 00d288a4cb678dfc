package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ipid-unconsumed",
	Title: "The host's counter went on as if the reset had never been sent",
	Doc: "The host numbers its packets one by one. The packets before and after the reset have neighbouring numbers, so the reset between them " +
		"took no number: it is not one of this socket's packets.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyIPID,
	Innocent: []string{
		"A load balancer in front of the host resets in its name and numbers its own packets.",
	},
	Next:   "Capture on the host that the reset claims to come from, and look whether it ever sent it.",
	Refs:   []string{"RFC 6864"},
	Needs:  flow.NeedRST,
	OnFlow: rstIPIDUnconsumed,
})

func rstIPIDUnconsumed(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !foreignID(p) { // one without a number takes none: rst-without-number weighs that
			continue
		}
		policy, ok := countingPolicy(pass, f, p)
		if !ok {
			continue
		}
		before := counterBefore(f, i)
		after := firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return ordinary(q) && q.IPID != 0 })
		if before == nil || after == nil {
			pass.Skip("no counted packet of the sender on both sides of the reset")
			continue
		}
		if uint32(step(policy, before.IPID, after.IPID)) != onWire(f, before) || step(policy, before.IPID, p.IPID) == uint16(onWire(f, before)) {
			continue
		}
		pass.Report(2, "frames %d and %d of %v are neighbours by their IP identification (%s, %s), so the reset in frame %d between them did not come from that socket",
			before.Frame, after.Frame, f.Half[p.Side].Endpoint, hex(before.IPID), hex(after.IPID), p.Frame).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.id", hex(p.IPID), hex(before.IPID+1)).
			Cite(before, analyzer.Baseline, "ip.id", hex(before.IPID), hex(before.IPID)).
			Cite(after, analyzer.Baseline, "ip.id", hex(after.IPID), hex(before.IPID+2))
	}
}
