package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "answer-too-soon",
	Title: "The answer came sooner than the server could have sent it",
	Doc: "Data that acknowledges a request was sent by someone who had the request. If it arrives in clearly less time than the handshake took, on the same connection, it was sent by someone nearer than the " +
		"one who answered the SYN.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilyTiming,
	Innocent: []string{
		"The SYN/ACK was late, as a radio woke up or an address was looked for, and the answer shows the true distance.",
		"A cache nearer than the server answers the request, and let the handshake through.",
	},
	Next:   "Compare the delay with the times of the hops in an mtr report: it shows which hops are near enough.",
	Refs:   []string{"RFC 9293, section 3.10.7.4", "Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  answerNeeds,
	OnFlow: answerTooSoon,
})

func answerTooSoon(pass *analyzer.Pass, f *flow.Flow) {
	server := &f.Half[flow.Server]
	rtt := f.HandshakeRTT // not MinRTT, in which the very answer would be a sample
	host := pass.Host(server)
	if host != nil && host.MinRTT > 0 {
		rtt = min(rtt, host.MinRTT) // of its other connections
	}
	if rtt < leastUsefulRTT {
		pass.Skip("no round trip of at least 4 ms to compare with")
		return
	}
	if server.TTL.Open != 0 && server.TTL.Total() > 0 && !seenTTL(server, server.TTL.Open) {
		pass.Skip("the handshake was answered from another distance than the data: the round trip may be a proxy's")
		return
	}
	var acked flow.Seq
	known := false
	for i, p := range f.From(flow.Server) {
		if !ordinary(p) || !p.Flags.Any(flow.ACK) || known && p.Ack.LessEq(acked) {
			continue // what was acknowledged before may be answered at any time
		}
		acked, known = p.Ack, true
		if p.Len == 0 {
			continue
		}
		asked := answeredBy(f, i)
		if asked == nil || asked.Flags.Any(flow.SYN) {
			continue
		}
		took := p.Time - asked.Time
		if !tooSoon(pass, took, rtt) {
			continue
		}
		if later := firstAfter(f, i, flow.Server, func(q *flow.Packet) bool { return ordinary(q) && q.Time-asked.Time >= rtt*9/10 }); later == nil || !later.Marks.Any(flow.Retransmitted|flow.Overlapping|flow.OutOfOrder) && later.Seq != p.Seq {
			pass.Skip("the server did not answer again when its own answer was due: the path may be shorter than the handshake")
			return
		}
		weight, role := analyzer.Weight(1.5), analyzer.Context // two senders, and one handshake does not tell which is the host
		if host != nil && host.RTT.N >= minRTTSamples {
			weight, role = 2.5, analyzer.Forged
		}
		pass.Report(weight, "frame %d, data in the name of %v, acknowledges frame %d after %v, while no SYN/ACK of that host ever took less than %v",
			p.Frame, server.Endpoint, asked.Frame, dur(took), dur(rtt)).
			Explains(p).
			Cite(p, role, "tcp.time_relative", since(f, p.Time), "≥ "+since(f, asked.Time+rtt)).
			Cite(asked, analyzer.Trigger, "tcp.time_relative", since(f, asked.Time), "—").
			Cite(asked, analyzer.Trigger, "tcp.seq_raw", uint32(asked.Seq), ending(asked, p.Ack))
		return
	}
}
