package rules

import (
	"slices"

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

// goodbyeWithin is how long a goodbye may take to begin once the other side's FIN is there, and how long the FIN may take that follows a
// close_notify: programs send them at once, and a lost one is sent again by then.
const goodbyeWithin = retransmitAfter

func closedThenReset(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) {
			continue
		}
		if slices.ContainsFunc(f.Messages, func(m flow.Message) bool { return fatalAlert(&m) }) {
			pass.Skip("a fatal TLS alert came before the end")
			return
		}
		me, peer := &f.Half[p.Side], &f.Half[p.Side.Other()]
		usual, times := usualTTL(me)
		if times == 0 || flow.Hops(p.TTL) != flow.Hops(usual) {
			return
		}
		fin := lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN) })
		closed, read := fin, me.Acked // read: how far the host had read as it closed
		if fin != nil {
			read = fin.Ack
		} else if closed = unseenFIN(f, i); closed == nil {
			return
		}
		bye := lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN) })
		if bye == nil {
			bye = firstAfter(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN) })
		}
		if peer.Next.Sub(read) > goodbye+1 || p.Time-closed.Time > leastIdle || me.Retransmissions > 0 && !peer.HasAcked {
			return
		}
		var found *analyzer.Finding
		switch {
		case fin != nil && bye != nil:
			found = pass.Report(2.5, "%v had closed with the FIN in frame %d and the other side said goodbye in frame %d; the reset in frame %d refuses only that",
				me.Endpoint, fin.Frame, bye.Frame, p.Frame)
		case bye != nil:
			found = pass.Report(2.5, "%v had closed with a FIN that the capture misses and frame %d acknowledges, and the other side said goodbye in frame %d; the reset in frame %d refuses only that",
				me.Endpoint, closed.Frame, bye.Frame, p.Frame)
		case fin != nil && p.Seq == fin.End() && oneMoreReset(pass, f, p.Side, read):
			pass.Report(2.5, "%v had closed with the FIN in frame %d; the reset in frame %d refuses a goodbye that the capture misses in part, as there is one reset more than packets to refuse",
				me.Endpoint, fin.Frame, p.Frame).
				Explains(p).
				Cite(fin, analyzer.Context, "tcp.flags.fin", 1, 1).
				Cite(p, analyzer.Context, "tcp.seq_raw", uint32(p.Seq), uint32(fin.End()))
			return
		case fin != nil && pass.Capture.Member.To-p.Time < goodbyeWithin && p.Time-fin.Time < minRTT(f, p.Side)+goodbyeWithin:
			pass.Report(2.5, "%v had closed with the FIN in frame %d; the capture ends so soon after the reset in frame %d that the other side's goodbye may be yet to come, and no more is refused",
				me.Endpoint, fin.Frame, p.Frame).
				Explains(p).
				Cite(fin, analyzer.Context, "tcp.flags.fin", 1, 1).
				Cite(p, analyzer.Context, "tcp.seq_raw", uint32(p.Seq), uint32(fin.End()))
			return
		default:
			return
		}
		found.Explains(p)
		if fin != nil {
			found.Cite(fin, analyzer.Context, "tcp.flags.fin", 1, 1)
		} else {
			found.Cite(closed, analyzer.Context, "tcp.ack_raw", uint32(closed.Ack), uint32(p.Seq))
		}
		found.Cite(bye, analyzer.Context, "tcp.flags.fin", 1, 1)
		if fin != nil {
			found.Cite(p, analyzer.Context, "tcp.seq_raw", uint32(p.Seq), uint32(fin.End()))
		}
		return
	}
}

// unseenFIN gives the packet that acknowledges the FIN of the sender of the reset at index i where the capture misses that FIN itself: it
// acknowledges one byte more than the capture holds, and the reset stands there, or nil.
func unseenFIN(f *flow.Flow, i int) *flow.Packet {
	p := &f.Packets[i]
	return lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool {
		return q.Marks.Has(flow.AcksUnseen) && q.Ack == p.Seq && q.Ack == highest(f, i, p.Side).Add(1)
	})
}

// oneMoreReset says that a host without socket refused one packet more than the capture holds of what the other side sent from a number on:
// each such reset answers one.
func oneMoreReset(pass *analyzer.Pass, f *flow.Flow, side flow.Side, from flow.Seq) bool {
	resets, refused := 0, 0
	for i := range f.Packets {
		switch p := &f.Packets[i]; {
		case !p.IsTCP():
		case p.Side == side && isReset(pass, p) && passive(p):
			resets++
		case p.Side != side && p.Carries() && from.Less(p.End()):
			refused++
		}
	}
	return refused > 0 && resets == refused+1
}
