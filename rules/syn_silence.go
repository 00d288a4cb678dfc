package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "syn-silence",
	Title: "What else the capture shows of a host that answers no SYN",
	Doc: "Whether the silent host was heard on other connections, whether this very port took others, and whether other hosts answered meanwhile tells a dead host from a filter on a port and from a dead line. " +
		"The times at which the SYN was sent again show which kernel asked, and that the capture missed none of them.",
	Cause:  analyzer.SYNUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The port is filtered by the host itself.",
		"The address stands for several hosts, and another one of them was heard.",
		"The host or a load balancer before it is overloaded: its queue is full.",
	},
	Next:   "Try the same port from another network, and another port of the same host from here; a capture on the host shows whether the SYN arrives.",
	Refs:   []string{"RFC 6298, section 2", "Linux: tcp_syn_retries, tcp_syn_linear_timeouts"},
	Needs:  flow.NeedUnanswered,
	OnFlow: synSilence,
})

// mostHosts is how many senders are looked through for one that answered others: a client talks to fewer at a time.
const mostHosts = 256

func synSilence(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if c.SYNs == 0 || s.Packets > 0 || c.Bytes > 0 {
		return
	}
	if c.SYNs == 1 && pass.Capture.Member.To-c.LastTime < answerWithin {
		pass.Skip("the capture ends before an answer was due")
		return
	}
	var syns []*flow.Packet
	for _, p := range f.From(flow.Client) {
		if p.Flags.Any(flow.SYN) && !p.Marks.Has(flow.Duplicate) {
			syns = append(syns, p)
		}
	}
	if len(syns) == 0 {
		return
	}
	asked := syns[0]
	host := pass.Host(s)
	switch {
	case pass.Capture.Member.Role == analyzer.AtServer:
		pass.Skip("captured at the server, which is up")
	case host == nil:
		pass.Skip("the capture has more hosts than are followed")
	case host.Packets > 0 && host.Last > asked.Time && pass.Capture.Accepts(s.Endpoint):
		// The same port, for others: neither the host nor the way is dead, and no rule on the port drops all.
		pass.Report(analyzer.Note, "%v took other connections in this capture, and %v was still heard in frame %d: neither the host nor the port is closed to all", s.Endpoint, s.Addr(), host.LastAt).
			Cite(asked, analyzer.Context, "tcp.dstport", s.Port, s.Port).
			Cite(lastOf(host, asked), analyzer.Baseline, "ip.src", s.Addr(), s.Addr())
	case host.Packets > 0 && host.Last > asked.Time:
		pass.Report(analyzer.Note, "%v sent packets on other connections, the last in frame %d, after the SYN in frame %d: the host is up and the way to it and back is open, and port %d is silent", s.Addr(), host.LastAt, asked.Frame, s.Port).
			Cite(asked, analyzer.Context, "tcp.dstport", s.Port, s.Port).
			Cite(lastOf(host, asked), analyzer.Baseline, "ip.src", s.Addr(), s.Addr())
	default:
		if other := answeredOthers(pass.Capture, asked.Time, c, s); other != nil {
			pass.Report(analyzer.Note, "nothing came from %v after the SYN in frame %d, while %v, which had accepted connections, was still heard in frame %d: the line of this end works, and the host or the way to it is dead, or this host is filtered",
				s.Addr(), asked.Frame, other.Addr.Addr(), other.LastAt).
				Cite(asked, analyzer.Context, "ip.dst", s.Addr(), s.Addr()).
				Cite(lastOf(other, asked), analyzer.Baseline, "ip.src", other.Addr.Addr(), other.Addr.Addr())
		}
	}
	clock := synClock(syns)
	if clock.IsZero() {
		return
	}
	found := pass.Report(analyzer.Note, "the SYN was sent %d times within %v, at the times at which %s sends it again: nothing came back that stopped it", len(syns), dur(syns[len(syns)-1].Time-asked.Time), clock)
	for _, p := range syns {
		found.Cite(p, analyzer.Context, "tcp.time_relative", since(f, p.Time), "—")
	}
}

// lastOf gives the last packet of a host as far as it can be cited; like tells the version of IP.
func lastOf(host *flow.Host, like *flow.Packet) *flow.Packet {
	return &flow.Packet{Frame: host.LastAt, Time: host.Last, Marks: like.Marks & flow.IPv6}
}

// answeredOthers gives a host that had answered a SYN with a SYN/ACK and was heard after a time, neither end among them.
func answeredOthers(c *analyzer.Capture, after int64, ends ...*flow.Half) *flow.Host {
next:
	for i := 1; i < len(c.Hosts) && i < mostHosts; i++ {
		host := &c.Hosts[i]
		if host.MinRTT == 0 || host.Last <= after {
			continue
		}
		for _, end := range ends {
			if end.IP == host.Addr.IP {
				continue next
			}
		}
		return host
	}
	return nil
}
