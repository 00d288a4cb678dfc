package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-refusal-elsewhere",
	Title: "The refusal came from another distance than the host",
	Doc: "A connection refused at the SYN has no other packets to compare with, but the host's other connections have. If the refusal's distance differs from " +
		"theirs by more than equal-cost paths do, something else refused in the host's name.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A firewall or load balancer of the server's operator stands in front of the host and refuses the port.",
		"The address is translated, and this port leads to another machine than the others.",
	},
	Next:   "Run traceroute -T -O info to this port and to an open one: the refused trace ends at the refusing device.",
	Refs:   []string{"RFC 9293, section 3.10.7.1"},
	Needs:  flow.NeedRST,
	OnFlow: rstRefusalElsewhere,
})

func rstRefusalElsewhere(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !p.Flags.Has(flow.RST|flow.ACK) || f.Half[p.Side].Usable() {
			continue
		}
		t := trigger(f, i)
		if t == nil || !t.Flags.Any(flow.SYN) || t.End() != p.Ack {
			continue
		}
		host := pass.Host(&f.Half[p.Side])
		if host == nil || host.TTL.Total() < minTTLSamples {
			pass.Skip("no other packets of the host to compare the refusal with")
			continue
		}
		usual, times := host.TTL.Usual()
		weight := weightElsewhere(host, p.TTL)
		if weight == 0 {
			continue
		}
		pass.Report(weight, "frame %d, a refusal in the name of %v, arrived with TTL %d, while %d packets of that host on other connections arrived with TTL %d",
			p.Frame, f.Half[p.Side].Endpoint, p.TTL, times, usual).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.ttl", p.TTL, usual)
	}
}

// weightElsewhere weighs a refusal's TTL against those of the host's other connections; 0 says nothing. Connections to one host differ by
// up to nearTTL where equal-cost paths do, so that a smaller difference means something only if all of many connections agreed.
func weightElsewhere(host *flow.Host, ttl uint8) analyzer.Weight {
	usual, _ := host.TTL.Usual()
	switch {
	case hostTTL(host, ttl) || flow.Hops(ttl) == flow.Hops(usual):
		return 0
	case farFromAll(host, ttl):
		return 1.5
	case host.TTL.Distinct() > 1:
		return 0
	case flow.InitialTTL(ttl) != flow.InitialTTL(usual) || host.RTT.N >= manyHandshakes:
		return 1
	case host.RTT.N >= minRTTSamples:
		return 0.5
	}
	return 0
}

// manyHandshakes with a host that all show one TTL: by the rule of succession another one is a chance of one in ten.
const manyHandshakes = 9
