package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "trigger",
	Title: "What the client had asked for before the reset",
	Doc: "Devices that filter by content react to what names the content: the server name of TLS, the host and path of HTTP, a banner. This tells the last such message before the reset, how long before, and what was sent " +
		"in between: nothing, if the message itself was the trigger. It accuses nobody, as servers too reset what they do not want.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The server refuses this name or path itself.",
		"The reset has nothing to do with the content.",
	},
	Next:   "Repeat the exchange with the same server and another name, and with the same name and another server: which of the two decides?",
	Refs:   []string{"RFC 6066, section 3", "RFC 9110, section 7.2"},
	Needs:  flow.NeedRST,
	OnFlow: triggerOfReset,
})

func triggerOfReset(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) {
			continue
		}
		if finBefore(f, i, flow.Client) {
			pass.Skip("the client had closed before the reset")
			return
		}
		asked := lastBefore(f, i, flow.Client, func(q *flow.Packet) bool {
			m := f.Says(q)
			return m != nil && (m.Talk == flow.TLSClientHello || m.Talk == flow.HTTPRequest || m.Talk == flow.SSHBanner || m.Talk == flow.DNSQuery)
		})
		if asked == nil {
			pass.Skip("no message of the client before the reset is understood")
			return
		}
		var since [2]uint32 // bytes sent after the message
		for k := indexOf(f, asked) + 1; k < i; k++ {
			if q := &f.Packets[k]; q.IsTCP() && q.Marks&(flow.Retransmitted|flow.Duplicate) == 0 {
				since[q.Side] += q.Len
			}
		}
		m := f.Says(asked)
		found := pass.Report(analyzer.Note, "%v before the reset in frame %d the client had sent %s in frame %d; in between the client had sent %d bytes and the server %d",
			dur(p.Time-asked.Time), p.Frame, named(f, m), asked.Frame, since[flow.Client], since[flow.Server]).
			Explains(p)
		if whole := uint32(m.Code)+helloHeaders <= asked.Len; m.Talk == flow.TLSClientHello && m.Name != 0 && whole {
			found.Cite(asked, analyzer.Trigger, "tls.handshake.extensions_server_name", nameOf(f, m.Name), "—")
		} else {
			found.Cite(asked, analyzer.Trigger, "tcp.len", asked.Len, "—")
		}
		found.Cite(p, analyzer.Context, "tcp.flags.reset", 1, "—")
		return
	}
}

// helloHeaders are those of the record and of the handshake message (RFC 8446, sections 4 and 5.1): Wireshark shows a message where its last
// segment ends.
const helloHeaders = 5 + 4
