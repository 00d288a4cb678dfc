package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// exhibit shows one judged flow.
func (b *builder) exhibit(e *analyzer.Exhibit) *ExhibitView {
	t, c := b.lang, b.Flows[e.Conn]
	v := &ExhibitView{Class: c.Class, Title: connection(c.Client(), c.Server()), Open: sentences(t, c.Open)}
	v.Summary = t.Say(analyzer.Msg("%s. Certainty: %s.", b.what(c), b.sure(c.Grade, c.Confidence)))
	if tunnel := c.Seen[0].Tunnel(); tunnel != "" {
		v.Summary += t.Say(analyzer.Msg(" Its packets were carried in %s; addresses and TTLs are those within.", tunnel))
	}
	switch {
	case e.Other != nil:
		v.Summary += t.Say(analyzer.Msg(" The filter and charts below are those of %s; the packets are those of both ends.", b.capture(e.Capture)))
	case len(b.Captures) > 1:
		v.Summary += t.Say(analyzer.Msg(" The filter, charts and packets below are those of %s.", b.capture(e.Capture)))
	}
	v.Reasons = b.reasons(c)
	for _, k := range c.Findings {
		f := b.Findings[k]
		if opposes(c.Class, f) {
			v.Against = appendNew(v.Against, clean(t.Say(b.InCapture(f))))
			continue
		}
		v.Against = appendNew(v.Against, sentences(t, f.Against)...)
		if f.Weight <= 0 || c.Class != analyzer.Inconclusive && f.Cause.Class() != c.Class {
			continue // a remark explains nothing that went wrong
		}
		for _, s := range f.Rule.Innocent {
			v.Innocent = appendNew(v.Innocent, clean(t.T(s)))
		}
	}
	cited := b.cited(e)
	v.Evidence, v.Place = b.evidence(c), b.place(c)
	v.filters(b, e, cited)
	v.Wireshark = b.wireshark(e, cited)
	v.Charts = b.charts(e, cited)
	v.Ladder = b.ladder(e, b.citedAnywhere(e))
	return v
}

