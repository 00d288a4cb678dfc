package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "quic-unanswered",
	Title: "QUIC got no answer, or no longer one",
	Doc: "A QUIC client sends its first packet again and again until the server answers, and both sides acknowledge what they get. Where nothing comes, the datagrams were lost on the way, on the way back, or " +
		"dropped by the host's own filter; a host that does not speak QUIC behind a filter that drops is silent too, and one end cannot tell these apart. Browsers fall back to TCP after a while: the user waits.",
	Cause:  analyzer.UDPUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The server does not speak QUIC, or its operator lets no UDP in.",
		"The client's own network lets no UDP out, as many companies choose.",
		"The path lost the datagrams, one way or the other.",
	},
	Next:   "Capture at the server at the same time, and look whether the datagrams arrive there. Ask for the same address with another server name (curl --http3-only --connect-to): if that is answered, the name decides.",
	Refs:   []string{"RFC 9000, section 8.1", "RFC 9002, section 6.2", "RFC 9308, section 2"},
	Needs:  flow.NeedAnswer,
	Proto:  flow.UDP,
	OnFlow: quicUnanswered,
})

const (
	// quicWait is how long nothing must come for silence: longer than the first three probe timeouts of RFC 9002, section 6.2, without a
	// round-trip time (1, 2 and 4 s from the first on, of which browsers use a third and less).
	quicWait = int64(2 * time.Second)
	// quicTries is how many datagrams must have been in vain: one is lost easily, and a last one may close the connection.
	quicTries = 3
)

func quicUnanswered(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if unseen(pass, &f.Half[flow.Server]) {
		pass.Skip("the capture shows only one direction")
		return
	}
	if refusedByICMP(f) {
		return // another rule speaks
	}
	var first, last *flow.Packet // of what came after all that the server sent
	tries, initials := 0, 0
	var id *flow.Message
	for i := range f.Packets {
		p := &f.Packets[i]
		switch m := f.Says(p); {
		case !p.IsTCP() || p.Marks.Has(flow.Duplicate):
			continue
		case p.Side == flow.Server:
			first, tries, initials, id = nil, 0, 0, nil
			continue
		case m != nil && m.Talk == flow.QUICClose:
			return // the client ended it
		case m != nil && m.Talk == flow.QUICInitial:
			if id == nil {
				id = m
			}
			if m.Answer == id.Answer {
				initials++
			}
		}
		if tries++; first == nil {
			first = p
		}
		last = p
	}
	if !saysQUIC(f) || first == nil {
		return
	}
	if tries < quicTries && (initials < 2 || s.Packets > 0) || pass.Capture.Member.To-first.Time < quicWait {
		pass.Skip("too few datagrams, or too short a time, to call it silence")
		return
	}
	if s.Packets > 0 {
		before := lastBefore(f, indexOf(f, first), flow.Server, func(*flow.Packet) bool { return true })
		pass.Report(1, "the last datagram of %v is frame %d; %v sent %d more until frame %d, and nothing answers them", s.Endpoint, before.Frame, c.Endpoint, tries, last.Frame).
			Cite(first, analyzer.Trigger, "udp.length", first.Len+udpHeader, "—").
			Cite(before, analyzer.Baseline, "udp.length", before.Len+udpHeader, "—")
		return
	}
	if id == nil {
		return
	}
	found := pass.Report(1, "%v sent its first QUIC packet to %v %d times within %v, from frame %d on, and got no answer", c.Endpoint, s.Endpoint, initials, dur(last.Time-first.Time), first.Frame).
		Cite(f.PacketOf(id), analyzer.Trigger, "quic.dcid", nameOf(f, id.Answer), "—")
	if pass.Capture.Accepts(s.Endpoint) {
		found.Summary = analyzer.Msg("%v sent its first QUIC packet to %v %d times within %v, from frame %d on, and got no answer, while the same address and port accepted TCP connections: the host is up, and UDP to it is not let through, or it does not speak QUIC",
			c.Endpoint, s.Endpoint, initials, dur(last.Time-first.Time), first.Frame)
	}
}

// udpHeader is counted in the length field of UDP (RFC 768).
const udpHeader = 8

// saysQUIC says that the flow is a QUIC connection.
func saysQUIC(f *flow.Flow) bool {
	for i := range f.Messages {
		if f.Messages[i].Talk.IsQUIC() {
			return true
		}
	}
	return false
}
