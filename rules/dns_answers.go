package rules

import (
	"strings"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// answerSpan is how long after its query an answer may still be one to it: the usual timeout of stub resolvers (resolv.conf: 5 s).
const answerSpan = int64(5e9)

// answersTo gives the answers to the query that is message i, and how often it was sent while they were due: 0 if it repeats an earlier one.
// Where two answers came before it was sent again, only what came until then counts, as both then answer one query.
func answersTo(f *flow.Flow, i int) (answers []*flow.Packet, times int) {
	query := &f.Messages[i]
	// A copy of the query that was captured twice is no repetition, and copies of an answer say the same.
	copied := func(m *flow.Message) bool { return f.PacketOf(m).Marks.Has(flow.Duplicate) }
	same := func(m *flow.Message) bool {
		return m.ID == query.ID && m.Name == query.Name && m.Code == query.Code && !copied(m)
	}
	last := f.PacketOf(query).Time
	due := func(m *flow.Message) bool {
		d := f.PacketOf(m).Time - last
		return -answerSpan <= d && d <= answerSpan
	}
	for k := i - 1; k >= 0 && due(&f.Messages[k]); k-- {
		if f.Messages[k].Talk == flow.DNSQuery && same(&f.Messages[k]) {
			return nil, 0
		}
	}
	times = 1
	for k := i + 1; k < len(f.Messages) && due(&f.Messages[k]); k++ {
		m := &f.Messages[k]
		switch {
		case m.Talk == flow.DNSQuery && same(m) && len(answers) > times:
			return answers, times
		case m.Talk == flow.DNSQuery && same(m):
			times, last = times+1, f.PacketOf(m).Time
		case m.Talk == flow.DNSQuery && m.ID == query.ID && !copied(m):
			return answers, times // another query takes the ID over
		case m.Talk == flow.DNSAnswer && m.Side == flow.Server && same(m):
			answers = append(answers, f.PacketOf(m))
		}
	}
	return answers, times
}

// contradict says that two answers have no address or record in common. One that only fails, or that asks to come again over TCP, says
// nothing else about the name: a resolver that is shut down or overloaded does so.
func contradict(f *flow.Flow, a, b *flow.Message) bool {
	x, y := nameOf(f, a.Answer), nameOf(f, b.Answer) // none of an answer that the capture cut
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
