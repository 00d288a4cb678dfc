package report

import (
	"fmt"
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/report/lang"
)

// View is everything that a report says, in one language, ready to be laid out. Texts are clean: nothing in them can disturb a
// terminal or a page, but markup is not escaped, as each format has its own.
type View struct {
	Lang      Lang
	Title     string
	Ticket    string
	Facts     []Fact // period, program
	Class     analyzer.Class
	ClassName string
	Headline  string
	Sure      string // "very strong (99.4 %)"
	Labels    Labels
	Because   []string
	Next      []string
	Also      []string
	Exhibits  []*ExhibitView
	Sections  []Section // tables and notes that follow, in order
}

// Labels are the headings that every format needs.
type Labels struct {
	Verdict, Because, Next, Also, Evidence, Filter, Verify, Innocent, Against, Open, Ladder, Wireshark string
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// Section is a heading with paragraphs and a table.
type Section struct {
	Title string
	Text  []string
	Table *Table
}

// Table is a table of texts. Mono columns hold numbers, addresses and hashes.
type Table struct {
	Head []string
	Rows [][]string
	Mono []int
	Wide []int  // relative widths of the columns
	More string // "and 120 more rows", where there are more
}

// maxRows bounds the rows of a table; what is cut is said.
const maxRows = 500

// ExhibitView is one judged flow with its evidence.
type ExhibitView struct {
	Title     string
	Class     analyzer.Class
	Summary   string
	Reasons   []string
	Evidence  *Table
	Filter    string // Wireshark display filter of the flow
	Frames    string // and of the cited frames
	Verify    string // tshark command line
	Innocent  []string
	Against   []string
	Open      []string
	Wireshark string // what Wireshark shows instead, where that misleads
	Charts    []*Chart
	Ladder    *Ladder
}

// NewView says what a case holds in the language of the options.
func NewView(c *analyzer.Case, o Options) *View {
	t := lang.For(string(o.Lang))
	b := &builder{Case: c, lang: t}
	v := &View{
		Lang: Lang(t.Code), Title: t.T("Packet capture forensics"), Ticket: clean(c.Name),
		Class: c.Verdict.Class, ClassName: t.T(string(c.Verdict.Class)), Headline: clean(t.Say(c.Verdict.Headline)),
		Sure:    b.sure(c.Verdict.Grade, c.Verdict.Confidence),
		Because: sentences(t, c.Verdict.Because), Next: sentences(t, c.Verdict.Next), Also: sentences(t, c.Verdict.Also),
		Labels: Labels{
			Verdict: t.T("Verdict"), Because: t.T("Because"), Next: t.T("What to do next"), Also: t.T("Also in this ticket"), Evidence: t.T("Evidence"),
			Filter: t.T("Wireshark display filter"), Verify: t.T("Check it on the command line"), Innocent: t.T("Innocent explanations"),
			Against: t.T("What speaks against it"), Open: t.T("What limits this verdict"), Ladder: t.T("Packets"), Wireshark: t.T("What Wireshark shows"),
		},
	}
	v.Facts = []Fact{{t.T("Ticket"), v.Ticket}, {t.T("Captured"), b.period(c.From, c.To)}, {t.T("Program"), Generator + " " + o.Version}}
	for _, e := range c.Exhibits {
		v.Exhibits = append(v.Exhibits, b.exhibit(e))
	}
	v.Sections = []Section{b.flows(), b.checks(), b.inventory(), b.health(), b.caveats(), b.method()}
	return v
}

// builder makes the parts of a view.
type builder struct {
	*analyzer.Case
	lang *lang.Language
}

func (b *builder) sure(g analyzer.Grade, p float64) string {
	return fmt.Sprintf("%s (%.1f %%)", b.lang.T(string(g)), 100*min(p, 0.999))
}

func (b *builder) period(from, to int64) string {
	if from == 0 {
		return b.lang.T("no packets")
	}
	return b.lang.Say(analyzer.Msg("%s to %s (UTC)", clock(from), clock(to)))
}

// flows is the table of connections that went wrong.
func (b *builder) flows() Section {
	t := b.lang
	s := Section{Title: t.T("Connections")}
	n := func(c analyzer.Class) int { return b.Counts[c] }
	total := 0
	for _, k := range b.Counts {
		total += k
	}
	s.Text = []string{t.Say(analyzer.Msg("%d TCP connections: %d hit by a device, %d ended by a host, %d undecided, %d with loss on the path, %d clean.",
		total, n(analyzer.Middlebox), n(analyzer.Endpoint), n(analyzer.Inconclusive), n(analyzer.Path), n(analyzer.Clean)))}
	tab := &Table{Head: []string{t.T("Client"), t.T("Server"), t.T("Began"), t.T("State"), t.T("What happened"), t.T("Sure")}, Mono: []int{0, 1, 2, 3}, Wide: []int{22, 22, 17, 9, 20, 14}}
	more := 0
	for _, f := range b.Flows {
		if f.Class == analyzer.Clean {
			continue
		}
		if len(tab.Rows) == maxRows {
			more++
			continue
		}
		tab.Rows = append(tab.Rows, []string{f.Client().String(), f.Server().String(), clock(f.Seen[0].First), f.Seen[0].State(),
			t.T(string(f.Class)) + ": " + t.T(string(f.Cause)), b.sure(f.Grade, f.Confidence)})
	}
	if len(tab.Rows) > 0 {
		tab.More = b.more(more)
		s.Table = tab
	}
	return s
}

func (b *builder) more(n int) string {
	if n == 0 {
		return ""
	}
	return b.lang.Say(analyzer.Msg("… and %d more, in the JSON report", n))
}

// checks says what was looked for: fired, found clear, or could not be told.
func (b *builder) checks() Section {
	t := b.lang
	s := Section{Title: t.T("What was checked"), Table: &Table{Head: []string{t.T("Check"), t.T("Connections"), t.T("Found"), t.T("Could not be told, because")}, Mono: []int{1, 2}, Wide: []int{34, 10, 8, 52}}}
	for _, k := range b.Checks {
		why := ""
		for _, reason := range sortedKeys(k.Skipped) {
			if why != "" {
				why += "; "
			}
			why += fmt.Sprintf("%s (%d)", clean(t.T(reason)), k.Skipped[reason])
		}
		s.Table.Rows = append(s.Table.Rows, []string{clean(t.T(k.Rule.Title)), fmt.Sprint(k.Looked), fmt.Sprint(k.Fired), why})
	}
	return s
}

// inventory lists every member of the ticket, used or not.
func (b *builder) inventory() Section {
	t := b.lang
	s := Section{Title: t.T("What the ticket holds"), Table: &Table{
		Head: []string{t.T("File"), t.T("Kind"), t.T("Contents"), "SHA-256"}, Mono: []int{3}, Wide: []int{26, 12, 36, 30}}}
	for i, m := range b.Members {
		if i == maxRows {
			s.Table.More = b.more(len(b.Members) - maxRows)
			break
		}
		what := t.T(m.Format)
		if m.Kind == analyzer.KindCapture {
			what += ", " + t.Say(analyzer.Msg("%d packets", m.Packets))
			for _, l := range m.LinkTypes {
				what += ", " + l
			}
			what += ", " + t.T("taken at") + " " + t.T("place|"+string(m.Role)) + ", " + b.period(m.From, m.To)
			if m.Truncated {
				what += ", " + t.T("cut short")
			}
			if m.Drops > 0 {
				what += ", " + t.Say(analyzer.Msg("%d frames lost by the capturing system", m.Drops))
			}
		}
		if !m.Why.IsZero() {
			what += ". " + t.Say(m.Why)
		}
		s.Table.Rows = append(s.Table.Rows, []string{clean(m.Name), t.T(string(m.Kind)), clean(what) + ", " + t.Say(analyzer.Msg("%d bytes", m.Bytes)), m.SHA256})
	}
	return s
}

// health shows what makes each capture a better or worse witness.
func (b *builder) health() Section {
	t := b.lang
	s := Section{Title: t.T("Health of the captures"), Table: &Table{
		Head: []string{t.T("Capture"), "TCP", "UDP", "ICMP", t.T("Connections"), t.T("Resets"), t.T("Captured twice"), t.T("Unseen bytes acknowledged"), t.T("One direction only"), t.T("Without handshake"), t.T("Offloaded")},
		Mono: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Wide: []int{24, 9, 8, 7, 9, 8, 9, 11, 9, 9, 9}}}
	for i, k := range b.Captures {
		if i == maxRows {
			s.Table.More = b.more(len(b.Captures) - maxRows)
			break
		}
		h := &k.Health
		row := []string{clean(k.Member.Name)}
		for _, n := range []uint64{h.TCP, h.UDP, h.ICMP, h.TCPFlows, h.Resets, h.Duplicates, h.AcksUnseen, h.OneWayFlows, h.MidStream, h.Offloaded} {
			row = append(row, fmt.Sprint(n))
		}
		s.Table.Rows = append(s.Table.Rows, row)
	}
	return s
}

// caveats lists everything that was not seen or used.
func (b *builder) caveats() Section {
	t := b.lang
	s := Section{Title: t.T("What could not be seen or was not used")}
	if len(b.Caveats) == 0 {
		s.Text = []string{t.T("Nothing: every frame of every capture was read and followed.")}
		return s
	}
	s.Table = &Table{Head: []string{t.T("File"), t.T("Frame"), t.T("Caveat")}, Mono: []int{1}, Wide: []int{28, 8, 64}}
	for i, v := range b.Caveats {
		if i == maxRows {
			s.Table.More = b.more(len(b.Caveats) - maxRows)
			break
		}
		frame := ""
		if v.Frame > 0 {
			frame = fmt.Sprint(v.Frame)
		}
		s.Table.Rows = append(s.Table.Rows, []string{clean(v.Member), frame, clean(t.Say(v.Text))})
	}
	return s
}

// method says how a verdict is made and what it claims.
func (b *builder) method() Section {
	t := b.lang
	return Section{Title: t.T("How this verdict was made"), Text: []string{
		t.T("Every connection was rebuilt from the captures. Each rule compares packets of one connection and direction with each other and gives its finding a weight: how much more likely is what was seen if a device did it than if the host did it itself. Findings of one kind count together up to a cap; the sum starts from the expectation that most resets are genuine."),
		t.T("A device is accused only if one finding is proof by itself or two independent kinds agree, and nothing about the capture makes it a bad witness. Anything less is called undecided, with the capture that would settle it. That no trace of a device was found does not prove that there is none."),
		t.T("Frame numbers count from 1 as Wireshark does, and fields carry Wireshark's names: every row of evidence can be looked up there."),
	}}
}

// exhibit shows one judged flow.
func (b *builder) exhibit(e *analyzer.Exhibit) *ExhibitView {
	t, c := b.lang, b.Flows[e.Conn]
	v := &ExhibitView{Class: c.Class, Title: fmt.Sprintf("%v → %v", c.Client(), c.Server()),
		Summary: t.T(string(c.Class)) + ": " + t.T(string(c.Cause)) + ", " + b.sure(c.Grade, c.Confidence), Open: sentences(t, c.Open)}
	tab := &Table{Head: []string{t.T("Capture"), t.T("Frame"), t.T("Time"), t.T("Field"), t.T("Observed"), t.T("Expected"), t.T("Part")},
		Mono: []int{1, 2, 3, 4, 5}, Wide: []int{22, 8, 16, 22, 16, 16, 12}}
	cited := make(map[uint32]analyzer.Role)
	for _, k := range c.Findings {
		f := b.Findings[k]
		reason := clean(t.Say(b.InCapture(f)))
		if f.Weight > 0 {
			reason += " — " + t.Say(analyzer.Msg("weight %+.1f", signed(f)))
		}
		v.Reasons = append(v.Reasons, reason)
		for _, s := range f.Rule.Innocent {
			if line := t.T(s); f.Cause.Class() == c.Class && !slices.Contains(v.Innocent, line) {
				v.Innocent = append(v.Innocent, line)
			}
		}
		v.Against = append(v.Against, sentences(t, f.Against)...)
		if c.Class == analyzer.Middlebox && !f.Accuses() && f.Weight > 0 {
			v.Against = append(v.Against, clean(t.Say(f.Summary)))
		}
		for _, x := range f.Evidence {
			row := []string{clean(b.Captures[x.Capture].Member.Name), fmt.Sprint(x.Frame), clockOnly(x.Time), x.Field, clean(x.Observed), clean(x.Expected), t.T("role|" + string(x.Role))}
			if len(tab.Rows) < maxRows && !slices.ContainsFunc(tab.Rows, func(r []string) bool { return slices.Equal(r, row) }) {
				tab.Rows = append(tab.Rows, row)
			}
			if x.Capture == e.Capture && (cited[x.Frame] == "" || x.Role == analyzer.Forged || x.Role == analyzer.Modified) {
				cited[x.Frame] = x.Role
			}
		}
	}
	if len(tab.Rows) > 0 {
		v.Evidence = tab
	}
	v.filters(b, e, cited)
	if c.Class == analyzer.Middlebox && mislabelled(e) {
		v.Wireshark = t.T("Wireshark does not say who sent a reset. It will mark genuine packets of the host that arrive after the forged one as out-of-order or retransmission: that is a consequence, not the fault.")
	}
	v.Charts = b.charts(e, cited)
	v.Ladder = b.ladder(e, cited)
	return v
}

func signed(f *analyzer.Finding) float64 {
	if f.Cause.Class() == analyzer.Endpoint {
		return -float64(f.Weight)
	}
	return float64(f.Weight)
}

// mislabelled says that the host named by a reset sent more after it, so that Wireshark marks the wrong packet.
func mislabelled(e *analyzer.Exhibit) bool {
	for i := range e.Packets {
		if p := &e.Packets[i]; p.IsTCP() && p.Frame > e.FirstRSTFrame && e.FirstRSTFrame > 0 && p.Side == e.FirstRSTSide && !p.Flags.Any(flow.RST) {
			return true
		}
	}
	return false
}
