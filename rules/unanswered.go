package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "unanswered",
	Title: "Packets that nobody answered",
	Doc: "A SYN that gets no answer, or data that is sent again and again and never acknowledged, was lost on the way, on the way back, or dropped by the other host. One " +
		"end cannot tell which.",
	Cause:  analyzer.SYNUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The other host is down, its queue is full, or its own firewall drops the packets.",
		"The path lost them, one way or the other.",
	},
	Next:   "Capture on the other host at the same time, and look whether the packets arrive there.",
	Refs:   []string{"RFC 9293, section 3.8.1", "RFC 6298"},
	Needs:  flow.NeedUnanswered,
	OnFlow: unanswered,
})

// minTries is how often data must have been sent again to call it unanswered: two retransmissions span at least three timeouts.
const minTries = 2

// answerWithin is how long an answer may take: the first retransmission timeout of old stacks (RFC 1122, section 4.2.3.1).
const answerWithin = int64(3 * time.Second)

func unanswered(pass *analyzer.Pass, f *flow.Flow) {
	if f.FirstRSTFrame > 0 {
		return
	}
	if f.OneWay() {
		pass.Skip("the capture shows only one direction")
		return
	}
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if c.SYNs > 0 && s.Packets == 0 && c.Bytes == 0 {
		// A SYN that an ICMP error refuses is not sent again.
		health := &pass.Capture.Health
		refused := health.CutICMPAt > c.LastTime
		if c.SYNs == 1 && pass.Capture.Member.To-c.LastTime < answerWithin && !refused {
			pass.Skip("the capture ends before an answer was due")
			return
		}
		for _, p := range f.From(flow.Client) {
			found := pass.Report(1, "%v sent %d SYNs to %v, the first in frame %d, and got no answer", c.Endpoint, c.SYNs, s.Endpoint, p.Frame).
				Cite(p, analyzer.Context, "tcp.flags.syn", 1, 1)
			if refused {
				found.ButAgainst("an ICMP error such as that in frame %d may be its answer: the snap length cut the ports that it quotes", health.CutICMPFrame)
			}
			return
		}
	}
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		me, peer := &f.Half[side], &f.Half[side.Other()]
		if me.Bytes == 0 || peer.HasAcked && !peer.Acked.Less(me.Next) {
			continue
		}
		lost, last, tries := sentInVain(f, side)
		if lost == nil || tries <= minTries || last.Time-lost.Time < retransmitAfter {
			continue
		}
		if peer.Window.Seen && peer.Window.Last == 0 && peer.LastTime > lost.Time {
			pass.Skip("the other side's window was closed")
			continue
		}
		expected := "—"
		if peer.HasAcked {
			expected = "< " + sprint(uint32(peer.Acked))
		}
		found := pass.Report(1, "%v sent frame %d (%s) %d times in all, last in frame %d, and it was never acknowledged", me.Endpoint, lost.Frame, carried(f, lost), tries, last.Frame).
			Cite(lost, analyzer.Trigger, "tcp.seq_raw", uint32(lost.Seq), expected).
			Cite(last, analyzer.Context, "tcp.seq_raw", uint32(last.Seq), expected)
		found.Cause = analyzer.DataUnanswered
	}
}
