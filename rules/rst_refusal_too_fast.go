package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-refusal-too-fast",
	Title: "The refusal came sooner than the host ever answered a SYN",
	Doc: "The answer to a SYN takes at least one round trip. A refusal that comes much sooner than the quickest SYN/ACK of the same host was sent by " +
		"someone nearer.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTiming,
	Innocent: []string{
		"A firewall or load balancer of the server's operator stands in front of the host and refuses the port.",
		"The address is translated, and this port leads to a nearer machine than the others.",
	},
	Next:   "Run traceroute -T -O info to this port and to an open one: the refused trace ends at the refusing device.",
	Refs:   []string{"RFC 9293, section 3.10.7.1"},
	Needs:  flow.NeedRST,
	OnFlow: rstRefusalTooFast,
})

func rstRefusalTooFast(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !p.Flags.Has(flow.RST|flow.ACK) || f.Half[p.Side].Usable() {
			continue
		}
		t := trigger(f, i)
		if t == nil || !t.Flags.Any(flow.SYN) || t.End() != p.Ack || t.Marks.Has(flow.Retransmitted) {
			continue
		}
		host := pass.Host(&f.Half[p.Side])
		if host == nil || host.MinRTT < leastUsefulRTT {
			pass.Skip("no SYN of another connection to the host was answered, or within 4 ms")
			continue
		}
		took := p.Time - t.Time
		if !tooSoon(pass, took, host.MinRTT) {
			continue
		}
		// Two, not proof: the address may stand for several machines at different distances.
		pass.Report(2, "frame %d, a refusal in the name of %v, came %v after the SYN, while the quickest SYN/ACK of that address took %v",
			p.Frame, f.Half[p.Side].Endpoint, dur(took), dur(host.MinRTT)).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.time_relative", since(f, p.Time), "≥ "+since(f, t.Time+host.MinRTT)).
			Cite(t, analyzer.Trigger, "tcp.time_relative", since(f, t.Time), "—").
			Cite(t, analyzer.Trigger, "tcp.flags", t.Flags, "SYN")
	}
}
