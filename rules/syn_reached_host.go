package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "syn-reached-host",
	Title: "The SYN arrived at the server, and the server did not answer",
	Doc: "The capture was taken on the server: the SYN is in it, so the network delivered it. That no SYN/ACK and no reset follows is the server's doing: its own filter drops the " +
		"packet, or, on a port that accepts other connections, its listen queue is full.",
	Cause:  analyzer.HostFirewall,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The capture was taken on a device directly beside the host.",
		"A security group of the cloud that acts after the point where tcpdump listens.",
	},
	Next:   "On the server: nstat -az TcpExtListenOverflows TcpExtListenDrops, ss -ltn (Recv-Q against Send-Q), and the rules of its firewall (nft list ruleset, iptables -S).",
	Refs:   []string{"RFC 9293, section 3.10.7.2", "Linux: listen(2), backlog"},
	Needs:  flow.NeedUnanswered,
	OnFlow: synReachedHost,
})

func synReachedHost(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if c.SYNs == 0 || s.Packets > 0 || c.Bytes > 0 || flow.BeganSmall(c.TTL.Open) {
		return
	}
	if pass.Capture.Member.Role != analyzer.AtServer {
		pass.Skip("not captured at the server")
		return
	}
	if c.SYNs == 1 && pass.Capture.Member.To-c.LastTime < answerWithin {
		pass.Skip("the capture ends before an answer was due")
		return
	}
	for _, p := range f.From(flow.Client) {
		found := pass.Report(2.5, "the SYN in frame %d arrived at the server's own capture, %d times in all, and %v answered none", p.Frame, c.SYNs, s.Endpoint).
			Blames(flow.Server).
			Cite(p, analyzer.Context, "ip.ttl", p.TTL, "< "+sprint(flow.InitialTTL(p.TTL)))
		if pass.Capture.Accepts(s.Endpoint) {
			found.Cause = analyzer.BacklogOverflow
		}
		return
	}
}
