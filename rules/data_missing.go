package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "data-missing",
	Title: "Data that the other side sent never arrived",
	Doc: "At the host that the capture was taken on, the other side's sequence numbers run past bytes that never came, and the host never acknowledged them: they were lost on the way, with " +
		"every retransmission. Whether the network dropped them for their size, for what they hold or by accident, this end cannot tell.",
	Cause:  analyzer.DataUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The path lost them, one way or the other.",
		"The other host gave the data up and sent none of it again.",
	},
	Next:   "Capture on the other host at the same time, and look which sizes it sends in vain; ping with large packets that may not be fragmented (ping -M do -s 1472) tests the path's MTU.",
	Refs:   []string{"RFC 2923, section 2.1", "RFC 9293, section 3.8.1"},
	Needs:  flow.NeedLoss,
	OnFlow: dataMissing,
})

func dataMissing(pass *analyzer.Pass, f *flow.Flow) {
	if f.FirstRSTFrame > 0 || f.OneWay() {
		return
	}
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		me, peer := &f.Half[side], &f.Half[side.Other()]
		if me.Gaps == 0 || !peer.HasAcked || !me.HasNext || peer.Acked.Sub(me.Next) >= 0 || !atHost(pass.Capture, f, side.Other()) {
			continue
		}
		var after *flow.Packet
		for _, p := range f.From(side) {
			if after == nil && p.Marks.Has(flow.AfterGap) && peer.Acked.Less(p.Seq) {
				after = p // later holes lie behind what came in between
			}
			if after != nil && p.Len > 0 && p.Seq.LessEq(peer.Acked) && peer.Acked.Less(p.End()) {
				after = nil // it came after all, and the acknowledgment is not in the capture
			}
		}
		if after == nil || f.Last-after.Time > answerWithin && peer.LastTime > after.Time && peer.Acked == me.Next {
			continue
		}
		asked := lastBefore(f, indexOf(f, after), side.Other(), func(p *flow.Packet) bool { return p.Len > 0 })
		if asked == nil {
			pass.Report(1, "frame %d of %v stands at sequence number %d; %d bytes before it never arrived at %v",
				after.Frame, me.Endpoint, uint32(after.Seq), after.Seq.Sub(peer.Acked), peer.Endpoint).
				Cite(after, analyzer.Context, "tcp.seq_raw", uint32(after.Seq), uint32(peer.Acked))
			continue
		}
		pass.Report(1, "frame %d of %v stands at sequence number %d; %d bytes before it never arrived at %v, which had sent frame %d (%s) before",
			after.Frame, me.Endpoint, uint32(after.Seq), after.Seq.Sub(peer.Acked), peer.Endpoint, asked.Frame, carried(f, asked)).
			Cite(after, analyzer.Context, "tcp.seq_raw", uint32(after.Seq), uint32(peer.Acked)).
			Cite(asked, analyzer.Trigger, "tcp.len", asked.Len, "—")
	}
}
