package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-in-place",
	Title: "The host's own packets arrive as resets",
	Doc: "A socket is reset once, and then it is gone. A run of resets that carry the socket's TTL, its live window and one identification after the other are packets of a " +
		"living socket: something on the way took their payload and turned them into resets.",
	Cause:  analyzer.ResetRewrite,
	Family: analyzer.FamilyIPID,
	Innocent: []string{
		"A load balancer that resets again and again, with a window, and numbers its packets one by one.",
	},
	Next:   "Capture on the host that the resets claim to come from: it will show data with these very identifications.",
	Refs:   []string{"RFC 9293, section 3.10.4"},
	Needs:  flow.NeedRST,
	OnFlow: rstInPlace,
})

// leastRun resets make a run: two may be a reset and its retransmission by a device, three in a row count.
const leastRun = 3

func rstInPlace(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		var run []*flow.Packet
		for _, p := range f.From(side) {
			switch {
			case !isReset(pass, p) || p.Marks.Has(flow.Duplicate):
				continue
			case p.Marks.Has(flow.IPv6) || !p.Flags.Any(flow.ACK) || p.Window == 0 || p.IPID == 0 || p.TTL != openTTL(&f.Half[side]):
				run = nil
			case len(run) > 0 && p.IPID != run[len(run)-1].IPID+1:
				run = nil
			default:
				run = append(run, p)
			}
			if len(run) == leastRun {
				found := pass.Report(2, "frames %d, %d and %d, resets in the name of %v, are numbered %s, %s and %s with a live window: packets of a living socket, turned into resets",
					run[0].Frame, run[1].Frame, run[2].Frame, f.Half[side].Endpoint, hex(run[0].IPID), hex(run[1].IPID), hex(run[2].IPID)).Explains(run[0])
				for _, p := range run {
					found.Cite(p, analyzer.Forged, "ip.id", hex(p.IPID), hex(p.IPID)).Cite(p, analyzer.Forged, "tcp.window_size_value", p.Window, 0)
				}
				break
			}
		}
	}
}
