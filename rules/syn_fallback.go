package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "syn-fallback",
	Title: "Only a plainer SYN was answered",
	Doc: "A SYN that offers ECN, carries data (TCP Fast Open) or timestamps is dropped by some devices and hosts; clients then ask again with a plainer one. If none of the former was answered and the plain one is at once, " +
		"what it left out may be why. One such connection may be chance; many are not.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The first SYNs were lost by chance.",
		"The server itself, or a load balancer before it, drops SYNs of this kind.",
	},
	Next:   "Open several connections with and without what the first SYN offered (Linux: net.ipv4.tcp_ecn, tcp_fastopen, tcp_timestamps) and compare; a capture on the server shows whether such SYNs arrive there.",
	Refs:   []string{"RFC 3168, section 6.1.1.1", "RFC 7413, section 4.1.3.1", "RFC 7323"},
	Needs:  flow.NeedLoss,
	OnFlow: synFallback,
})

func synFallback(pass *analyzer.Pass, f *flow.Flow) {
	var offered, plain, answer *flow.Packet
	tries := 0
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || !p.Flags.Any(flow.SYN) || p.Marks.Has(flow.Duplicate) {
			continue
		}
		if p.Side == flow.Server {
			answer = p
			break
		}
		switch {
		case offered == nil:
			offered, tries = p, 1
		case plain == nil && difference(offered, p).IsZero():
			tries++
		case plain == nil:
			plain = p
		}
	}
	if plain == nil || answer == nil {
		return
	}
	if least := minRTT(f, flow.Client); least > 0 && answer.Time-plain.Time < least || answer.Time-plain.Time < resolution(pass) {
		pass.Skip("the answer came too soon for the last SYN: it answers an earlier one")
		return
	}
	pass.Report(analyzer.Note, "the SYN in frame %d, sent %d times, got no answer, and the one in frame %d, without %s, was answered %v later in frame %d",
		offered.Frame, tries, plain.Frame, difference(offered, plain), dur(answer.Time-plain.Time), answer.Frame).
		Cite(offered, analyzer.Context, "tcp.flags", offered.Flags, plain.Flags).
		Cite(plain, analyzer.Baseline, "tcp.flags", plain.Flags, plain.Flags).
		Cite(answer, analyzer.Answer, "tcp.ack_raw", uint32(answer.Ack), uint32(plain.Seq.Add(1)))
}

// difference says what a SYN has that a later one has not; zero if nothing.
func difference(offered, plain *flow.Packet) analyzer.Message {
	switch {
	case offered.Flags.Any(flow.ECE) && !plain.Flags.Any(flow.ECE):
		return analyzer.Msg("the offer of ECN")
	case offered.Len > 0 && plain.Len == 0:
		return analyzer.Msg("the data of TCP Fast Open")
	case offered.Marks.Has(flow.HasTimestamps) && !plain.Marks.Has(flow.HasTimestamps):
		return analyzer.Msg("timestamps")
	case offered.Marks.Has(flow.HasOptions) && !plain.Marks.Has(flow.HasOptions):
		return analyzer.Msg("options")
	}
	return analyzer.Message{}
}
