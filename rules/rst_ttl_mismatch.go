package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ttl-mismatch",
	Title: "The reset came from another distance than the host's other packets",
	Doc: "Every router lowers the TTL by one, so packets of one host on one connection arrive with one TTL. A reset that arrives with another " +
		"TTL was sent from another distance, or by another stack.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A load balancer or firewall in front of the host, belonging to the same operator, resets connections in the host's name.",
		"The route changed at this very moment, and no later packet shows it.",
		"The application set a TTL of its own for the connection, and the kernel's reset uses the system default.",
	},
	Next:   "Capture on the host that the reset claims to come from, and look whether it ever sent it.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009", "RFC 9293, section 3.5.3"},
	Needs:  flow.NeedRST,
	OnFlow: rstTTLMismatch,
})

const (
	// minTTLSamples packets must agree before one that differs means anything.
	minTTLSamples = 3
	// nearTTL is how far two equal-cost paths of one host differ at most; within it a rehashed route remains thinkable.
	nearTTL = 5
)

func rstTTLMismatch(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) {
			continue
		}
		half := &f.Half[p.Side]
		usual, times := sentWith(half)
		if times < minTTLSamples {
			if host := pass.Host(half); half.Usable() && host != nil && host.TTL.Total() >= half.TTL.Total()+minTTLSamples && farFromAll(host, p.TTL) {
				usual, times = host.TTL.Usual()
				pass.Report(1.5, "frame %d, a reset in the name of %v, arrived with TTL %d, while %d packets of that host, most of them on other connections, arrived with TTL %d",
					p.Frame, half.Endpoint, p.TTL, times, usual).
					Explains(p).Cite(p, analyzer.Forged, "ip.ttl", p.TTL, usual)
				continue
			}
			if gap := int(p.TTL) - int(usual); times == minTTLSamples-1 && half.Usable() && flow.Hops(p.TTL) != flow.Hops(usual) && weightOfTTLGap(gap, p.TTL, usual) >= 2 {
				pass.Report(1.2, "frame %d, a reset in the name of %v, arrived with TTL %d, while the %d other packets of that host on this connection arrived with TTL %d",
					p.Frame, half.Endpoint, p.TTL, times, usual).
					Explains(p).Cite(p, analyzer.Forged, "ip.ttl", p.TTL, usual)
				continue
			}
			pass.Skip("too few packets of the sender to compare with")
			continue
		}
		gap := int(p.TTL) - int(usual)
		if gap == 0 {
			continue
		}
		if half.TTL.Distinct() > 1 && seenTTL(half, p.TTL) {
			pass.Skip("the sender's other packets had that TTL too: the route changed")
			continue
		}
		if half.TTL.Open == p.TTL && half.TTL.Open != 0 {
			pass.Skip("a SYN proxy opened the connection with that TTL")
			continue
		}
		if p.Marks.Has(flow.Duplicate) || duplicates(pass.Capture) && abs(gap) == 1 {
			pass.Skip("the capture holds packets twice, and a routed copy has a TTL one lower")
			continue
		}
		if flow.Hops(p.TTL) == flow.Hops(usual) && passive(p) {
			pass.Skip("same distance from another initial TTL: the kernel's default against the application's")
			continue
		}
		pass.Report(weightOfTTLGap(gap, p.TTL, usual), "frame %d, a reset in the name of %v, arrived with TTL %d, while %d other packets of that host on this connection arrived with TTL %d",
			p.Frame, half.Endpoint, p.TTL, times, usual).
			Explains(p).Cite(p, analyzer.Forged, "ip.ttl", p.TTL, usual)
	}
}

// weightOfTTLGap follows what 712 flows of public captures showed: no TTL change inside any of them.
func weightOfTTLGap(gap int, ttl, usual uint8) analyzer.Weight {
	switch {
	case flow.InitialTTL(ttl) != flow.InitialTTL(usual), abs(gap) > nearTTL:
		return 2
	case abs(gap) > 1:
		return 1.2
	}
	return 0.5
}

// seenTTL says that packets of a side had a TTL, resets and SYNs left out.
func seenTTL(h *flow.Half, ttl uint8) bool { return h.TTL.Count(ttl) > 0 }

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