func appendNew(all []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// opposes says that a finding argues against the class that was decided.
func opposes(class analyzer.Class, f *analyzer.Finding) bool {
	host := f.Cause.Class() == analyzer.Endpoint || f.Cause.Class() == analyzer.Path
	switch class {
	case analyzer.Middlebox:
		return f.Weight > 0 && host
	case analyzer.Endpoint, analyzer.Path:
		return f.Accuses()
	}
	return false
}

// reasons are the sentences of a flow's findings. Of several findings of one rule in one capture, as a burst of resets makes them, the
// first is said and the others are counted: they are not further witnesses.
func (b *builder) reasons(c *analyzer.Conn) []string {
	type kind struct {
		rule    *analyzer.Rule
		capture int
	}
	var order []kind
	alike := make(map[kind][]*analyzer.Finding)
	for _, k := range c.Findings {
		f := b.Findings[k]
		if opposes(c.Class, f) {
			continue
		}
		key := kind{f.Rule, f.Capture}
		if alike[key] == nil {
			order = append(order, key)
		}
		alike[key] = append(alike[key], f)
	}
	t := b.lang
	var out []string
	for _, key := range order {
		f, others := alike[key][0], alike[key][1:]
		reason := clean(t.Say(b.InCapture(f)))
		if rows := b.rowsOf(f); rows != "" {
			reason = t.Say(analyzer.Msg("%s (%v)", reason, rows))
		}
		if w, weighs := towardsDevice(f); weighs {
			reason = t.Say(analyzer.Msg("%s (weight %+.1f)", reason, w))
		}
		if len(others) > 0 {
			reason = t.Say(analyzer.Msg("%s; likewise %d more%s", reason, len(others), b.frames(others)))
		}
		out = append(out, reason)
	}
	return out
}

// frames names the frames that findings are about.
func (b *builder) frames(findings []*analyzer.Finding) string {
	var frames []uint32
	for _, f := range findings {
		if f.Event > 0 && !slices.Contains(frames, f.Event) {
			frames = append(frames, f.Event)
		}
	}
	switch len(frames) {
	case 0:
		return ""
	case 1:
		return b.lang.Say(analyzer.Msg(" (frame %d)", frames[0]))
	}
	const most = 12
	var list []string
	for _, n := range frames[:min(len(frames), most)] {
		list = append(list, fmt.Sprint(n))
	}
	if len(frames) > most {
		list = append(list, "…")
	}
	return b.lang.Say(analyzer.Msg(" (frames %s)", strings.Join(list, b.lang.T(", "))))
}

// towardsDevice gives the weight as the method tells it: positive for a device, negative for the host or the path.
func towardsDevice(f *analyzer.Finding) (w float64, weighs bool) {
	switch f.Cause.Class() {
	case analyzer.Middlebox:
		return float64(f.Weight), f.Weight > 0
	case analyzer.Endpoint, analyzer.Path:
		return -float64(f.Weight), f.Weight > 0
	}
	return 0, false
}

// citedAnywhere gives the frames that the exhibit's findings cite, with the gravest part that each plays; the key has no time.
func (b *builder) citedAnywhere(e *analyzer.Exhibit) map[analyzer.FrameRef]analyzer.Role {
	cited := make(map[analyzer.FrameRef]analyzer.Role)
	for _, k := range b.Flows[e.Conn].Findings {
		for _, x := range b.Findings[k].Evidence {
			at := analyzer.FrameRef{Capture: x.Capture, Number: x.Frame}
			if now, ok := cited[at]; !ok || gravity(x.Role) > gravity(now) {
				cited[at] = x.Role
			}
		}
	}
	return cited
}

// cited gives those of the exhibit's own capture.
func (b *builder) cited(e *analyzer.Exhibit) map[uint32]analyzer.Role {
	cited := make(map[uint32]analyzer.Role)
	for at, role := range b.citedAnywhere(e) {
		if at.Capture == e.Capture {
			cited[at.Number] = role
		}
	}
	return cited
}

// gravity orders the parts of a frame that plays several.
func gravity(r analyzer.Role) int {
	return slices.Index([]analyzer.Role{analyzer.Context, analyzer.Baseline, analyzer.Answer, analyzer.Trigger, analyzer.Dropped, analyzer.Modified, analyzer.Forged}, r)
}

// suspect says that a frame is not what the named sender sent.
func suspect(r analyzer.Role) bool { return r == analyzer.Forged || r == analyzer.Modified }

// evidence is the table of cited fields, in the order of the findings.
func (b *builder) evidence(c *analyzer.Conn) *Table {
	t := b.lang
	tab := &Table{Head: []string{t.T("Capture"), t.T("Frame"), t.T("Frame in the other capture"), t.T("Time (UTC)"), t.T("Field"), t.T("Observed"), t.T("Expected"), t.T("Part")},
		Mono: []int{1, 2, 3, 4, 5, 6}, Wide: []int{18, 8, 10, 16, 22, 18, 18, 12}}
	told, more, matched := make(map[string]bool), 0, false
	for _, k := range c.Findings {
		for _, x := range b.Findings[k].Evidence {
			row := []string{b.capture(x.Capture), fmt.Sprint(x.Frame), b.elsewhere(c, &x), clockOnly(x.Time), clean(x.Field), clean(x.Observed), clean(x.Expected), t.T("role|" + string(x.Role))}
			key := strings.Join(row, "\x00")
			if told[key] {
				continue
			}
			told[key] = true
			if len(tab.Rows) == maxRows {
				more++
				continue
			}
			if suspect(x.Role) {
				tab.Bad = append(tab.Bad, len(tab.Rows))
			}
			matched = matched || row[elsewhereColumn] != ""
			tab.Rows = append(tab.Rows, row)
		}
	}
	if len(tab.Rows) == 0 {
		return nil
	}
	if !matched {
		tab.drop(elsewhereColumn)
	}
	return b.full(tab, more, longEvidence)
}

// elsewhereColumn is that of the frames in the other capture; a table without any has none.
const elsewhereColumn = 2

// elsewhere gives the frame of a cited packet in the other captures of its connection: "none" where one would hold it and does not, nothing
// where that is not known. The captures are named where there are several.
func (b *builder) elsewhere(c *analyzer.Conn, x *analyzer.Evidence) string {
	var all []string
	for _, e := range x.Elsewhere {
		text := b.lang.T("none")
		if e.Frame > 0 {
			text = fmt.Sprint(e.Frame)
		}
		if len(c.Seen) > 2 {
			text = b.capture(e.Capture) + ": " + text
		}
		all = append(all, text)
	}
	return strings.Join(all, b.lang.T("; "))
}

// drop takes a column out of a table.
func (t *Table) drop(col int) {
	t.Head, t.Wide = slices.Delete(t.Head, col, col+1), slices.Delete(t.Wide, col, col+1)
	for i := range t.Rows {
		t.Rows[i] = slices.Delete(t.Rows[i], col, col+1)
	}
	mono := t.Mono[:0]
	for _, m := range t.Mono {
		switch {
		case m < col:
			mono = append(mono, m)
		case m > col:
			mono = append(mono, m-1)
		}
	}
	t.Mono = mono
}

// wireshark says what Wireshark shows instead where that misleads: a genuine packet of the host after a forged reset is labelled
// out-of-order or retransmission, the forged one is not.
func (b *builder) wireshark(e *analyzer.Exhibit, cited map[uint32]analyzer.Role) string {
	var forged *flow.Packet
	for i := range e.Packets {
		p := &e.Packets[i]
		switch {
		case !p.IsTCP():
		case forged == nil:
			if cited[p.Frame] == analyzer.Forged {
				forged = p
			}
		case e.Proto == flow.TCP && p.Side == forged.Side && p.Carries() && !p.Flags.Any(flow.RST) && !suspect(cited[p.Frame]):
			return b.lang.Say(analyzer.Msg("Wireshark does not say who sent a packet. It shows the forged frame %d like any other, and may mark what the host itself sent after it, such as frame %d, as out-of-order or retransmission: that is a consequence, not the fault.",
				forged.Frame, p.Frame))
		}
	}
	if forged != nil {
		return b.lang.Say(analyzer.Msg("Wireshark does not say who sent a packet: it shows frame %d as if the named host had sent it.", forged.Frame))
	}
	return ""
}
