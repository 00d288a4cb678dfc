package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "genuine-left-host",
	Title: "The reset left the host that the capture was taken on",
	Doc: "The capture was taken on this host: its own packets still have the initial TTL, while the other side's have lost some. A reset that goes out with the " +
		"initial TTL there was sent by this host itself.",
	Cause:  analyzer.AppAbort,
	Family: analyzer.FamilyPeer,
	Innocent: []string{
		"A filter or agent on that host sent it in the kernel's name.",
		"The capture was taken on a device directly beside the host.",
	},
	Next:   "Look at the application and the kernel's counters on that host (nstat, ss, the service's log) at the time of the reset.",
	Refs:   []string{"RFC 9293, section 3.10.7"},
	Needs:  flow.NeedRST,
	OnFlow: genuineLeftHost,
})

func genuineLeftHost(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) {
			continue
		}
		if !atHost(pass.Capture, f, p.Side) && (refusal(p) || !unheard(pass.Capture, f, p.Side)) {
			pass.Skip("not captured at the host that the reset claims to come from")
			continue
		}
		if flow.Hops(p.TTL) != 0 {
			continue
		}
		found := pass.Report(analyzer.Proof, "frame %d, a reset of %v, left the host that this capture was taken on: its TTL is still the initial %d",
			p.Frame, f.Half[p.Side].Endpoint, p.TTL).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "ip.ttl", p.TTL, flow.InitialTTL(p.TTL))
		found.Cause = genuineCause(f, i)
		if t := trigger(f, i); t != nil {
			found.Cite(t, analyzer.Context, "tcp.seq_raw", uint32(t.Seq), ending(t, t.End()))
		}
	}
}

// unheard says that a side of the flow is the host that the capture was taken on, although it sent nothing but resets on this flow: that it
// does not know the connection is why.
func unheard(c *analyzer.Capture, f *flow.Flow, side flow.Side) bool {
	at := analyzer.AtClient
	if side == flow.Server {
		at = analyzer.AtServer
	}
	peer := openTTL(&f.Half[side.Other()])
	return c.Member.Role == at && openTTL(&f.Half[side]) == 0 && peer != 0 && flow.Hops(peer) != 0
}
