package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "app-no-response",
	Title: "The server took the request and did not answer it",
	Doc: "The server's kernel acknowledged the request, so the network delivered it, and acknowledged what came later too, so the way back works. No byte of an answer followed: the " +
		"application on the server is slow, stuck, or waits for something else.",
	Cause:  analyzer.AppNoResponse,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The answer was on its way when the client gave up.",
		"A proxy in front of the server acknowledged the request and could not deliver it.",
	},
	Next:   "Look at the application on the server: its log at the time of the request, its threads, and what it waits for (database, upstream).",
	Refs:   []string{"RFC 9293, section 3.8.6", "RFC 9110, section 15"},
	Needs:  flow.NeedStall,
	OnFlow: appNoResponse,
})

// leastWait is a wait that a user calls no answer: clients and probes in use give up after a second at the soonest.
const leastWait = int64(time.Second)

func appNoResponse(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	asked := lastData(f, func(p *flow.Packet) bool { return p.Marks.Has(flow.Asks) })
	cut := false
	if asked < 0 && s.DataPackets == 0 && webPort(s.Port) {
		asked = lastData(f, func(p *flow.Packet) bool { return p.Heard < requestLine && uint32(p.Heard) < p.Len })
		cut = asked >= 0
	}
	if asked < 0 {
		pass.Skip("no request of a protocol that always answers")
		return
	}
	p := &f.Packets[asked]
	if s.FINs > 0 || s.RSTs > 0 || s.Gaps > 0 || c.AcksUnseen > 0 {
		pass.Skip("the server closed, or packets of it are missing")
		return
	}
	if firstAfter(f, asked, flow.Server, func(q *flow.Packet) bool { return q.Len > 0 }) != nil {
		return
	}
	taken := firstAfter(f, asked, flow.Server, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && p.End().LessEq(q.Ack) })
	if taken == nil {
		pass.Skip("the request was not acknowledged")
		return
	}
	waited := max(f.Last, pass.Capture.Member.To) - taken.Time
	given := firstAfter(f, asked, flow.Client, func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN | flow.RST) })
	if given != nil {
		waited = given.Time - taken.Time
	}
	if waited < max(leastWait, 10*minRTT(f, flow.Client)) {
		pass.Skip("the wait was short")
		return
	}
	if cut {
		pass.Skip("the snap length cut what was sent: only the port says that it was a request")
		found := pass.Report(1, "the data in frame %d, sent to port %d, was acknowledged in frame %d, and no byte of an answer followed within %v", p.Frame, s.Port, taken.Frame, dur(waited)).
			Cite(p, analyzer.Trigger, "tcp.seq_raw", uint32(p.Seq), ending(p, taken.Ack)).
			Cite(taken, analyzer.Answer, "tcp.ack_raw", uint32(taken.Ack), uint32(p.End()))
		found.Cause = analyzer.DataUnanswered
		return
	}
	found := pass.Report(2.5, "frame %d (%s) was acknowledged in frame %d, and no byte of an answer followed within %v", p.Frame, carried(f, p), taken.Frame, dur(waited)).
		Blames(flow.Server).
		Cite(p, analyzer.Trigger, "tcp.seq_raw", uint32(p.Seq), ending(p, taken.Ack)).
		Cite(taken, analyzer.Answer, "tcp.ack_raw", uint32(taken.Ack), uint32(p.End()))
	if given != nil {
		found.Cite(given, analyzer.Context, "tcp.flags", given.Flags, given.Flags)
	}
}

// requestLine is how many bytes it takes to tell a request by its beginning; see the survey's mark Asks.
const requestLine = 6

// lastData gives the index of the client's last packet that was sent once and for which want holds, or -1.
func lastData(f *flow.Flow, want func(*flow.Packet) bool) int {
	for i := len(f.Packets) - 1; i >= 0; i-- {
		p := &f.Packets[i]
		if p.IsTCP() && p.Side == flow.Client && p.Len > 0 && p.Marks&(flow.Retransmitted|flow.Duplicate) == 0 && want(p) {
			return i
		}
	}
	return -1
}

// webPort says that IANA registers a port for HTTP or HTTPS: what is sent there first is a request.
func webPort(port uint16) bool { return port == 80 || port == 443 || port == 8080 || port == 8443 }
