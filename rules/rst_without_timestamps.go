package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-without-timestamps",
	Title: "The reset has its socket's window and not its timestamps",
	Doc: "Once both sides have agreed on timestamps, a socket sends them in every packet, its reset included where that carries the socket's window. A reset with a live window and " +
		"without timestamps was put together, or taken apart, by something else.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A stack that leaves timestamps out of resets, as BSD and Apple do: RFC 7323 asks for them and does not require them.",
		"A device on the way strips options.",
	},
	Next:   "Look whether other resets of that host have timestamps.",
	Refs:   []string{"RFC 7323, section 3.2"},
	Needs:  flow.NeedRST,
	OnFlow: rstWithoutTimestamps,
})

func rstWithoutTimestamps(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !p.Flags.Any(flow.ACK) || p.Window == 0 || p.Marks.Any(flow.HasTimestamps|flow.Truncated) {
			continue
		}
		half := &f.Half[p.Side]
		if !half.TimestampsOffered || !f.Half[p.Side.Other()].TimestampsOffered {
			continue
		}
		if bsd(half) {
			pass.Skip("the sender's SYN is that of a BSD or an Apple system, whose resets have no timestamps")
			continue
		}
		last := lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Marks.Has(flow.HasTimestamps) })
		if last == nil || lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return ordinary(q) && !q.Marks.Any(flow.HasTimestamps|flow.Truncated) }) != nil {
			pass.Skip("the sender does not send timestamps in every packet")
			continue
		}
		pass.Report(1, "frame %d, a reset in the name of %v, has the window %d and no timestamps, which that host sends in all its packets",
			p.Frame, half.Endpoint, p.Window).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.window_size_value", p.Window, 0).
			Cite(last, analyzer.Baseline, "tcp.options.timestamp.tsval", last.TSval, last.TSval)
	}
}

// bsd says that a side opened as the stacks of the BSD family do: with the largest window that is not scaled, and a scale of at most 6.
// FreeBSD before 10, macOS and iOS leave timestamps out of resets (the condition on TH_RST in tcp_output.c). Linux begins with less, or,
// as on Android, with a scale of 8 and more; the rare Linux that looks the same is only spared.
func bsd(h *flow.Half) bool {
	const largest, steepest = 65535, 6
	return h.SeenSYN && h.SYNWindow == largest && h.WScale <= steepest
}
