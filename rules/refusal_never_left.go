package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "refusal-never-left",
	Title: "The host that is said to refuse never got the SYN",
	Doc: "With captures of both hosts, a reset that answers a SYN must have left the server, and the SYN have come to it. If the server's capture, which was running, missed nothing, and holds other connections of the same two hosts, has neither, " +
		"something in between answered.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyPeer,
	Innocent: []string{
		"The server's network card, hypervisor or security group refused it before the point where tcpdump listens.",
		"The server's address stands for several hosts, and another one refused.",
	},
	Next:   "Look first at the security group and the load balancer of the server's cloud for this port; the TTL of the reset tells how far away its sender is.",
	Refs:   []string{"RFC 9293, section 3.10.7.1"},
	Needs:  flow.NeedRST,
	OnFlow: keepRefusal,
	OnCase: refusalNeverLeft,
})

// refused is a SYN and the reset that answers it.
type refused struct{ syn, reset flow.Packet }

func keepRefusal(pass *analyzer.Pass, f *flow.Flow) {
	p := firstReset(pass, f)
	if p == nil || p.Side != flow.Server || f.Half[flow.Server].Usable() || !atHost(pass.Capture, f, flow.Client) {
		return
	}
	syn := lastBefore(f, indexOf(f, p), flow.Client, func(q *flow.Packet) bool { return q.Flags&(flow.SYN|flow.ACK) == flow.SYN })
	if syn != nil && p.Ack == syn.End() {
		pass.Keep(refused{*syn, *p})
	}
}

func refusalNeverLeft(pass *analyzer.Pass, c *analyzer.Case) {
	if len(c.Captures) < 2 || len(pass.Facts()) == 0 {
		return
	}
	if !c.Whole() {
		pass.Skip("not all connections are listed")
		return
	}
	ends := endsOf(c)
	for _, k := range pass.Facts() {
		if len(k.Conn.Seen) > 1 {
			continue
		}
		r := k.Value.(refused)
		end, n, why := ends.witness(pass, k, []flow.Packet{r.syn, r.reset})
		if why == "" && n < 2 {
			why = "the receiver's capture may have ended before it was due"
		}
		if why == "" && ends.opened(k) {
			why = "the port is open at that host: another host may share its address, and refuse"
		}
		if why != "" {
			pass.Skip(why)
			continue
		}
		pass.ReportOn(k.Conn, k.Capture, 4, "frame %d refuses the SYN in frame %d in the name of %v; the other end's capture, which was running and holds %d other connections of %v and %v, has neither",
			r.reset.Frame, r.syn.Frame, k.Conn.Server(), end.common, end.client, end.server).
			Explains(&r.reset).
			Cite(&r.reset, analyzer.Forged, "tcp.flags.reset", 1, 0).
			Cite(&r.syn, analyzer.Trigger, "tcp.seq_raw", uint32(r.syn.Seq), "—")
	}
}
