package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-without-number",
	Title: "The reset has no IP identification, while the host numbers its packets",
	Doc: "A socket's reset takes the next IP identification like any packet of that socket. Linux sends 0 only where it has no socket, and then neither acknowledges nor " +
		"repeats a sequence number of its own; a host that numbers even its SYN/ACK numbers every reset. One with identification 0 fits neither.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A load balancer or firewall in front of the host, belonging to the same operator, resets connections in the host's name.",
	},
	Next:   "Capture on the host that the reset claims to come from, and look whether it ever sent it.",
	Refs:   []string{"RFC 6864", "Linux: net/ipv4/tcp_ipv4.c, tcp_v4_send_reset"},
	Needs:  flow.NeedRST,
	OnFlow: rstWithoutNumber,
})

func rstWithoutNumber(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || p.Marks.Any(flow.IPv6|flow.HasOptions) || p.IPID != 0 || p.Window != 0 || refusal(p) {
			continue
		}
		half := &f.Half[p.Side]
		numbers := half.IPID.N > half.IPID.Zeros || half.SYNIPID != 0
		if host := pass.Host(half); !numbers && host != nil {
			numbers = host.IPID.N >= 4 && host.IPID.Zeros == 0
		}
		if !numbers {
			pass.Skip("nothing shows that the host numbers its packets")
			continue
		}
		weight := analyzer.Weight(1.1)
		switch stamps := half.TimestampsOffered && f.Half[p.Side.Other()].TimestampsOffered; {
		case passive(p):
			switch {
			case ofNoSocket(pass, f, i) && highest(f, i, p.Side).Less(p.Seq):
				weight = 1.5
			case p.Side == flow.Client || half.SYNIPID == 0:
				continue // Linux numbers neither its SYN/ACK nor a reset without socket
			}
		case !p.Flags.Any(flow.ACK):
			continue
		case stamps:
			weight = 2 // and a socket's reset would have timestamps too
		}
		pass.Report(weight, "frame %d, a reset in the name of %v, has IP identification 0, no window and no options, while that host numbers its packets",
			p.Frame, half.Endpoint).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.id", hex(0), "≠ "+hex(0)).
			Cite(p, analyzer.Forged, "tcp.window_size_value", 0, half.Window.Last)
	}
}
