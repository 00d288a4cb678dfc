package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "synack-unanswered",
	Title: "The SYN/ACK was never acknowledged",
	Doc: "The server took the SYN and answered it again and again. A client that goes on sending its SYN did not get the answer: it is lost or dropped on the way back, or by the client's own filter. One that sends nothing more " +
		"may have got it, and what it sent then is lost; or it never meant to open: a scan, or a SYN with a forged source address.",
	Cause:  analyzer.SYNUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The path loses the server's packets, or they go back another way that does not lead to the client.",
		"The client's own filter drops the SYN/ACK.",
		"The client is a scanner, or its address is forged.",
	},
	Next:   "Capture on the client at the same time: does the SYN/ACK arrive there, and is it acknowledged?",
	Refs:   []string{"RFC 9293, sections 3.5 and 3.10.7.3", "RFC 4987", "Linux: tcp_synack_retries"},
	Needs:  flow.NeedNoClose,
	OnFlow: synackUnanswered,
})

func synackUnanswered(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if c.SYNs == 0 || s.SYNs == 0 || c.HasAcked || c.Bytes > 0 || s.Bytes > 0 {
		return
	}
	var syns, answers, again []*flow.Packet
	for i := range f.Packets {
		p := &f.Packets[i]
		switch {
		case !p.IsTCP() || !p.Flags.Any(flow.SYN) || p.Marks.Has(flow.Duplicate):
		case p.Side == flow.Server:
			answers = append(answers, p)
		case len(answers) > 0:
			again = append(again, p)
		default:
			syns = append(syns, p)
		}
	}
	if len(answers) == 0 || len(syns) == 0 {
		return
	}
	answer := answers[0]
	if answer.Ack != c.ISN.Add(1) {
		pass.Skip("the SYN/ACK acknowledges something else than the SYN")
		return
	}
	if len(again) <= 1 || again[len(again)-1].Time-answer.Time < answerWithin {
		if len(again) == 0 && len(answers) > minTries {
			pass.Report(analyzer.Note, "%v answered the SYN of frame %d with a SYN/ACK %d times, first in frame %d, and %v sent nothing more: its answer is lost, or it never meant to open the connection",
				s.Endpoint, syns[0].Frame, len(answers), answer.Frame, c.Endpoint).
				Cite(answer, analyzer.Answer, "tcp.ack_raw", uint32(answer.Ack), uint32(answer.Ack)).
				Cite(answers[len(answers)-1], analyzer.Context, "tcp.seq_raw", uint32(answers[len(answers)-1].Seq), uint32(answer.Seq))
			return
		}
		pass.Skip("the client did not go on sending its SYN")
		return
	}
	where := analyzer.Msg("it is lost on the way back, or dropped at the client")
	if atHost(pass.Capture, f, flow.Client) {
		where = analyzer.Msg("the capture on the client holds it, so that something on the client itself dropped it, or it came damaged")
	}
	last := again[len(again)-1]
	pass.Report(1, "%v answered the SYN of frame %d with a SYN/ACK in frame %d, yet %v sent its SYN %d more times, last in frame %d, %v later, as if it had got none: %s",
		s.Endpoint, syns[0].Frame, answer.Frame, c.Endpoint, len(again), last.Frame, dur(last.Time-answer.Time), where).
		Cite(answer, analyzer.Answer, "tcp.ack_raw", uint32(answer.Ack), uint32(c.ISN.Add(1))).
		Cite(last, analyzer.Trigger, "tcp.seq_raw", uint32(last.Seq), "—").
		Cite(last, analyzer.Trigger, "tcp.time_relative", since(f, last.Time), "—")
}
