package rules

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "dns-two-answers",
	Title: "One DNS query, two answers that contradict each other",
	Doc: "A resolver answers a query once. Two answers to the same query that share no address were written by two senders, and the one that arrives with another TTL " +
		"than the server's other packets is the foreign one: a device saw the query pass and answered faster. The program that asked takes the first answer.",
	Cause:  analyzer.DNSInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"A forwarder asks several resolvers at once and passes on all that they say.",
		"Two resolvers behind one address both answered, over paths of different length.",
	},
	Next:   "Ask the same resolver over TCP or TLS (dig +tcp, dig +tls), and ask another resolver on the same path: a device that forges answers does it for names, not for servers.",
	Refs:   []string{"RFC 1035, section 7.3", "RFC 5452, section 9", "Duan et al.: Hold-On, 2012", "Hoang et al.: Triplet Censors, FOCI 2020"},
	Needs:  flow.NeedAnswers,
	Proto:  flow.UDP,
	OnFlow: dnsTwoAnswers,
})

// suspicion is the weight of what only asks for a better capture.
const suspicion = 0.5

func dnsTwoAnswers(pass *analyzer.Pass, f *flow.Flow) {
	if f.Omitted > 0 || f.Unheard > 0 {
		pass.Skip("the flow is too long to look at every packet")
		return
	}
	for i := range f.Messages {
		if m := &f.Messages[i]; m.Talk != flow.DNSQuery || m.Side != flow.Client || m.Name == 0 || f.PacketOf(m).Marks.Has(flow.Duplicate) {
			continue
		}
		switch answers, times := answersTo(f, i); {
		case times == 0:
			// a repetition: what answers it is looked at with the first
		case times > 1 && len(answers) <= times:
			if len(answers) > 1 {
				pass.Skip("the query was sent more than once, and each may have its answer")
			}
		case len(answers) > 1:
			reportAnswers(pass, f, f.PacketOf(&f.Messages[i]), answers)
		}
	}
}

// reportAnswers tells the foreign answers from the server's own by the TTL that the server's packets have on all its flows.
func reportAnswers(pass *analyzer.Pass, f *flow.Flow, query *flow.Packet, answers []*flow.Packet) {
	host := pass.Host(&f.Half[flow.Server])
	if host == nil {
		pass.Skip("the capture has more senders than are followed")
		return
	}
	own := slices.MaxFunc(answers, func(a, b *flow.Packet) int { return cmp.Compare(host.TTL.Count(a.TTL), host.TTL.Count(b.TTL)) })
	times, other := host.TTL.Count(own.TTL), f.Says(own)
	if answers[0].Marks.Has(flow.Truncated) && answers[1].Marks.Has(flow.Truncated) {
		pass.Report(suspicion, "the query for %q in frame %d was answered by frames %d and %d, and the snap length cut what they say: whether they contradict each other is not known",
			nameOf(f, other.Name), query.Frame, answers[0].Frame, answers[1].Frame).
			Cite(query, analyzer.Trigger, "dns.id", hex(other.ID), hex(other.ID)).
			Cite(answers[0], analyzer.Context, "ip.ttl", answers[0].TTL, own.TTL).
			Cite(answers[1], analyzer.Context, "ip.ttl", answers[1].TTL, own.TTL)
		return
	}
	for _, p := range answers {
		said := f.Says(p)
		if !contradict(f, said, other) {
			continue
		}
		if p.TTL == own.TTL || times < minTTLSamples || times < 2*host.TTL.Count(p.TTL) {
			pass.Skip("two answers contradict each other, and the TTL does not tell the foreign one")
			continue
		}
		pass.Report(analyzer.Proof, "the query for %q in frame %d was answered twice: frame %d says %s and arrived with TTL %d, frame %d says %s and arrived with TTL %d, as %d packets of that server did",
			nameOf(f, said.Name), query.Frame, p.Frame, nameOf(f, said.Answer), p.TTL, own.Frame, nameOf(f, other.Answer), own.TTL, times).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.ttl", p.TTL, own.TTL).
			Cite(own, analyzer.Baseline, "ip.ttl", own.TTL, own.TTL).
			Cite(own, analyzer.Answer, "dns.id", hex(other.ID), hex(said.ID)).
			Cite(query, analyzer.Trigger, "dns.qry.name", nameOf(f, said.Name), nameOf(f, said.Name))
	}
}
