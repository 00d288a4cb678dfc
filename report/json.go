package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/report/lang"
)

// SchemaName is what the JSON report says of itself.
const SchemaName = "capforensics/report/1"

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonCase struct {
	Name string `json:"name"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

type jsonInput struct {
	Name      string   `json:"name"`
	SHA256    string   `json:"sha256"`
	Bytes     int64    `json:"bytes"`
	Kind      string   `json:"kind"`
	Why       string   `json:"why"`
	Role      string   `json:"role,omitempty"`
	Format    string   `json:"format"`
	LinkTypes []string `json:"link_types"`
	Packets   uint64   `json:"packets"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	Truncated bool     `json:"truncated"`
	Drops     uint64   `json:"drops"`
	TCP       *uint64  `json:"tcp_packets,omitempty"`
	TCPFlows  *uint64  `json:"tcp_flows,omitempty"`
	Resets    *uint64  `json:"tcp_resets,omitempty"`
}

type jsonVerdict struct {
	Class      string         `json:"class"`
	Cause      string         `json:"cause"`
	Confidence float64        `json:"confidence"`
	Grade      string         `json:"grade"`
	Headline   string         `json:"headline"`
	Because    []string       `json:"because"`
	Next       []string       `json:"next"`
	Also       []string       `json:"also"`
	Flows      map[string]int `json:"flows"`
	Locus      *jsonLocus     `json:"locus,omitempty"`
}

type jsonFlow struct {
	ID         string     `json:"id"`
	Proto      string     `json:"proto"`
	Client     string     `json:"client"`
	Server     string     `json:"server"`
	Seen       []jsonSeen `json:"seen"`
	State      string     `json:"state"`
	History    string     `json:"history"`
	Class      string     `json:"class"`
	Cause      string     `json:"cause"`
	Confidence float64    `json:"confidence"`
	Grade      string     `json:"grade"`
	Blame      string     `json:"blame,omitempty"`
	Locus      *jsonLocus `json:"locus,omitempty"`
	Asked      *jsonAsked `json:"asked,omitempty"`
	Stage      string     `json:"stage,omitempty"`
	Signature  string     `json:"signature,omitempty"`
	Open       []string   `json:"open,omitempty"`
	Findings   []string   `json:"findings"`
}

// jsonAsked is what the client asked for by name, and where it says so.
type jsonAsked struct {
	Name  string `json:"name"`
	Input string `json:"input"`
	Frame uint32 `json:"frame"`
}

type jsonSeen struct {
	Input      string `json:"input"`
	Client     string `json:"client"`
	Server     string `json:"server"`
	Packets    uint64 `json:"packets"`
	Bytes      uint64 `json:"bytes"`
	First      string `json:"first"`
	Last       string `json:"last"`
	FirstFrame uint32 `json:"first_frame"`
	Tunnel     string `json:"tunnel,omitempty"`
}

type jsonFinding struct {
	ID       string         `json:"id"`
	Rule     string         `json:"rule"`
	Signal   string         `json:"signal"`
	Strength string         `json:"strength"`
	Weight   float64        `json:"weight"`
	Cause    string         `json:"cause"`
	Flow     string         `json:"flow"`
	Summary  string         `json:"summary"`
	Evidence []jsonEvidence `json:"evidence"`
	Rows     []jsonRow      `json:"rows,omitempty"`
	Against  []string       `json:"against"`
	Innocent []string       `json:"innocent"`
	Next     string         `json:"next"`
}

type jsonEvidence struct {
	Input    string `json:"input"`
	Frame    uint32 `json:"frame"`
	Time     string `json:"time"`
	Field    string `json:"field"`
	Observed string `json:"observed"`
	Expected string `json:"expected"`
	Role     string `json:"role"`

	Elsewhere []jsonElsewhere `json:"elsewhere,omitempty"`
}

// jsonElsewhere is where another capture of the connection holds a cited packet.
type jsonElsewhere struct {
	Input string  `json:"input"`
	Frame *uint32 `json:"frame"` // null: that capture would hold it if it had passed there, and does not
}

type jsonCheck struct {
	Rule    string         `json:"rule"`
	Looked  int            `json:"looked"`
	Fired   int            `json:"fired"`
	Skipped map[string]int `json:"skipped"`
}

type jsonCaveat struct {
	Input string `json:"input,omitempty"`
	Frame uint64 `json:"frame,omitempty"`
	Text  string `json:"text"`
}

