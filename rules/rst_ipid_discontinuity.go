package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ipid-discontinuity",
	Title: "The reset's IP identification does not fit the host's counter",
	Doc: "Most kernels number the packets of a connection one by one in the IP identification field. A reset from the same socket takes the next " +
		"number. One whose number is far away was not numbered by that socket.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyIPID,
	Innocent: []string{
		"The reset was sent by the host's kernel outside the socket, with fields that look like a socket's.",
		"The host sits behind a load balancer that numbers its own packets.",
	},
	Next:   "Capture on the host that the reset claims to come from, and look for this identification there.",
	Refs:   []string{"RFC 6864", "Bellovin: A Technique for Counting NATted Hosts, IMW 2002"},
	Needs:  flow.NeedRST,
	OnFlow: rstIPIDDiscontinuity,
})

// maxLostIDs is how many identifications may be missing between two packets of one connection before the reset: what was in
// flight and lost before the capture point. A window of 64 KiB is 45 packets; twice that covers a burst with loss.
const maxLostIDs = 90

func rstIPIDDiscontinuity(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !foreignID(p) {
			continue
		}
		policy, ok := countingPolicy(pass, f, p)
		if !ok {
			continue
		}
		before := counterBefore(f, i)
		if before == nil {
			pass.Skip("no counted packet of the sender before the reset")
			continue
		}
		ahead := step(policy, before.IPID, p.IPID)
		if ahead >= 1 && ahead <= maxLostIDs || -ahead <= maxLostIDs {
			continue
		}
		pass.Report(0.8, "frame %d, a reset in the name of %v, has IP identification %s, while that host counts its packets one by one and was at %s in frame %d",
			p.Frame, f.Half[p.Side].Endpoint, hex(p.IPID), hex(before.IPID), before.Frame).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.id", hex(p.IPID), hex(before.IPID+1)).
			Cite(before, analyzer.Baseline, "ip.id", hex(before.IPID), hex(before.IPID))
	}
}
