package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

// maxPathTables bounds the path reports that are shown row by row: both ends, by ICMP and TCP, three times.
const maxPathTables = 12

// pathReports lists the path reports of the ticket, and shows each row by row.
func (b *builder) pathReports() []Section {
	if len(b.Paths) == 0 {
		return nil
	}
	t := b.lang
	s := Section{Title: t.T("Path reports"), Text: []string{t.T("What mtr, traceroute, ping and their kin measured. A router limits how many probes it answers: loss at a hop matters only if it stays with all later hops up to the target. A trace shows the way there, but its times and losses are those of the way there and back.")}}
	tab := &Table{Head: []string{t.T("File"), t.T("Line"), t.T("Tool"), t.T("From"), t.T("To"), t.T("Probes"), t.T("Began (UTC)"), t.T("Hops"), t.T("Result")}, Mono: []int{1, 3, 4, 5, 6, 7}, Wide: []int{18, 6, 14, 12, 18, 9, 15, 6, 20}}
	for _, p := range b.Paths[:min(len(b.Paths), maxRows)] {
		tab.Rows = append(tab.Rows, []string{clean(baseName(p.Member.Name)), orDash(figureOf(p.Line)), clean(strings.TrimSpace(t.T(p.Tool) + " " + p.Version)), orDash(clean(p.Source)), b.pathTarget(p), orDash(probesOf(p.Report)), b.began(p.Report), fmt.Sprint(len(p.Hops)), b.pathResult(p.Report)})
	}
	s.Table = b.full(tab, len(b.Paths)-len(tab.Rows), longTable)
	out := []Section{s}
	for _, p := range b.Paths[:min(len(b.Paths), maxPathTables)] {
		out = append(out, b.pathReport(p))
	}
	if n := len(b.Paths) - maxPathTables; n > 0 {
		last := &out[len(out)-1]
		last.Text = append(last.Text, t.Say(analyzer.Msg("The rows of %d more path reports are in the JSON report.", n)))
	}
	return out
}

// pathTarget names where a report leads, and says if that is a guess.
func (b *builder) pathTarget(p *analyzer.PathReport) string {
	to := p.Target.String()
	if to == "" {
		return "—"
	}
	if p.Target.Name != "" && p.Target.Addr.IsValid() {
		to = p.Target.Name + " (" + to + ")"
	}
	if to = clean(to); p.Target.From == route.FromLastHop {
		to = b.lang.Say(analyzer.Msg("%s (its last hop)", to))
	}
	return to
}

func probesOf(r *route.Report) string {
	s := strings.ToUpper(string(r.Proto))
	if r.Port > 0 {
		s += fmt.Sprintf(" %d", r.Port)
	}
	return strings.TrimSpace(s)
}

func (b *builder) began(r *route.Report) string {
	switch r.Zone {
	case route.ZoneGiven:
		return r.Start.Format("2006-01-02 15:04:05")
	case route.ZoneUnknown:
		return b.lang.Say(analyzer.Msg("%s, zone not told", r.Start.Format("2006-01-02 15:04:05")))
	}
	return "—"
}

// pathResult says how a trace ended.
func (b *builder) pathResult(r *route.Report) string {
	t := b.lang
	switch r.Outcome {
	case route.Answered:
		return t.T("the target answered")
	case route.Open:
		return t.T("the port is open")
	case route.Closed:
		return t.T("refused by the target, or in its name")
	case route.Prohibited:
		return t.T("refused: administratively prohibited")
	case route.Unreachable:
		return t.T("unreachable, as an ICMP error says")
	case route.Silent:
		return t.T("the target did not answer")
	}
	if r.Reached.OK && !r.Reached.Value {
		return t.T("the target did not answer")
	}
	return t.T("not told")
}

