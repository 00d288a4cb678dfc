package report

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
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
	Where     string // the device of the verdict stands: "hop 4 or 5 of 12 (203.0.113.4 – 203.0.113.5)"; empty if not known
	Labels    Labels
	Because   []string
	Next      []string
	Also      []string
	Exhibits  []*ExhibitView
	Sections  []Section // tables and notes that follow, in order
}

// Labels are the headings that every format needs.
type Labels struct {
	Verdict, Because, Next, Also, Evidence, Filter, Verify, Innocent, Against, Open, Ladder, Wireshark, Where string
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// Section is a heading with paragraphs and a table.
type Section struct {
	Title  string
	Text   []string
	Table  *Table
	Detail *Table // what the table sums up, folded in on a page; on paper it is left out, and the text says where it is
}

// Table is a table of texts. Mono columns hold numbers, addresses and hashes.
type Table struct {
	Head []string
	Rows [][]string
	Mono []int
	Wide []int  // relative widths of the columns
	Bad  []int  // rows about frames that the named sender did not send as they are
	More string // "and 120 more rows", where there are more
	Fold string // "38 rows" of a long table, which a page may show instead until it is opened
}

// maxRows bounds the rows of a table; what is cut is said.
const maxRows = 500

// A page may fold a table with more rows than these; evidence it should show as long as it can.
const (
	longTable    = 30
	longEvidence = 80
)

// ExhibitView is one judged flow with its evidence.
type ExhibitView struct {
	Title     string
	Class     analyzer.Class
	Summary   string
	Reasons   []string
	Evidence  *Table
	Place     *PlaceView
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
	b := newBuilder(c, t)
	v := &View{
		Lang: Lang(t.Code), Title: t.T("Packet capture forensics"), Ticket: clean(c.Name),
		Class: c.Verdict.Class, ClassName: t.T(string(c.Verdict.Class)), Headline: headline(c, t),
		Sure: b.sure(c.Verdict.Grade, c.Verdict.Confidence), Where: b.where(),
		Because: sentences(t, c.Verdict.Because), Next: sentences(t, c.Verdict.Next), Also: sentences(t, c.Verdict.Also),
		Labels: Labels{
			Verdict: t.T("Verdict"), Because: t.T("Because"), Next: t.T("What to do next"), Also: t.T("Also in this ticket"), Evidence: t.T("Evidence"),
			Filter: t.T("Wireshark display filter"), Verify: t.T("Check it on the command line"), Innocent: t.T("What else could explain it"),
			Against: t.T("What speaks against it"), Open: t.T("What limits this verdict"), Ladder: t.T("Packets"), Wireshark: t.T("What Wireshark shows"), Where: t.T("Where"),
		},
	}
	v.Facts = []Fact{{t.T("Ticket"), v.Ticket}, {t.T("Captured"), b.period(anyPackets(c), c.From, c.To)}, {t.T("Program"), strings.TrimSpace(Generator + " " + clean(o.Version))}}
	for _, e := range c.Exhibits {
		v.Exhibits = append(v.Exhibits, b.exhibit(e))
	}
	if s := b.groups(); s.Table != nil {
		v.Sections = append(v.Sections, s)
	}
	v.Sections = append(v.Sections, b.flows())
	for _, s := range []Section{b.sightings(), b.relays(), b.onTheWay(), b.remarks(), b.clocks(), b.meanings(), b.pathFindings()} {
		if s.Table != nil {
			v.Sections = append(v.Sections, s)
		}
	}
	v.Sections = append(v.Sections, b.pathReports()...)
	v.Sections = append(v.Sections, b.checks(), b.inventory(), b.health(), b.caveats(), b.method())
	return v
}

// headline is the verdict in a sentence, also of a ticket that could not be judged at all.
func headline(c *analyzer.Case, t *lang.Language) string {
	if c.Verdict.Headline.IsZero() {
		return t.T("Nothing in this ticket could be judged: see what it holds and what could not be read.")
	}
	return clean(t.Say(c.Verdict.Headline))
}

// builder makes the parts of a view.
type builder struct {
	*analyzer.Case
	lang  *lang.Language
	names []string // of the captures, as short as they stay different

	placed map[*analyzer.Locus]bool // whose picture was drawn
	drawn  map[netip.Addr]bool      // servers to which the way was
}

func newBuilder(c *analyzer.Case, t *lang.Language) *builder {
	return &builder{Case: c, lang: t, placed: make(map[*analyzer.Locus]bool), drawn: make(map[netip.Addr]bool)}
}

func (b *builder) sure(g analyzer.Grade, p float64) string {
	return fmt.Sprintf("%s (%s)", b.lang.T(string(g)), percent(p))
}

// what names class and cause.
func (b *builder) what(c *analyzer.Conn) string {
	return b.lang.What(c.Class, c.Cause)
}

func (b *builder) period(any bool, from, to int64) string {
	if !any {
		return b.lang.T("no packets")
	}
	return b.lang.Say(analyzer.Msg("%s to %s (UTC)", clock(from), clock(to)))
}

// capture names a capture shortly.
func (b *builder) capture(i int) string {
	if b.names == nil {
		b.names = shortNames(b.Captures)
	}
	return b.names[i]
}

// shortNames gives each capture's name without its folders, or whole where two would be alike.
func shortNames(captures []*analyzer.Capture) []string {
	times := make(map[string]int)
	for _, c := range captures {
		times[baseName(c.Member.Name)]++
	}
	out := make([]string, len(captures))
	for i, c := range captures {
		if out[i] = baseName(c.Member.Name); times[out[i]] > 1 || out[i] == "" {
			out[i] = c.Member.Name
		}
		out[i] = clean(out[i])
	}
	return out
}

// full closes a table: it tells the rows that did not fit and the fold of a long one.
func (b *builder) full(t *Table, more, long int) *Table {
	if more > 0 {
		t.More = b.lang.Say(analyzer.Msg("… and %d more, in the JSON report", more))
	}
	if len(t.Rows) > long {
		t.Fold = b.lang.Say(analyzer.Msg("%d rows", len(t.Rows)))
	}
	return t
}
