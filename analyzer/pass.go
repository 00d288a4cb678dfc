package analyzer

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Pass is what a rule works with while it looks at one flow, pair or case.
type Pass struct {
	Rule    *Rule
	Case    *Case
	Capture *Capture // the capture that holds the flow; nil for OnCase
	other   *Capture // OnPair: the second flow's capture
	flow    int      // index in Case.Flows
	found   []*Finding
	skipped []string // reasons
}

// Report makes a finding with the numbers of this case in one sentence. A positive weight argues for the rule's cause.
func (p *Pass) Report(w Weight, format string, args ...any) *Finding {
	f := &Finding{Rule: p.Rule, Flow: p.flow, Cause: p.Rule.Cause, Weight: w, Summary: Msg(format, args...)}
	if p.Capture != nil {
		f.Capture = p.Capture.Index
	}
	p.found = append(p.found, f)
	return f
}

// Skip says that the rule could not tell, and why. The reason is a fixed phrase: reasons are counted.
func (p *Pass) Skip(format string, args ...any) {
	p.skipped = append(p.skipped, fmt.Sprintf(format, args...))
}

// In makes the finding's event and following citations be about the second flow of a pair.
func (p *Pass) Other() *Capture { return p.other }

// HostIPID gives the policy by which the sender of a half fills the IP identification, judged from all its packets in the capture.
func (p *Pass) HostIPID(h *flow.Half) flow.IPIDPolicy {
	if own := h.IPID.Policy(); own != flow.IPIDUnknown && own != flow.IPIDMixed && own != flow.IPIDRandom {
		return own
	}
	if p.Capture == nil || int(h.Host) >= len(p.Capture.Hosts) {
		return flow.IPIDUnknown
	}
	return p.Capture.Hosts[h.Host].IPID.Policy()
}
