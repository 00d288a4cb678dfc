package analyzer

import (
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// Pass is what a rule works with while it looks at one flow, pair or case.
type Pass struct {
	Rule    *Rule
	Case    *Case
	Capture *Capture // the capture that holds the flow; nil for OnCase
	Proxied bool     // OnPair: a SYN proxy opened the connection, and sends packets that one of the captures alone holds
	other   *Capture // OnPair: the second flow's capture
	facts   []Fact   // OnCase: what OnFlow of the same rule kept
	clocks  map[[2]int]*pairing.Clock
	found   []*Finding
	skipped []string // reasons
	kept    []Fact
}

// Report makes a finding with the numbers of this case in one sentence. A positive weight argues for the rule's cause.
func (p *Pass) Report(w Weight, format string, args ...any) *Finding {
	f := &Finding{Rule: p.Rule, Flow: -1, Cause: p.Rule.Cause, Weight: w, Summary: Msg(format, args...)}
	if p.Capture != nil {
		f.Capture = p.Capture.Index
	}
	p.found = append(p.found, f)
	return f
}

// Fact is what OnFlow of a rule kept of a connection for OnCase of the same rule, which compares it with others.
type Fact struct {
	Conn    *Conn
	Capture *Capture
	Value   any

	rule *Rule
}

// Keep keeps what OnFlow saw of a flow for OnCase of the same rule. Of connections that are not listed it is dropped.
func (p *Pass) Keep(value any) {
	p.kept = append(p.kept, Fact{Capture: p.Capture, Value: value, rule: p.Rule})
}

// Facts gives what OnFlow kept, in the order of the connections' first packets.
func (p *Pass) Facts() []Fact { return p.facts }

// ReportOn is Report about one connection, from OnCase: the connection is weighed again with it. What is seen by comparing connections
// is hardly ever proof by itself: one thing may be the cause of all that is compared.
func (p *Pass) ReportOn(conn *Conn, in *Capture, w Weight, format string, args ...any) *Finding {
	f := p.Report(w, format, args...)
	f.Capture, f.conn = in.Index, conn
	return f
}

// Skip says that the rule could not tell, and why. The reason is a fixed phrase: reasons are counted.
func (p *Pass) Skip(reason string) { p.skipped = append(p.skipped, reason) }

// Turn lets the following findings be about the other flow of the pair.
func (p *Pass) Turn() { p.Capture, p.other = p.other, p.Capture }

// Other gives the capture of the second flow of a pair.
func (p *Pass) Other() *Capture { return p.other }

// spokenOf counts what the findings are about: the flow or pair in hand, or the connections that a comparison reports on.
func (p *Pass) spokenOf() int {
	about := make(map[*Conn]bool)
	for _, f := range p.found {
		about[f.conn] = true
	}
	return len(about)
}

// Translate gives the earliest and the latest time that the clock of one capture can have shown at a time of another's clock; ok is false if they have no
// handshake in common.
func (p *Pass) Translate(at int64, from, to *Capture) (earliest, latest int64, ok bool) {
	return translate(p.clocks, at, from.Index, to.Index)
}

// Host gives what all flows of the sender of a half show together, or nil if the capture has more senders than are followed.
func (p *Pass) Host(h *flow.Half) *flow.Host {
	if h.Host == 0 || int(h.Host) >= len(p.Capture.Hosts) {
		return nil
	}
	return &p.Capture.Hosts[h.Host]
}
