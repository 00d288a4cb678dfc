package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "genuine-no-socket",
	Title: "A kernel without that connection answered",
	Doc: "The reset has the form of a kernel that does not know the connection, at the host's own distance, and nobody had closed it: the host restarted, failed over, or " +
		"dropped the connection, or an address translation on the way forgot it and the packet reached the host under another name. One end cannot tell these apart.",
	Cause:  analyzer.ConnectionForgotten,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"The server restarted, failed over to another machine, or dropped the connection under load.",
		"An address translation or load balancer forgot the connection, and the host saw a packet of a connection that it does not know.",
		"A firewall directly beside the host rejects in its name.",
	},
	Next:   "Capture on the server while it happens: it shows whether the packet arrived with the addresses of the connection, and whether the reset left the server.",
	Refs:   []string{"RFC 9293, section 3.10.7.1", "RFC 5382"},
	Needs:  flow.NeedRST,
	OnFlow: genuineNoSocket,
})

func genuineNoSocket(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !passive(p) || finBefore(f, i, p.Side) {
			continue
		}
		half := &f.Half[p.Side]
		if firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return !q.Flags.Any(flow.RST) && q.Time-p.Time > reorderGuard }) != nil {
			pass.Skip("the host goes on after the reset: it has the connection")
			continue
		}
		if usual := openTTL(half); usual != 0 && flow.Hops(p.TTL) != flow.Hops(usual) {
			continue
		} else if host := pass.Host(half); usual == 0 && (host == nil || !hostTTL(host, p.TTL)) {
			pass.Skip("no other packets of the host to compare the reset with")
			continue
		}
		answered := lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && !q.Flags.Any(flow.RST) && q.Ack == p.Seq })
		if answered == nil {
			continue
		}
		// Below what a verdict needs: the same packet comes from a restarted host and from a forgotten translation.
		found := pass.Report(0.8, "frame %d is a reset as the kernel of %v sends it for a connection that it does not know; it answers frame %d",
			p.Frame, half.Endpoint, answered.Frame).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "tcp.window_size_value", p.Window, 0).
			Cite(answered, analyzer.Trigger, "tcp.ack_raw", uint32(answered.Ack), uint32(p.Seq))
		found.Cause = genuineCause(f, i)
	}
}
