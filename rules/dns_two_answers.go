package rules

import (
	"cmp"
	"slices"
	"strings"

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

// answerSpan is how long after its query an answer may still be one to it: the usual timeout of stub resolvers (resolv.conf: 5 s).
const answerSpan = int64(5e9)

func dnsTwoAnswers(pass *analyzer.Pass, f *flow.Flow) {
	if f.Omitted > 0 || f.Unheard > 0 {
		pass.Skip("the flow is too long to look at every packet")
		return
	}
	for i := range f.Messages {
		if m := &f.Messages[i]; m.Talk != flow.DNSQuery || m.Side != flow.Client || m.Name == 0 || f.PacketOf(m).Marks.Has(flow.Duplicate) {
			continue
		}
		if answers, again := answersTo(f, i); again {
			pass.Skip("the query was sent more than once, and each may have its answer")
		} else if len(answers) > 1 {
			reportAnswers(pass, f, f.PacketOf(&f.Messages[i]), answers)
		}
	}
}

// answersTo gives the answers to the query that is message i, and whether the query was sent again while they were due.
func answersTo(f *flow.Flow, i int) (answers []*flow.Packet, again bool) {
	query := &f.Messages[i]
	// A copy of the query that was captured twice is no repetition, and copies of an answer say the same.
	copied := func(m *flow.Message) bool { return f.PacketOf(m).Marks.Has(flow.Duplicate) }
	same := func(m *flow.Message) bool {
		return m.ID == query.ID && m.Name == query.Name && m.Code == query.Code && !copied(m)
	}
	due := func(m *flow.Message) bool {
		d := f.PacketOf(m).Time - f.PacketOf(query).Time
		return -answerSpan <= d && d <= answerSpan
	}
	for k := i - 1; k >= 0 && !again && due(&f.Messages[k]); k-- {
		again = f.Messages[k].Talk == flow.DNSQuery && same(&f.Messages[k])
	}
	for k := i + 1; k < len(f.Messages) && due(&f.Messages[k]); k++ {
		m := &f.Messages[k]
		switch {
		case m.Talk == flow.DNSQuery && same(m):
			again = true
		case m.Talk == flow.DNSQuery && m.ID == query.ID && !copied(m):
			return answers, again // another query takes the ID over
		case m.Talk == flow.DNSAnswer && m.Side == flow.Server && same(m):
			if p := f.PacketOf(m); !p.Marks.Has(flow.Truncated) {
				answers = append(answers, p)
			}
		}
	}
	return answers, again
}

// contradict says that two answers have no address or record in common. One that only fails, or that asks to come again over TCP, says
// nothing else about the name: a resolver that is shut down or overloaded does so.
func contradict(f *flow.Flow, a, b *flow.Message) bool {
	x, y := f.Names[a.Answer], f.Names[b.Answer]
	if a.Bits&flow.DNSTruncated != 0 || b.Bits&flow.DNSTruncated != 0 || x == "" || y == "" || failure(x) || failure(y) {
		return false
	}
	for _, one := range strings.Split(x, ", ") {
		if strings.Contains(", "+y+", ", ", "+one+", ") {
			return false
		}
	}
	return true
}

func failure(answer string) bool {
	return strings.HasPrefix(answer, "RCODE ") || answer == "SERVFAIL" || answer == "REFUSED" || answer == "FORMERR" || answer == "NOTIMP"
}

// reportAnswers tells the foreign answers from the server's own by the TTL that the server's packets have on all its flows.
func reportAnswers(pass *analyzer.Pass, f *flow.Flow, query *flow.Packet, answers []*flow.Packet) {
	host := pass.Host(&f.Half[flow.Server])
	if host == nil {
		pass.Skip("the capture has more senders than are followed")
		return
	}
	own := slices.MaxFunc(answers, func(a, b *flow.Packet) int { return cmp.Compare(hostShare(host, a.TTL), hostShare(host, b.TTL)) })
	times, other := hostShare(host, own.TTL), f.Says(own)
	for _, p := range answers {
		said := f.Says(p)
		if !contradict(f, said, other) {
			continue
		}
		if p.TTL == own.TTL || times < minTTLSamples || times < 2*hostShare(host, p.TTL) {
			pass.Skip("two answers contradict each other, and the TTL does not tell the foreign one")
			continue
		}
		pass.Report(analyzer.Proof, "the query for %q in frame %d was answered twice: frame %d says %s and arrived with TTL %d, frame %d says %s and arrived with TTL %d, as %d packets of that server did",
			f.Names[said.Name], query.Frame, p.Frame, f.Names[said.Answer], p.TTL, own.Frame, f.Names[other.Answer], own.TTL, times).
			Explains(p).
			Cite(p, analyzer.Forged, "ip.ttl", p.TTL, own.TTL).
			Cite(own, analyzer.Baseline, "ip.ttl", own.TTL, own.TTL).
			Cite(own, analyzer.Answer, "dns.id", hex(other.ID), hex(said.ID)).
			Cite(query, analyzer.Trigger, "dns.qry.name", f.Names[said.Name], f.Names[said.Name])
	}
}

// hostShare gives how many packets of a host arrived with a TTL.
func hostShare(h *flow.Host, ttl uint8) uint32 {
	for i, v := range h.TTL.Values {
		if v == ttl {
			return h.TTL.Counts[i]
		}
	}
	return 0
}
