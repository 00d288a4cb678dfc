package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "genuine-after-fin",
	Title: "The host had closed the connection, and reset what came later",
	Doc: "A host that has closed its socket answers later data with a reset of its kernel: the sequence number that the data acknowledged, no window, no options. " +
		"This is the usual fate of an idle keep-alive connection that is used again.",
	Cause:  analyzer.AppIdleClose,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A device that noticed the FIN forgot the connection and answers in the host's name.",
	},
	Next:   "Let the client close idle connections before the server does, or retry on a fresh one: compare both keep-alive timeouts.",
	Refs:   []string{"RFC 9293, section 3.10.7.1", "RFC 1122, section 4.2.2.13"},
	Needs:  flow.NeedRST,
	OnFlow: genuineAfterFIN,
})

func genuineAfterFIN(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !finBefore(f, i, p.Side) {
			continue
		}
		fin := lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Flags.Any(flow.FIN) })
		half := &f.Half[p.Side]
		usual, times := usualTTL(half)
		if times == 0 || flow.Hops(p.TTL) != flow.Hops(usual) {
			continue // the TTL rule speaks
		}
		answered := lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && !q.Flags.Any(flow.RST) && q.Ack == p.Seq })
		if !passive(p) && p.Seq != fin.End() || passive(p) && answered == nil {
			continue
		}
		// Without anything to answer, the host waited for the other side's end, which did not come: kernels give up after a minute or two.
		asked := firstAfter(f, indexOf(f, fin), p.Side.Other(), func(q *flow.Packet) bool { return q.Frame < p.Frame && (q.Carries() || q.Marks.Has(flow.KeepAlive)) })
		waited := asked == nil && !passive(p) && !finBefore(f, i, p.Side.Other())
		var found *analyzer.Finding
		if waited {
			found = pass.Report(2.5, "%v had closed the connection with the FIN in frame %d; the other side never closed, and frame %d ends the wait after %v",
				half.Endpoint, fin.Frame, p.Frame, dur(p.Time-fin.Time))
		} else {
			found = pass.Report(2.5, "%v had closed the connection with the FIN in frame %d; frame %d resets what came %v later",
				half.Endpoint, fin.Frame, p.Frame, dur(p.Time-fin.Time))
		}
		found.Explains(p).Blames(p.Side).
			Cite(fin, analyzer.Context, "tcp.flags.fin", 1, 1).
			Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), uint32(fin.End()))
		if answered != nil && !waited {
			found.Cite(answered, analyzer.Trigger, "tcp.ack_raw", uint32(answered.Ack), uint32(p.Seq))
		}
		switch {
		case gaveUp(f, i):
			found.Cause = analyzer.KeepaliveFailure
		case p.Side == flow.Client:
			found.Cause = analyzer.ClientAbort
		}
	}
}
