package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "content-conflict",
	Title: "Two different contents for the same bytes of the stream",
	Doc: "A sender repeats lost data unchanged. Two packets with the same sequence number and different bytes were written by two senders; the one whose TTL differs " +
		"from the host's other packets is the foreign one.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The capture was anonymised packet by packet.",
		"A broken host or device repeats data wrongly.",
	},
	Next:   "Follow the stream in Wireshark and read both contents; capture on the server and look which of them left it.",
	Refs:   []string{"RFC 9293, section 3.4", "Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  flow.NeedLoss | flow.NeedOverlap,
	OnFlow: contentConflict,
})

func contentConflict(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		usual, times := usualTTL(&f.Half[side])
		if times < minTTLSamples {
			continue
		}
		first := make(map[flow.Seq]*flow.Packet)
		for _, p := range f.From(side) {
			if p.Len == 0 || p.Marks.Any(flow.KeepAlive|flow.Fragment) || p.Flags.Any(flow.RST|flow.SYN) {
				continue
			}
			q := first[p.Seq]
			if q == nil || !p.Marks.Any(flow.Retransmitted|flow.OutOfOrder|flow.Overlapping) { // new: after 4 GiB the numbers come again
				first[p.Seq] = p
				continue
			}
			if !differ(p, q) {
				continue
			}
			forged, genuine := q, p
			if q.TTL == usual {
				forged, genuine = p, q
			}
			if forged.TTL == usual || genuine.TTL != usual {
				pass.Skip("two contents for one sequence number, and the TTL does not tell the foreign one")
				continue
			}
			pass.Report(4, "frames %d and %d of %v hold different bytes for the same sequence number, and frame %d arrived with TTL %d instead of %d",
				q.Frame, p.Frame, f.Half[side].Endpoint, forged.Frame, forged.TTL, usual).
				Explains(forged).
				Cite(forged, analyzer.Forged, "ip.ttl", forged.TTL, usual).
				Cite(genuine, analyzer.Baseline, "tcp.seq_raw", uint32(genuine.Seq), uint32(genuine.Seq))
			return
		}
	}
}

// differ says that two packets show different bytes: of as many as both captures hold, and enough that it is no padding.
func differ(p, q *flow.Packet) bool {
	const enough = 8
	return p.Heard == q.Heard && p.Heard >= enough && p.Digest != q.Digest
}
