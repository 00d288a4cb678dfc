package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "synack-refused",
	Title: "The connection that the SYN/ACK opened is not known at the server",
	Doc: "The SYN was answered from one distance, and the client's first acknowledgment was refused from another, by a kernel that does not know the connection. Either something in front of the server opens connections that " +
		"the server does not take (a protection against SYN floods before a closed port), or the SYN/ACK was forged. The packets are the same, so this accuses nobody.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"A protection against SYN floods answers for all ports, and the server behind it does not listen on this one.",
		"A load balancer gave the SYN and the acknowledgment to two machines.",
	},
	Next:   "Capture on the server: if its SYN/ACK has another number, the one that the client got was forged.",
	Refs:   []string{"RFC 4987, section 3.6", "RFC 9293, section 3.10.7.1"},
	Needs:  flow.NeedRST,
	OnFlow: synackRefused,
})

func synackRefused(pass *analyzer.Pass, f *flow.Flow) {
	var opened *flow.Packet
	for i := range f.Packets {
		p := &f.Packets[i]
		switch {
		case !p.IsTCP() || p.Side == flow.Client && !p.Flags.Any(flow.RST):
		case p.Flags.Has(flow.SYN|flow.ACK) && p.Side == flow.Server && !p.Flags.Any(flow.RST):
			if opened == nil {
				opened = p
			}
		case p.Side == flow.Server && isReset(pass, p) && first(f, i) && passive(p) && opened != nil && p.Seq == opened.Seq.Add(1) && flow.Hops(p.TTL) != flow.Hops(opened.TTL):
			if abs(int(p.TTL)-int(opened.TTL)) == 1 && duplicates(pass.Capture) {
				pass.Skip("the capture holds packets twice, and a routed copy has a TTL one lower")
				return
			}
			pass.Report(analyzer.Note, "the SYN/ACK in frame %d arrived with TTL %d, and frame %d, with TTL %d, refuses what the client made of it: %v does not know that connection",
				opened.Frame, opened.TTL, p.Frame, p.TTL, f.Half[flow.Server].Endpoint).
				Explains(p).
				Cite(opened, analyzer.Context, "ip.ttl", opened.TTL, p.TTL).
				Cite(p, analyzer.Context, "tcp.seq_raw", uint32(p.Seq), uint32(opened.Seq.Add(1)))
			return
		default:
			return // the server said something else
		}
	}
}