// pathReport shows one report row by row; columns of which it knows nothing are left out.
func (b *builder) pathReport(p *analyzer.PathReport) Section {
	t := b.lang
	s := Section{Title: t.Say(analyzer.Msg("Trace rebuilt from the packets of %s", clean(baseName(p.Member.Name))))}
	if p.Line > 0 {
		s.Title = t.Say(analyzer.Msg("%s in %s, line %d", analyzer.Msg(p.Name()), clean(baseName(p.Member.Name)), p.Line))
	}
	s.Text = []string{strings.Join(slices.DeleteFunc([]string{b.pathTarget(p), probesOf(p.Report), b.pathResult(p.Report)}, func(s string) bool { return s == "" }), t.T("; "))}
	if p.Command != "" {
		s.Text = append(s.Text, t.Say(analyzer.Msg("Called as: %s", clean(p.Command))))
	}
	if p.Target.From == route.FromLastHop {
		s.Text = append(s.Text, t.T("The report does not name its target. That it is the last hop is a guess."))
	}
	if p.Cut {
		s.Text = append(s.Text, t.T("The report ends in the middle."))
	}
	groups := silentRuns(p.Hops)
	columns := []struct {
		title string
		wide  int
		text  func(*route.Hop) string
	}{
		{t.T("Hop"), 6, func(h *route.Hop) string { return figureOf(h.Number) }},
		{t.T("Answered by"), 30, b.routers},
		{"AS", 9, autonomous},
		{t.T("Loss"), 8, func(h *route.Hop) string {
			return maybe(h.Loss, func(v float64) string { return fmt.Sprintf("%.1f %%", v) })
		}},
		{t.T("Sent"), 6, func(h *route.Hop) string { return maybe(h.Sent, count) }},
		{t.T("Answers"), 7, func(h *route.Hop) string { return maybe(h.Received, count) }},
		{t.T("Best"), 10, func(h *route.Hop) string { return elapsed(h.Best, p.Resolution) }},
		{t.T("Average"), 10, func(h *route.Hop) string { return elapsed(h.Avg, p.Resolution) }},
		{t.T("Worst"), 10, func(h *route.Hop) string { return elapsed(h.Worst, p.Resolution) }},
		{t.T("Deviation"), 10, func(h *route.Hop) string { return elapsed(h.StDev, p.Resolution) }},
		{t.T("Marks"), 16, b.marks},
		{t.T("Line"), 6, func(h *route.Hop) string { return figureOf(h.Line) }},
		{t.T("Frame"), 6, func(h *route.Hop) string { return figureOf(int(h.Frame)) }},
	}
	tab := &Table{}
	rows := make([][]string, len(groups))
	for _, c := range columns {
		cells := make([]string, len(groups))
		for i, g := range groups {
			cells[i] = c.text(&g[0])
			if last := c.text(&g[len(g)-1]); last != cells[i] {
				cells[i] += "–" + last
			}
		}
		if !slices.ContainsFunc(cells, func(s string) bool { return s != "" }) {
			continue
		}
		if len(tab.Head) != 1 || c.title != columns[1].title { // names read better as text
			tab.Mono = append(tab.Mono, len(tab.Head))
		}
		tab.Head, tab.Wide = append(tab.Head, c.title), append(tab.Wide, c.wide)
		for i := range rows {
			rows[i] = append(rows[i], cells[i])
		}
	}
	tab.Rows = rows
	s.Table = b.full(tab, 0, longTable)
	return s
}

// silentRuns gives the rows, those together of three or more hops in a row that did not answer alike.
func silentRuns(hops []route.Hop) [][]route.Hop {
	const long = 3
	var out [][]route.Hop
	for i := 0; i < len(hops); {
		n := 1
		for i+n < len(hops) && silentAlike(&hops[i], &hops[i+n]) && hops[i+n].Number == hops[i].Number+n {
			n++
		}
		if n < long {
			n = 1
		}
		out = append(out, hops[i:i+n])
		i += n
	}
	return out
}

func silentAlike(x, y *route.Hop) bool {
	return len(x.Routers)+len(y.Routers) == 0 && len(x.Flags)+len(y.Flags) == 0 && x.Sent == y.Sent && x.Loss == y.Loss
}

// routers names what answered at a hop.
func (b *builder) routers(h *route.Hop) string {
	if len(h.Routers) == 0 {
		return b.lang.T("no answer")
	}
	const shown = 8
	var s []string
	for i := range h.Routers {
		if i == shown {
			s = append(s, b.lang.Say(analyzer.Msg("and %d more", len(h.Routers)-shown)))
			break
		}
		k := clean(h.Routers[i].String())
		if h.Routers[i].Clipped {
			k += "…"
		}
		s = append(s, k)
	}
	return strings.Join(s, b.lang.T(", "))
}

func autonomous(h *route.Hop) string {
	var s []string
	for _, k := range h.Routers {
		if as := clean(k.AS); as != "" && !slices.Contains(s, as) && len(s) < 4 {
			s = append(s, as)
		}
	}
	return strings.Join(s, ", ")
}

// marks gives what the tool printed beside the figures, with the labels that a router quoted.
func (b *builder) marks(h *route.Hop) string {
	var s []string
	for _, f := range h.Flags {
		s = append(s, clean(f))
	}
	if h.MTU.OK {
		s = append(s, fmt.Sprintf("MTU %d", h.MTU.Value))
	}
	if h.TTL.OK {
		s = append(s, fmt.Sprintf("TTL %d", h.TTL.Value))
	}
	for _, k := range h.Routers {
		for _, l := range k.Labels {
			if len(s) < 12 {
				s = append(s, fmt.Sprintf("MPLS %d", l.Label))
			}
		}
	}
	return strings.Join(s, b.lang.T("; "))
}

// maybe writes a figure that is known, or nothing.
func maybe[T any](k route.Known[T], write func(T) string) string {
	if !k.OK {
		return ""
	}
	return write(k.Value)
}

func count(n int) string { return fmt.Sprint(n) }

// figureOf writes a number, or nothing for none.
func figureOf(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// elapsed writes a time that is known in milliseconds, with the digits that the tool gives; one below its step is only known to be less.
func elapsed(k route.Known[time.Duration], step time.Duration) string {
	return maybe(k, func(d time.Duration) string {
		less := ""
		if d == 0 && step >= time.Microsecond { // what is finer is not shown
			less, d = "<", step
		}
		ms := strconv.FormatFloat(d.Seconds()*1e3, 'f', 3, 64)
		return less + strings.TrimSuffix(strings.TrimRight(ms, "0"), ".") + " ms"
	})
}
