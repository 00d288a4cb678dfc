package rules

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "dns-foreign-answer",
	Title: "The only answer to a DNS query is not of its resolver's make",
	Doc: "Where a device drops the true answer, or the query, its own answer is the only one. It shows by what the resolver never does: it comes from another distance, sooner than the resolver ever answered, " +
		"without the OPT record that the resolver always returns, or with IPv4 addresses where IPv6 ones were asked for. A resolver with several sites behind one address differs in distance and delay too, so these two " +
		"alone are only noted.",
	Cause:  analyzer.DNSInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"The resolver's address leads to several sites, and one of them runs other software.",
		"A filter of the resolver's own operator answers for some names, as parental controls do.",
	},
	Next:   "Ask the same resolver for the same name over TCP or TLS (dig +tcp, dig +tls), and for another name over UDP: only the first differs where a device forges.",
	Refs:   []string{"RFC 6891, section 7", "RFC 4472, section 4.2", "Hoang et al.: Triplet Censors, FOCI 2020"},
	Needs:  flow.NeedAnswers,
	Proto:  flow.UDP,
	OnFlow: dnsForeignAnswer,
})

const (
	// minAnswers of a resolver show how it answers: as many in a row are alike by chance once in 256 times where each of two ways is as likely.
	minAnswers = 8
	// foreignShare is the part of the usual TTL's packets that those with the TTL in question may be at most, so that the one is usual.
	foreignShare = 0.5
	// soonAnswer is the part of the shortest time that the resolver ever took in which nothing of it can be here: a cached answer takes
	// no less than the path.
	soonAnswer = 0.7
)

// answerOddities are what about an answer its resolver never does.
type answerOddities struct {
	far, soon, bare, kind bool
	usual                 uint8
	took, least           int64
}

func dnsForeignAnswer(pass *analyzer.Pass, f *flow.Flow) {
	host := pass.Host(&f.Half[flow.Server])
	if f.Omitted > 0 || f.Unheard > 0 || host == nil {
		pass.Skip("the flow is too long, or its server not followed")
		return
	}
	for i := range f.Messages {
		query := &f.Messages[i]
		if query.Talk != flow.DNSQuery || query.Side != flow.Client || query.Name == 0 || f.PacketOf(query).Marks.Has(flow.Duplicate) {
			continue
		}
		answers, times := answersTo(f, i)
		if times != 1 || len(answers) != 1 {
			continue
		}
		p := answers[0]
		if said := f.Says(p); p.Marks.Has(flow.Truncated) || failure(nameOf(f, said.Answer)) || said.Bits&flow.DNSTruncated != 0 {
			continue
		}
		if host.TTL.Total() < minAnswers {
			pass.Skip("fewer than 8 answers of the resolver to compare with")
			continue
		}
		reportForeign(pass, f, query, p, oddOf(host, f, query, p))
	}
}

func oddOf(host *flow.Host, f *flow.Flow, query *flow.Message, p *flow.Packet) answerOddities {
	said := f.Says(p)
	o := answerOddities{took: p.Time - f.PacketOf(query).Time, least: host.Asked.Quantile(0), kind: said.Bits&flow.OtherKind != 0}
	var times uint32
	o.usual, times = host.TTL.Usual()
	o.far = flow.Hops(p.TTL) != flow.Hops(o.usual) && float64(host.TTL.Count(p.TTL)) <= foreignShare*float64(times)
	if o.least == o.took && host.Asked.N >= minAnswers { // it is counted itself
		o.least = host.Asked.Quantile(1.5 / float64(host.Asked.N-1))
	}
	o.soon = host.Asked.N >= minAnswers && o.least >= leastUsefulRTT && float64(o.took) < soonAnswer*float64(o.least)
	o.bare = query.Bits&flow.Extended != 0 && said.Bits&flow.Extended == 0 && host.Echoed >= minAnswers && host.Bare == 0
	return o
}

func reportForeign(pass *analyzer.Pass, f *flow.Flow, query *flow.Message, p *flow.Packet, o answerOddities) {
	q, said := f.PacketOf(query), f.Says(p)
	weight := analyzer.Proof
	var found *analyzer.Finding
	switch {
	case o.kind && (o.far || o.soon):
		found = pass.Report(weight, "the query for %q in frame %d asks for addresses of one kind, and frame %d answers with the other (%s), with TTL %d (the resolver's packets: %d) after %v (the resolver: %v and more)",
			nameOf(f, query.Name), q.Frame, p.Frame, nameOf(f, said.Answer), p.TTL, o.usual, dur(o.took), dur(o.least)).
			Explains(p)
	case o.bare && o.far && o.soon:
		found = pass.Report(weight, "frame %d answers the query for %q in frame %d with %s, without the OPT record that the resolver returns, with TTL %d (the resolver's packets: %d) after %v (the resolver: %v and more)",
			p.Frame, nameOf(f, query.Name), q.Frame, nameOf(f, said.Answer), p.TTL, o.usual, dur(o.took), dur(o.least)).
			Explains(p)
	case o.far && o.soon:
		found = pass.Report(analyzer.Note, "frame %d answers the query for %q in frame %d with %s, with TTL %d (the resolver's packets: %d) after %v (the resolver: %v and more): another site of the resolver, or a device",
			p.Frame, nameOf(f, query.Name), q.Frame, nameOf(f, said.Answer), p.TTL, o.usual, dur(o.took), dur(o.least))
	default:
		return
	}
	found.Cite(p, analyzer.Forged, "ip.ttl", p.TTL, o.usual).
		Cite(p, analyzer.Forged, "dns.time", fmt.Sprintf("%.9f", float64(o.took)/1e9), fmt.Sprintf("≥ %.9f", float64(o.least)/1e9)).
		Cite(q, analyzer.Trigger, "dns.qry.name", nameOf(f, query.Name), nameOf(f, query.Name))
}
