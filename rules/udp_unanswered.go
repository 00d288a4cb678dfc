package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "udp-unanswered",
	Title: "A request over UDP that nobody answered",
	Doc: "NTP, RADIUS and the exchange that opens an IKE tunnel answer every request. Two and more in a row without an answer were lost on the way, on the way back, or dropped by the server; one end cannot tell " +
		"which. Of other protocols over UDP nothing says that an answer is due, and their silence is not judged.",
	Cause:  analyzer.UDPUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The server is down, does not know this client (RADIUS: another shared secret), or limits how often it answers.",
		"A firewall lets the port out and its answers not in, or the other way round.",
	},
	Next:   "Capture at the server at the same time, and look whether the requests arrive there; read the server's log.",
	Refs:   []string{"RFC 5905, section 9.2", "RFC 2865, section 2.5", "RFC 7296, section 2.1"},
	Needs:  flow.NeedAnswer,
	Proto:  flow.UDP,
	OnFlow: udpUnanswered,
})

// requestTries is how many requests in a row make silence: a single one is lost easily, and NTP asks again only after a minute.
const requestTries = 2

// unseen says that a capture which shows one direction of connections holds nothing at all of a host: its answers may go another way.
func unseen(pass *analyzer.Pass, h *flow.Half) bool {
	host := pass.Host(h)
	return pass.Capture.Health.OneWayFlows > 0 && (host == nil || host.Packets == 0)
}

func udpUnanswered(pass *analyzer.Pass, f *flow.Flow) {
	if unseen(pass, &f.Half[flow.Server]) {
		pass.Skip("the capture shows only one direction")
		return
	}
	if refusedByICMP(f) {
		return // another rule speaks
	}
	var first *flow.Message
	tries := 0
	for i := range f.Messages {
		switch m := &f.Messages[i]; {
		case m.Talk == flow.Request && m.Side == flow.Client && !f.PacketOf(m).Marks.Has(flow.Duplicate):
			if tries++; first == nil {
				first = m
			}
		case m.Talk == flow.Reply:
			first, tries = nil, 0
		}
	}
	if tries < requestTries {
		return
	}
	p := f.PacketOf(first)
	if pass.Capture.Member.To-f.Half[flow.Client].LastTime < answerSpan && pass.Capture.Member.To-p.Time < 2*answerSpan {
		pass.Skip("the capture ends before an answer was due")
		return
	}
	pass.Report(1, "%v sent %d %s requests to %v, from frame %d on, and got no answer", f.Half[flow.Client].Endpoint, tries, flow.ServiceName(first.Code), f.Half[flow.Server].Endpoint, p.Frame).
		Cite(p, analyzer.Trigger, "udp.length", p.Len+udpHeader, "—")
}