// JSON writes the case as one JSON document that follows schema.json. Flows and findings are written one by one, so that memory does
// not grow with their number.
func JSON(w io.Writer, c *analyzer.Case, o Options) error {
	t := lang.For(string(o.Lang))
	d := &document{w: bufio.NewWriter(w)}
	d.field("schema", SchemaName)
	d.field("tool", jsonTool{Generator, clean(o.Version)})
	d.field("case", caseOf(c))
	list(d, "inputs", c.Members, func(_ int, m *analyzer.Member) (jsonInput, bool) { return inputOf(c, m, t), true })
	d.field("verdict", verdictOf(c, t))
	list(d, "flows", c.Flows, func(i int, f *analyzer.Conn) (jsonFlow, bool) { return flowOf(c, i, f, t), true })
	list(d, "findings", c.Findings, func(i int, f *analyzer.Finding) (jsonFinding, bool) {
		if f.Flow >= len(c.Flows) { // of a flow that is counted and not listed
			return jsonFinding{}, false
		}
		return findingOf(c, i, f, t), true
	})
	list(d, "groups", c.Groups(), func(_ int, g analyzer.Group) (jsonGroup, bool) { return groupOf(g), true })
	d.pairs(c)
	list(d, "changes", c.Changes, func(_ int, x analyzer.Change) (jsonChange, bool) { return changeOf(c, &x), true })
	list(d, "paths", c.Paths, func(_ int, p *analyzer.PathReport) (jsonPath, bool) { return pathOf(p), true })
	list(d, "checks", c.Checks, func(_ int, k *analyzer.Check) (jsonCheck, bool) { return checkOf(k, t), true })
	list(d, "caveats", c.Caveats, func(_ int, v analyzer.Caveat) (jsonCaveat, bool) {
		return jsonCaveat{clean(v.Member), v.Frame, clean(t.Say(v.Text))}, true
	})
	if err := d.end(); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	return nil
}

// document is a JSON object that is written field by field. Its first error stays.
type document struct {
	w      *bufio.Writer
	fields int
	err    error
}

// name begins the next field.
func (d *document) name(name string) {
	lead := ",\n "
	if d.fields == 0 {
		lead = "{\n "
	}
	d.fields++
	d.text(lead + `"` + name + `": `)
}

func (d *document) field(name string, v any) {
	d.name(name)
	d.value(v)
}

// list writes an array, an element at a time; of leaves one out by false.
func list[T, E any](d *document, name string, all []T, of func(int, T) (E, bool)) {
	d.name(name)
	lead := "["
	for i, v := range all {
		if d.err != nil {
			return
		}
		e, ok := of(i, v)
		if !ok {
			continue
		}
		d.text(lead + "\n  ")
		d.value(e)
		lead = ","
	}
	if lead == "[" {
		d.text("[]")
		return
	}
	d.text("\n ]")
}

// value writes a value in one line, so that grep finds a flow with all that is said of it.
func (d *document) value(v any) {
	if d.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		d.err = err
		return
	}
	_, d.err = d.w.Write(b)
}

func (d *document) text(s string) {
	if d.err == nil {
		_, d.err = d.w.WriteString(s)
	}
}

func (d *document) end() error {
	d.text("\n}\n")
	if d.err != nil {
		return d.err
	}
	return d.w.Flush()
}

// stamp writes a time in UTC with nanoseconds.
func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z") }

// period gives two times, or nothing where there are no packets to have them.
func period(any bool, from, to int64) (string, string) {
	if !any {
		return "", ""
	}
	return stamp(from), stamp(to)
}

func caseOf(c *analyzer.Case) jsonCase {
	out := jsonCase{Name: clean(c.Name)}
	out.From, out.To = period(anyPackets(c), c.From, c.To)
	return out
}

// anyPackets says that the ticket has a time from and to.
func anyPackets(c *analyzer.Case) bool {
	return slices.ContainsFunc(c.Captures, func(k *analyzer.Capture) bool { return k.Member.Packets > 0 })
}

func checkOf(k *analyzer.Check, t *lang.Language) jsonCheck {
	skipped := make(map[string]int, len(k.Skipped))
	for _, reason := range sortedKeys(k.Skipped) {
		skipped[clean(t.T(reason))] += k.Skipped[reason]
	}
	return jsonCheck{k.Rule.ID, k.Looked, k.Fired, skipped}
}

func inputOf(c *analyzer.Case, m *analyzer.Member, t *lang.Language) jsonInput {
	in := jsonInput{Name: clean(m.Name), SHA256: m.SHA256, Bytes: m.Bytes, Kind: string(m.Kind), Why: clean(t.Say(m.Why)), Role: string(m.Role), Format: clean(m.Format),
		LinkTypes: append([]string{}, m.LinkTypes...), Packets: m.Packets, Truncated: m.Truncated, Drops: m.Drops}
	in.From, in.To = period(m.Packets > 0, m.From, m.To)
	for _, k := range c.Captures {
		if k.Member == m {
			in.TCP, in.TCPFlows, in.Resets = &k.Health.TCP, &k.Health.TCPFlows, &k.Health.Resets
		}
	}
	return in
}

