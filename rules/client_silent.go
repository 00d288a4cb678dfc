package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "client-silent",
	Title: "The client opened the connection and then said nothing",
	Doc: "On a port where the client speaks first, a connection that is opened and stays empty is how a server sees a request that vanishes on the way: the handshake passes, and the packet with the server name or the request does not. " +
		"Browsers also open connections ahead of need.",
	Cause:  analyzer.DataUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A browser or connection pool opened the connection ahead of need, or the client is slow.",
		"The capture was started with a filter that hides data.",
	},
	Next:   "Capture on the client at the same time: did it send anything after the handshake, and how often?",
	Refs:   []string{"Sundara Raman et al.: Global, Passive Detection of Connection Tampering, SIGCOMM 2023 (Post-ACK)"},
	Needs:  flow.NeedNoClose,
	OnFlow: clientSilent,
})

func clientSilent(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if !f.Handshake() || c.Bytes > 0 || s.Bytes > 0 || f.FirstRSTFrame > 0 || c.FINs+s.FINs > 0 || !webPort(s.Port) {
		return
	}
	if !atHost(pass.Capture, f, flow.Server) {
		pass.Skip("not captured at the server")
		return
	}
	opened := firstAfter(f, -1, flow.Client, func(p *flow.Packet) bool {
		return p.Flags&(flow.ACK|flow.SYN) == flow.ACK && p.Ack == s.ISN.Add(1)
	})
	if opened == nil {
		return
	}
	quiet := pass.Capture.Member.To - opened.Time
	if quiet < answerWithin {
		pass.Skip("the capture ends before a request was due")
		return
	}
	pass.Report(analyzer.Note, "the client completed the handshake in frame %d and sent no byte in the %v until the capture ends: it had nothing to say, or what it said was dropped on the way", opened.Frame, dur(quiet)).
		Cite(opened, analyzer.Context, "tcp.ack_raw", uint32(opened.Ack), uint32(s.ISN.Add(1)))
}
