package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "genuine-port-closed",
	Title: "The host refused the connection: nothing listens on the port",
	Doc: "A kernel answers a SYN to a port where nothing listens with a reset of sequence number 0 that acknowledges the SYN. It comes from the host's own " +
		"distance, and no sooner than the host answers on other ports.",
	Cause:  analyzer.PortClosed,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A firewall in front of the host refuses in its name (iptables REJECT --reject-with tcp-reset builds the same packet).",
	},
	Next:   "Check on the server that the service runs and listens on that port (ss -ltn), and that no host firewall refuses it.",
	Refs:   []string{"RFC 9293, section 3.10.7.1"},
	Needs:  flow.NeedRST,
	OnFlow: genuinePortClosed,
})

func genuinePortClosed(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !refusal(p) {
			continue
		}
		t := trigger(f, i)
		if t == nil || !t.Flags.Any(flow.SYN) || t.End() != p.Ack {
			continue
		}
		half := &f.Half[p.Side]
		host := pass.Host(half)
		if host == nil || host.TTL.Total() < minTTLSamples {
			pass.Skip("no other packets of the host to compare the refusal with")
			pass.Report(0.8, "frame %d refuses the SYN in frame %d in the form of a kernel with nothing listening on %v; no other packet of that host is there to compare with",
				p.Frame, t.Frame, half.Endpoint).
				Explains(p).Blames(p.Side).Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), 0)
			continue
		}
		if pass.Capture.Health.Edited.Certain() {
			pass.Skip("the capture was edited: its TTLs do not tell who refuses")
			pass.Report(0.8, "frame %d refuses the SYN in frame %d in the form of a kernel with nothing listening on %v; the capture was edited, and its TTLs tell nothing",
				p.Frame, t.Frame, half.Endpoint).
				Explains(p).Blames(p.Side).Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), 0)
			continue
		}
		if !hostTTL(host, p.TTL) {
			continue // another distance: not an exoneration
		}
		if took := p.Time - t.Time; host.MinRTT > leastUsefulRTT && float64(took) < tooFastShare*float64(host.MinRTT) {
			continue
		}
		pass.Report(2.5, "frame %d refuses the SYN in frame %d in the form of a kernel with nothing listening on %v, with the TTL %d of that host's other packets",
			p.Frame, t.Frame, half.Endpoint, p.TTL).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), 0).
			Cite(p, analyzer.Answer, "ip.ttl", p.TTL, p.TTL).
			Cite(t, analyzer.Trigger, "tcp.dstport", half.Port, half.Port)
	}
}

// hostTTL says that the host's packets, over all its connections, have had that TTL.
func hostTTL(h *flow.Host, ttl uint8) bool { return h.TTL.Count(ttl) > 0 || h.TTL.Others > 0 }
