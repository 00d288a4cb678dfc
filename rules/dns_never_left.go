package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:     "dns-never-left",
	Title:  "The resolver's own capture never sent this answer",
	Doc:    "Both ends were captured. The resolver's capture holds the query and what the resolver answered; an answer that the client got and that is not among it was made or changed in between.",
	Cause:  analyzer.DNSInjection,
	Family: analyzer.FamilyPeer,
	Innocent: []string{
		"A proxy for DNS on the way, such as a home router, asks the resolver itself and answers from its cache.",
		"A firewall rewrites the addresses in answers as it translates addresses (DNS doctoring), as it was told to.",
		"The resolver's address leads to several machines, and another one answered.",
	},
	Next:   "Compare both captures in Wireshark with the filter dns.id: the answers differ. Ask the resolver over TLS (dig +tls), which nobody on the way can answer.",
	Refs:   []string{"RFC 5452, section 9", "RFC 5625"},
	Needs:  flow.NeedAnswers,
	Proto:  flow.UDP,
	OnPair: dnsNeverLeft,
})

func dnsNeverLeft(pass *analyzer.Pass, f, peer *flow.Flow) {
	at := pass.Other()
	if !atHost(at, peer, flow.Server) || at.Member.Role == analyzer.AtClient || atHost(pass.Capture, f, flow.Server) {
		pass.Skip("the other capture was not taken at the server")
		return
	}
	if f.Omitted > 0 || f.Unheard > 0 || peer.Omitted > 0 || peer.Unheard > 0 {
		pass.Skip("the flow is too long to look at every packet")
		return
	}
	if why := witness(at); why != "" {
		pass.Skip(why)
		return
	}
	if at.Member.Truncated {
		pass.Skip("the sender's capture is cut short")
		return
	}
	for k := range f.Messages {
		m := &f.Messages[k]
		p := f.PacketOf(m)
		if m.Talk != flow.DNSAnswer || m.Side != flow.Server || m.Answer == 0 || p.Marks.Any(flow.Duplicate|flow.Truncated) {
			continue
		}
		query, same, own := inOther(f, peer, m)
		if query == nil || own == nil || same {
			continue // the query did not arrive there, or what was answered is not known
		}
		if asked(f, m) > asked(peer, m) {
			pass.Skip("the query was sent more often than the resolver's capture holds it: it may have missed an answer too")
			continue
		}
		pass.Report(4, "frame %d answers the query for %q with %s; the resolver's own capture holds the query in frame %d there and the answer %s in frame %d, and no other",
			p.Frame, nameOf(f, m.Name), nameOf(f, m.Answer), query.Frame, nameOf(peer, own.Answer), own.Frame).
			Explains(p).
			Cite(p, analyzer.Forged, "dns.id", hex(m.ID), "—").
			CiteIn(at, peer.PacketOf(query), analyzer.Trigger, "dns.qry.name", nameOf(f, m.Name), nameOf(f, m.Name)).
			CiteIn(at, peer.PacketOf(own), analyzer.Baseline, "dns.id", hex(own.ID), hex(own.ID))
	}
}

// inOther looks for the query of an answer in the other capture: the query, whether the answer is there, and any answer to it whose
// content is known.
func inOther(f, peer *flow.Flow, answer *flow.Message) (query *flow.Message, same bool, own *flow.Message) {
	for k := range peer.Messages {
		m := &peer.Messages[k]
		if m.ID != answer.ID || m.Code != answer.Code || nameOf(peer, m.Name) != nameOf(f, answer.Name) {
			continue
		}
		switch {
		case m.Talk == flow.DNSQuery:
			query = m
		case m.Talk == flow.DNSAnswer && m.Answer == 0:
			return nil, false, nil // the snap length cut it: nothing can be told
		case m.Talk == flow.DNSAnswer:
			own = m
			same = same || nameOf(peer, m.Answer) == nameOf(f, answer.Answer)
		}
	}
	return query, same, own
}

// asked counts the queries that a message may answer.
func asked(f *flow.Flow, answer *flow.Message) (n int) {
	for k := range f.Messages {
		m := &f.Messages[k]
		if m.Talk == flow.DNSQuery && m.ID == answer.ID && m.Code == answer.Code && nameOf(f, m.Name) == nameOf(f, answer.Name) && !f.PacketOf(m).Marks.Has(flow.Duplicate) {
			n++
		}
	}
	return n
}
