package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "udp-reached-host",
	Title: "The datagrams arrived at the server, and the server did not answer",
	Doc: "The capture was taken on the server: the requests are in it, so the network delivered them. A port where nothing listens would be answered by an ICMP message; that nothing follows at all is the " +
		"server's doing: its own filter drops them, or the program that should answer does not.",
	Cause:  analyzer.HostFirewall,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The capture was taken on a device directly beside the host.",
		"A security group of the cloud that acts after the point where tcpdump listens.",
	},
	Next:   "On the server: ss -lunp (does a program listen, and is its Recv-Q full?), the rules of its firewall (nft list ruleset, iptables -S), and the program's log.",
	Refs:   []string{"RFC 1122, section 4.1.3.1", "RFC 9000, section 5.2.2"},
	Needs:  flow.NeedAnswer,
	Proto:  flow.UDP,
	OnFlow: udpReachedHost,
})

func udpReachedHost(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if s.Packets > 0 || c.DataPackets < requestTries || refusedByICMP(f) {
		return
	}
	if pass.Capture.Member.Role != analyzer.AtServer || flow.Hops(openTTL(c)) == 0 {
		pass.Skip("not captured at the server")
		return
	}
	if host := pass.Host(s); host == nil || host.Packets == 0 {
		pass.Skip("the capture holds nothing that the server sent")
		return
	}
	if pass.Capture.Member.To-c.LastTime < answerWithin {
		pass.Skip("the capture ends before an answer was due")
		return
	}
	for _, p := range f.From(flow.Client) {
		if f.Says(p) == nil {
			continue
		}
		pass.Report(2.5, "the datagram in frame %d arrived at the server's own capture, with %d more, and %v answered none", p.Frame, c.DataPackets-1, s.Endpoint).
			Blames(flow.Server).
			Cite(p, analyzer.Context, "ip.ttl", p.TTL, "< "+sprint(flow.InitialTTL(p.TTL)))
		return
	}
}
