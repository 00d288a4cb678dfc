package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "quic-closed",
	Title: "QUIC was refused in its first packets",
	Doc: "A QUIC server that cannot or will not go on says so with CONNECTION_CLOSE in an Initial packet, whose keys anybody can derive: the error is a TLS alert (0x100 and more) or one of the transport's. That " +
		"packet comes from the distance of the server's others.",
	Cause:  analyzer.TLSAlert,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A device on the path derived the keys too and wrote the packet; captures at the server settle it.",
	},
	Next:   "Look the error up in RFC 9000, section 20.1, and in the server's log; 0x2 (CONNECTION_REFUSED) is a server that is told not to accept, or overloaded.",
	Refs:   []string{"RFC 9000, sections 10.2.3 and 20.1", "RFC 9001, section 4.8"},
	Needs:  flow.NeedAlert,
	Proto:  flow.UDP,
	OnFlow: quicClosed,
})

// cryptoError is what QUIC adds to the number of a TLS alert: RFC 9001, section 4.8.
const cryptoError = 0x100

func quicClosed(pass *analyzer.Pass, f *flow.Flow) {
	for k := range f.Messages {
		m := &f.Messages[k]
		p := f.PacketOf(m)
		if m.Talk != flow.QUICClose || p == nil || p.Marks.Has(flow.Duplicate) || m.Code == 0 { // 0 is NO_ERROR
			continue
		}
		if half, host := &f.Half[p.Side], pass.Host(&f.Half[p.Side]); half.TTL.Distinct() > 1 || host != nil && host.TTL.Distinct() > 1 {
			pass.Skip("packets in the name of that host arrived from different distances")
			return
		}
		if p.Side == flow.Server && firstAfter(f, indexOf(f, p), flow.Server, func(q *flow.Packet) bool { n := f.Says(q); return n == nil || n.Talk == flow.QUICHandshake }) != nil {
			pass.Skip("the server went on after the refusal")
			return
		}
		if m.Code >= cryptoError && m.Code < 2*cryptoError {
			description := uint8(m.Code)
			pass.Report(2.5, "%v ended the QUIC handshake in frame %d with CONNECTION_CLOSE and the TLS alert %s (%d)", f.Half[p.Side].Endpoint, p.Frame, alertName(description), description).
				Explains(p).Blames(p.Side).
				Cite(p, analyzer.Answer, "quic.cc.error_code.tls_alert", description, "—")
			return
		}
		found := pass.Report(2.5, "%v ended the QUIC handshake in frame %d with CONNECTION_CLOSE and error 0x%x", f.Half[p.Side].Endpoint, p.Frame, m.Code).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "quic.cc.error_code", m.Code, "—")
		if found.Cause = analyzer.AppAbort; p.Side == flow.Client {
			found.Cause = analyzer.ClientAbort
		}
		return
	}
}
