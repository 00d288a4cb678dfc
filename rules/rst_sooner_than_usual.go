package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-sooner-than-usual",
	Title: "The reset came sooner than that host answers",
	Doc: "The round trips to one host lie close together, just above what the path takes. A reset that comes clearly before the shortest of many was sent " +
		"from nearer. Weaker than proof, as the path may differ a little from connection to connection.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTiming,
	Innocent: []string{
		"A proxy or load balancer of the server's operator stands nearer and answers in the server's name.",
		"This connection takes a shorter path than all the others.",
	},
	Next:   "Compare the delay with the times of the hops in an mtr report: it shows which hops are near enough.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009", "RFC 9293, section 3.10.7"},
	Needs:  flow.NeedRST,
	OnFlow: rstSoonerThanUsual,
})

// minRTTSamples handshakes with a host show how much its round trips vary.
const minRTTSamples = 5

func rstSoonerThanUsual(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) {
			continue
		}
		host := pass.Host(&f.Half[p.Side])
		if host == nil || host.RTT.N < minRTTSamples || host.MinRTT < leastUsefulRTT {
			pass.Skip("fewer than 5 handshakes with the host to compare with, or within 4 ms")
			continue
		}
		least, tenth, quarter := host.RTT.Quantile(0), host.RTT.Quantile(0.1), host.RTT.Quantile(0.25)
		if quarter-least > max(int64(5*time.Millisecond), least/20) {
			pass.Skip("the round trips to the host vary too much")
			continue
		}
		if rtt := minRTT(f, p.Side.Other()); rtt > 0 {
			least = min(least, rtt)
		}
		t, weight := boundTo(f, i)
		if t == nil {
			continue
		}
		took := p.Time - t.Time
		if took < 0 || took >= least-max(int64(2*time.Millisecond), least/50, 3*(tenth-least), 2*resolution(pass)) {
			continue
		}
		pass.Report(weight, "frame %d, a reset in the name of %v, came %v after frame %d, which it cannot have been sent before; %d handshakes with that host took %v and more",
			p.Frame, f.Half[p.Side].Endpoint, dur(took), t.Frame, host.RTT.N, dur(least)).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.time_relative", since(f, p.Time), "≥ "+since(f, t.Time+least)).
			Cite(t, analyzer.Trigger, "tcp.time_relative", since(f, t.Time), "—")
	}
}

// boundTo gives the packet that the reset at index i cannot have been sent before, and what coming too soon after it weighs. A reset that
// acknowledges a packet is bound to that one. One of a kernel without a socket repeats the acknowledgment number of what it answers, and so
// is bound to the first packet with that number; less firmly, as RFC 9293 lets an abort have this form too.
func boundTo(f *flow.Flow, i int) (*flow.Packet, analyzer.Weight) {
	r := &f.Packets[i]
	if r.Flags.Any(flow.ACK) {
		return answeredBy(f, i), 1.5
	}
	if !passive(r) {
		return nil, 0
	}
	for k := range i {
		p := &f.Packets[k]
		if p.Side == r.Side.Other() && p.IsTCP() && p.Flags.Any(flow.ACK) && !p.Flags.Any(flow.RST) && p.Ack == r.Seq {
			return p, 1.2
		}
	}
	return nil, 0
}