func verdictOf(c *analyzer.Case, t *lang.Language) jsonVerdict {
	v := &c.Verdict
	out := jsonVerdict{Class: string(v.Class), Cause: string(v.Cause), Confidence: v.Confidence, Grade: string(v.Grade), Headline: headline(c, t),
		Because: sentences(t, v.Because), Next: sentences(t, v.Next), Also: sentences(t, v.Also), Flows: map[string]int{}}
	total := 0
	for _, class := range []analyzer.Class{analyzer.Clean, analyzer.Endpoint, analyzer.Path, analyzer.Middlebox, analyzer.Inconclusive} {
		out.Flows[string(class)] = c.Counts[class]
		total += c.Counts[class]
	}
	out.Flows["total"] = total
	if v.Worst >= 0 && v.Class == analyzer.Middlebox {
		out.Locus = locusOf(c.Flows[v.Worst].Locus, t)
	}
	return out
}

func sentences(t *lang.Language, all []analyzer.Message) []string {
	out := make([]string, 0, len(all))
	for _, m := range all {
		out = append(out, clean(t.Say(m)))
	}
	return out
}

// flowID and findingID name flows and findings within a report.
func flowID(i int) string    { return fmt.Sprintf("t%d", i+1) }
func findingID(i int) string { return fmt.Sprintf("f%d", i+1) }

func flowOf(c *analyzer.Case, i int, f *analyzer.Conn, t *lang.Language) jsonFlow {
	first := &f.Seen[0]
	out := jsonFlow{ID: flowID(i), Proto: f.Proto().String(), Seen: []jsonSeen{}, Client: f.Client().String(), Server: f.Server().String(), State: first.State(), History: first.History(),
		Class: string(f.Class), Cause: string(f.Cause), Confidence: f.Confidence, Grade: string(f.Grade), Open: sentences(t, f.Open), Findings: []string{}, Locus: locusOf(f.Locus, t)}
	if f.HasBlame {
		out.Blame = f.Blame.String()
	}
	if name, in := c.Named(f); in != nil {
		out.Asked = &jsonAsked{clean(name), clean(c.Captures[in.Capture].Member.Name), in.Named.Frame}
	}
	if f.Class != analyzer.Clean {
		out.Stage, out.Signature = f.Signature.Stage.String(), f.Signature.String()
	}
	for k := range f.Seen {
		s := &f.Seen[k]
		a, b := &s.Half[flow.Client], &s.Half[flow.Server]
		out.Seen = append(out.Seen, jsonSeen{Input: clean(c.Captures[s.Capture].Member.Name), Client: a.Endpoint.String(), Server: b.Endpoint.String(),
			Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes, First: stamp(s.First), Last: stamp(s.Last), FirstFrame: s.FirstFrame, Tunnel: s.Tunnel()})
	}
	for _, k := range f.Findings {
		out.Findings = append(out.Findings, findingID(k))
	}
	return out
}

func findingOf(c *analyzer.Case, i int, f *analyzer.Finding, t *lang.Language) jsonFinding {
	out := jsonFinding{ID: findingID(i), Rule: f.Rule.ID, Signal: string(f.Rule.Family), Strength: strength(f.Weight), Weight: float64(f.Weight), Cause: string(f.Cause),
		Summary: clean(t.Say(f.Summary)), Evidence: []jsonEvidence{}, Against: sentences(t, f.Against), Innocent: []string{}, Next: clean(t.T(f.Rule.Next))}
	if f.Flow >= 0 {
		out.Flow = flowID(f.Flow)
	}
	for _, s := range f.Rule.Innocent {
		out.Innocent = append(out.Innocent, clean(t.T(s)))
	}
	for _, r := range f.Rows {
		out.Rows = append(out.Rows, rowOf(r))
	}
	for _, e := range f.Evidence {
		one := jsonEvidence{Input: clean(c.Captures[e.Capture].Member.Name), Frame: e.Frame, Time: stamp(e.Time), Field: clean(e.Field),
			Observed: clean(e.Observed), Expected: clean(e.Expected), Role: string(e.Role)}
		for _, o := range e.Elsewhere {
			at := jsonElsewhere{Input: clean(c.Captures[o.Capture].Member.Name)}
			if o.Frame > 0 {
				at.Frame = &o.Frame
			}
			one.Elsewhere = append(one.Elsewhere, at)
		}
		out.Evidence = append(out.Evidence, one)
	}
	return out
}

// strength gives the word for a weight.
func strength(w analyzer.Weight) string {
	switch {
	case w >= analyzer.Proof:
		return "proof"
	case w >= 2:
		return "strong"
	case w >= 1:
		return "support"
	case w > 0:
		return "weak"
	}
	return "note"
}
