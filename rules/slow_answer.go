package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "slow-answer",
	Title: "The server took its time to answer",
	Doc: "The request was acknowledged within a round trip, and the first byte of the answer came much later: the network had delivered the request long before, and the time was spent in the program on the server, " +
		"or in what that waits for.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A proxy in front of the server acknowledged the request, and the time was spent behind it.",
		"The request asks for an answer that comes later, as long polling does.",
	},
	Next:   "Look at the server's log for how long this request took there: database, upstream, locks.",
	Refs:   []string{"RFC 9293, section 3.8.6", "RFC 6202"},
	Needs:  flow.NeedStall,
	OnFlow: slowAnswer,
})

// slowShare is how many round trips an answer must have taken on top of its own way to be the server's slowness and not the path's.
const slowShare = 10

func slowAnswer(pass *analyzer.Pass, f *flow.Flow) {
	if f.Half[flow.Server].Gaps > 0 || f.Half[flow.Client].AcksUnseen > 0 {
		pass.Skip("packets of the server are missing")
		return
	}
	var asked, taken, answer *flow.Packet // of the slowest
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Side != flow.Client || !p.Marks.Has(flow.Asks) || p.Marks.Any(flow.Retransmitted|flow.Duplicate) {
			continue
		}
		first := firstAfter(f, i, flow.Server, func(q *flow.Packet) bool { return q.Len > 0 })
		ack := firstAfter(f, i, flow.Server, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && p.End().LessEq(q.Ack) })
		if first == nil || ack == nil || first == ack || first.Marks.Any(flow.Retransmitted|flow.OutOfOrder) {
			continue
		}
		if later := firstAfter(f, i, flow.Client, func(q *flow.Packet) bool { return q.Len > 0 && q.Marks&flow.KeepAlive == 0 }); later != nil && later.Time < first.Time {
			continue // the request went on: its end is not known
		}
		if answer == nil || first.Time-ack.Time > answer.Time-taken.Time {
			asked, taken, answer = p, ack, first
		}
	}
	if answer == nil || answer.Time-taken.Time < max(int64(time.Second), slowShare*(taken.Time-asked.Time)) {
		return
	}
	pass.Report(analyzer.Note, "the request in frame %d was acknowledged after %v (frame %d), and its answer began %v after that, in frame %d",
		asked.Frame, dur(taken.Time-asked.Time), taken.Frame, dur(answer.Time-taken.Time), answer.Frame).
		Cite(asked, analyzer.Trigger, "tcp.time_relative", since(f, asked.Time), "—").
		Cite(taken, analyzer.Answer, "tcp.ack_raw", uint32(taken.Ack), uint32(asked.End())).
		Cite(answer, analyzer.Answer, "tcp.time_relative", since(f, answer.Time), "—")
}
