package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "gave-up-sending",
	Title: "The host sent the same again and again, got no answer, and gave up",
	Doc: "A host that gets no acknowledgment sends again, waiting longer each time, and gives up after a number of times or a while (Linux: tcp_retries2, TCP_USER_TIMEOUT). Some kernels and programs then " +
		"reset the connection. The reset is the host's own and only ends what was dead already: the question is why nobody acknowledged.",
	Cause:  analyzer.KeepaliveFailure,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The path, or a device on it, dropped the packets or all their acknowledgments.",
		"The other host is down, or was cut off from the network.",
	},
	Next:   "Capture on the other host at the same time, and look whether the repeated packets arrive there.",
	Refs:   []string{"RFC 9293, section 3.8.3", "RFC 5482", "Linux: tcp(7), tcp_retries2"},
	Needs:  flow.NeedRST,
	OnFlow: gaveUpSending,
})

// leastRepeats is how often a packet must have been sent again before its sender is held to have given up: three retransmissions wait
// seven times the first timeout together, beyond the longest burst of loss that is common.
const leastRepeats = 3

func gaveUpSending(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || refusal(p) {
			continue
		}
		original, again := vainRepeats(f, i)
		if again == nil || !sameDistance(f, p) {
			continue
		}
		if passive(p) {
			pass.Skip("the reset answers something: it is not the one that gives up")
			continue
		}
		last := again[len(again)-1]
		pass.Report(2, "%v sent frame %d (%s) again %d times, the last time in frame %d, and got no acknowledgment; frame %d gives the connection up %v after the first attempt",
			f.Half[p.Side].Endpoint, original.Frame, carried(f, original), len(again), last.Frame, p.Frame, dur(p.Time-original.Time)).
			Explains(p).Blames(p.Side).
			Cite(original, analyzer.Trigger, "tcp.seq_raw", uint32(original.Seq), uint32(original.Seq)).
			Cite(last, analyzer.Context, "tcp.seq_raw", uint32(last.Seq), uint32(original.Seq)).
			Cite(p, analyzer.Answer, "tcp.time_relative", since(f, p.Time), "—")
	}
}

// vainRepeats gives the packet that the sender of the reset at index i went on to send again, and the repetitions, if they came at growing
// distances and the other side sent nothing after the first of them; else nil.
func vainRepeats(f *flow.Flow, i int) (original *flow.Packet, again []*flow.Packet) {
	reset := &f.Packets[i]
	for k := i - 1; k >= 0; k-- {
		p := &f.Packets[k]
		if !p.IsTCP() || p.Marks.Has(flow.Duplicate) {
			continue
		}
		if p.Side != reset.Side {
			break
		}
		if p.Marks.Has(flow.Retransmitted) && !p.Flags.Any(flow.SYN) {
			again = append([]*flow.Packet{p}, again...)
		}
	}
	if len(again) < leastRepeats {
		return nil, nil
	}
	for k := range again[2:] { // the first may be a probe of the tail, sooner than the timer
		if again[k].Seq != again[k+1].Seq || again[k+2].Time-again[k+1].Time <= again[k+1].Time-again[k].Time {
			return nil, nil
		}
	}
	for k := range i {
		p := &f.Packets[k]
		if p.IsTCP() && p.Side == reset.Side && p.Carries() && p.Seq.LessEq(again[0].Seq) && again[0].Seq.Less(p.End()) {
			return p, again
		}
	}
	return nil, nil
}
