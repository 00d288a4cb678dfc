package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "syn-timestamp-rejected",
	Title: "The server ignores SYNs with a lower timestamp than others of the same address",
	Doc: "Linux before 4.12 with net.ipv4.tcp_tw_recycle, and load balancers built on it, remember the last timestamp of each address and drop every SYN with a lower one for a minute. Behind an address translation several machines, each " +
		"with a clock of its own, share an address: those whose clock is behind are never let in. It shows where every lower timestamp stays unanswered and every higher one is answered.",
	Cause:  analyzer.HostFirewall,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"A load balancer or firewall in front of the server that compares timestamps itself.",
		"Chance: other reasons hit only SYNs with lower timestamps.",
	},
	Next:   "On the server: sysctl net.ipv4.tcp_tw_recycle must be 0, and nstat -az TcpExtPAWSPassive TcpExtPAWSActive must not grow; where the setting is needed, let clients behind a translation send no timestamps.",
	Refs:   []string{"RFC 7323, section 5.8 and appendix B.2", "Linux 4.12: commit 4396e46187ca, tcp: remove tcp_tw_recycle"},
	Needs:  flow.NeedUnanswered,
	OnFlow: synTimestampRejected,
})

// leastSorted is how many SYNs each way make a rule of it: that chance sorts three and three that way happens once in twenty, and that nothing
// contradicts it among those that came and went in the meantime makes it rarer.
const leastSorted = 3

func synTimestampRejected(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if f.Elder.Frame == 0 || s.Packets > 0 || c.Bytes > 0 || flow.BeganSmall(c.TTL.Open) {
		return
	}
	if c.SYNs == 1 && pass.Capture.Member.To-c.LastTime < answerWithin {
		pass.Skip("the capture ends before an answer was due")
		return
	}
	host := pass.Host(c)
	if host == nil {
		return
	}
	n := host.Stamps
	if n.BehindIgnored < leastSorted || n.AheadAnswered < leastSorted || n.BehindAnswered+n.AheadIgnored > 0 {
		pass.Skip("SYNs are not answered and ignored by their timestamps")
		return
	}
	weight := analyzer.Weight(1.5)
	if pass.Capture.Member.Role == analyzer.AtServer {
		weight = analyzer.Proof
	}
	for _, p := range f.From(flow.Client) {
		pass.Report(weight, "the SYN in frame %d of %v has the timestamp %d, below the %d of frame %d from the same address; all %d SYNs of that address that were behind were ignored, and all %d others answered",
			p.Frame, c.Addr(), p.TSval, f.Elder.TSval, f.Elder.Frame, n.BehindIgnored, n.AheadAnswered).
			Blames(flow.Server).
			Cite(p, analyzer.Context, "tcp.options.timestamp.tsval", p.TSval, "≥ "+sprint(f.Elder.TSval)).
			Cite(&flow.Packet{Frame: f.Elder.Frame, Time: f.Elder.Time}, analyzer.Baseline, "tcp.options.timestamp.tsval", f.Elder.TSval, f.Elder.TSval)
		return
	}
}
