package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "old-connection",
	Title: "The other end still held an old connection on these ports",
	Doc: "A host that gets a SYN on ports where it still has a connection answers with an acknowledgment of that old one. Its number has nothing to do with the SYN, so the client rejects it with a " +
		"reset of that very number, which clears the old connection, and sends its SYN again. Both are what the RFCs ask for, and no forgery.",
	Cause:  analyzer.ConnectionForgotten,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The client, or an address translation before it, took the same port again too soon, after a crash or a restart.",
		"A load balancer or firewall that keeps connections holds the old one, and not the server.",
	},
	Next:   "Find out what became of the client's earlier connection on this port: it was never closed at the other end. More source ports, or a translation that waits before it takes one again, avoid it.",
	Refs:   []string{"RFC 9293, section 3.10.7.3 and 3.10.7.4", "RFC 5961, section 4", "RFC 6056"},
	Needs:  flow.NeedRST,
	OnFlow: oldConnection,
})

func oldConnection(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || p.Side != flow.Client || !passive(p) {
			continue
		}
		if !challenged(f, i) || openedBefore(f, i) {
			continue
		}
		old := lastBefore(f, i, flow.Server, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && q.Ack == p.Seq })
		if old.Flags.Any(flow.SYN) {
			continue // a SYN/ACK with a wrong number is another thing
		}
		if !sameDistance(f, p) {
			continue // the TTL rules speak
		}
		client := &f.Half[flow.Client]
		syn := lastBefore(f, i, flow.Client, func(q *flow.Packet) bool { return q.Flags.Any(flow.SYN) })
		if syn == nil {
			continue // captured out of order
		}
		opened := firstAfter(f, i, flow.Server, func(q *flow.Packet) bool { return q.Flags.Has(flow.SYN|flow.ACK) && q.Ack == client.ISN.Add(1) })
		var found *analyzer.Finding
		if opened != nil && spoken(f, &flow.Packet{Side: flow.Client, Frame: f.LastFrame + 1}) {
			found = pass.Report(2.5, "%v opened a connection on ports of which the other end still held an old one: frame %d acknowledges %d, which this connection never sent; the client rejected it in frame %d and was then let in by frame %d",
				client.Endpoint, old.Frame, uint32(old.Ack), p.Frame, opened.Frame).
				Cite(opened, analyzer.Context, "tcp.ack_raw", uint32(opened.Ack), uint32(client.ISN.Add(1)))
			found.Cause = analyzer.CauseNone
		} else {
			found = pass.Report(2, "%v opened a connection on ports of which the other end still held an old one: frame %d acknowledges %d, which this connection never sent; the client rejected it in frame %d, and was not let in",
				client.Endpoint, old.Frame, uint32(old.Ack), p.Frame).
				Blames(flow.Client)
		}
		found.Explains(p).
			Cite(syn, analyzer.Trigger, "tcp.seq_raw", uint32(syn.Seq), uint32(client.ISN)).
			Cite(old, analyzer.Context, "tcp.ack_raw", uint32(old.Ack), uint32(client.ISN.Add(1))).
			Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), uint32(old.Ack))
	}
}

// openedBefore says that the server had acknowledged this connection's SYN before index i.
func openedBefore(f *flow.Flow, i int) bool {
	return lastBefore(f, i, flow.Server, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && q.Ack == f.Half[flow.Client].ISN.Add(1) }) != nil
}
