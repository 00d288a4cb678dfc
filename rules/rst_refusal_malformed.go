package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-refusal-malformed",
	Title: "The refusal is not one that a kernel sends",
	Doc: "RFC 9293 leaves no choice in how a host refuses a SYN: the reset has sequence number 0 and acknowledges the SYN. A refusal with another number was written by a program that keeps its own " +
		"rules, as firewalls and forging devices do; one that acknowledges something else must even be ignored.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A firewall or load balancer of the server's operator refuses the port.",
		"The host had answered the SYN, and the capture missed its SYN/ACK.",
	},
	Next:   "Run traceroute -T -O info to this port and to an open one: the refused trace ends at the refusing device.",
	Refs:   []string{"RFC 9293, sections 3.10.7.1 and 3.10.7.3"},
	Needs:  flow.NeedRST,
	OnFlow: rstRefusalMalformed,
})

func rstRefusalMalformed(pass *analyzer.Pass, f *flow.Flow) {
	client, server := &f.Half[flow.Client], &f.Half[flow.Server]
	if !client.SeenSYN {
		return
	}
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || p.Side != flow.Server || !p.Flags.Any(flow.ACK) {
			continue
		}
		t := trigger(f, i)
		if t == nil || !t.Flags.Any(flow.SYN) || lastBefore(f, i, flow.Server, func(*flow.Packet) bool { return true }) != nil {
			continue
		}
		if f.Reused || lastBefore(f, i, flow.Client, func(q *flow.Packet) bool { return !q.Flags.Any(flow.SYN) }) != nil {
			pass.Skip("the client sent more than SYNs before: the reset may answer that, or an earlier connection")
			continue
		}
		switch {
		case p.Ack != t.End() && p.Ack != client.ISN.Add(1):
			pass.Report(1.2, "frame %d, a refusal in the name of %v, acknowledges %d, while the SYN in frame %d ends at %d: the client must ignore it",
				p.Frame, server.Endpoint, uint32(p.Ack), t.Frame, uint32(t.End())).
				Explains(p).
				Cite(p, analyzer.Forged, "tcp.ack_raw", uint32(p.Ack), uint32(t.End())).
				Cite(t, analyzer.Trigger, "tcp.seq_raw", uint32(t.Seq), ending(t, t.End()))
		case p.Seq != 0:
			pass.Report(0.8, "frame %d, a refusal in the name of %v, has the sequence number %d; a host that refuses a SYN has none to give", p.Frame, server.Endpoint, uint32(p.Seq)).
				Explains(p).
				Cite(p, analyzer.Forged, "tcp.seq_raw", uint32(p.Seq), 0).
				Cite(t, analyzer.Trigger, "tcp.flags", t.Flags, "SYN")
		}
	}
}
