package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "closed-then-reset",
	Title: "The connection was over, and its last words were refused",
	Doc: "A host that has closed its socket refuses what still arrives. If that is only the other side's own goodbye - a TLS close_notify, a FIN - nothing was " +
		"lost: the connection ended as intended.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The last bytes mattered to the application after all.",
	},
	Next:   "Nothing: this is how many programs close.",
	Refs:   []string{"RFC 9293, section 3.10.7.1", "RFC 8446, section 6.1"},
	Needs:  flow.NeedRST,
	OnFlow: closedThenReset,
})

// goodbye is the most that a closing protocol says last: a TLS close_notify takes 24 to 57 bytes, depending on its cipher.
const goodbye = 64

func closedThenReset(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) {
			continue
		}
		fin := lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN) })
		bye := lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN) })
		usual, times := usualTTL(&f.Half[p.Side])
		if fin == nil || times == 0 || hops(p.TTL) != hops(usual) {
			return
		}
		refused := f.Half[p.Side.Other()].Next.Sub(fin.Ack)
		if bye == nil {
			bye = firstAfter(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN) })
		}
		if bye == nil || refused > goodbye+1 || p.Time-fin.Time > leastIdle || f.Half[p.Side].Retransmissions > 0 && !f.Half[p.Side.Other()].HasAcked {
			return
		}
		pass.Report(2.5, "%v had closed with the FIN in frame %d and the other side said goodbye in frame %d; the reset in frame %d refuses only that",
			f.Half[p.Side].Endpoint, fin.Frame, bye.Frame, p.Frame).
			Explains(p).
			Cite(fin, analyzer.Context, "tcp.flags.fin", 1, 1).
			Cite(bye, analyzer.Context, "tcp.flags.fin", 1, 1).
			Cite(p, analyzer.Context, "tcp.seq_raw", uint32(p.Seq), uint32(fin.End()))
		return
	}
}
