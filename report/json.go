package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/report/lang"
)

// SchemaName is what the JSON report says of itself.
const SchemaName = "capforensics/report/1"

type jsonReport struct {
	Schema   string        `json:"schema"`
	Tool     jsonTool      `json:"tool"`
	Case     jsonCase      `json:"case"`
	Inputs   []jsonInput   `json:"inputs"`
	Verdict  jsonVerdict   `json:"verdict"`
	Flows    []jsonFlow    `json:"flows"`
	Findings []jsonFinding `json:"findings"`
	Pairs    []struct{}    `json:"pairs"`
	Paths    []struct{}    `json:"paths"`
	Checks   []jsonCheck   `json:"checks"`
	Caveats  []jsonCaveat  `json:"caveats"`
}

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
	Open       []string   `json:"open,omitempty"`
	Findings   []string   `json:"findings"`
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

// JSON writes the case as one JSON document that follows schema.json.
func JSON(w io.Writer, c *analyzer.Case, o Options) error {
	t := lang.For(string(o.Lang))
	r := jsonReport{Schema: SchemaName, Tool: jsonTool{Generator, o.Version}, Pairs: []struct{}{}, Paths: []struct{}{},
		Case:   jsonCase{Name: clean(c.Name), From: stamp(c.From), To: stamp(c.To)},
		Inputs: []jsonInput{}, Flows: []jsonFlow{}, Findings: []jsonFinding{}, Checks: []jsonCheck{}, Caveats: []jsonCaveat{}}
	for _, m := range c.Members {
		r.Inputs = append(r.Inputs, inputOf(c, m, t))
	}
	r.Verdict = verdictOf(c, t)
	for i, f := range c.Flows {
		r.Flows = append(r.Flows, flowOf(c, i, f, t))
	}
	for i, f := range c.Findings {
		if f.Flow < len(c.Flows) {
			r.Findings = append(r.Findings, findingOf(c, i, f, t))
		}
	}
	for _, k := range c.Checks {
		skipped := make(map[string]int, len(k.Skipped))
		for _, reason := range slices.Sorted(maps.Keys(k.Skipped)) {
			skipped[clean(t.T(reason))] += k.Skipped[reason]
		}
		r.Checks = append(r.Checks, jsonCheck{k.Rule.ID, k.Looked, k.Fired, skipped})
	}
	for _, v := range c.Caveats {
		r.Caveats = append(r.Caveats, jsonCaveat{clean(v.Member), v.Frame, clean(t.Say(v.Text))})
	}
	e := json.NewEncoder(w)
	if err := e.Encode(&r); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	return nil
}

// stamp writes a time in UTC with nanoseconds; empty for none.
func stamp(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func inputOf(c *analyzer.Case, m *analyzer.Member, t *lang.Language) jsonInput {
	in := jsonInput{Name: clean(m.Name), SHA256: m.SHA256, Bytes: m.Bytes, Kind: string(m.Kind), Why: clean(t.Say(m.Why)), Role: string(m.Role), Format: clean(m.Format),
		LinkTypes: append([]string{}, m.LinkTypes...), Packets: m.Packets, From: stamp(m.From), To: stamp(m.To), Truncated: m.Truncated, Drops: m.Drops}
	for _, k := range c.Captures {
		if k.Member == m {
			in.TCP, in.TCPFlows, in.Resets = &k.Health.TCP, &k.Health.TCPFlows, &k.Health.Resets
		}
	}
	return in
}

func verdictOf(c *analyzer.Case, t *lang.Language) jsonVerdict {
	v := &c.Verdict
	out := jsonVerdict{Class: string(v.Class), Cause: string(v.Cause), Confidence: v.Confidence, Grade: string(v.Grade), Headline: clean(t.Say(v.Headline)),
		Because: sentences(t, v.Because), Next: sentences(t, v.Next), Also: sentences(t, v.Also), Flows: map[string]int{}}
	total := 0
	for _, class := range []analyzer.Class{analyzer.Clean, analyzer.Endpoint, analyzer.Path, analyzer.Middlebox, analyzer.Inconclusive} {
		out.Flows[string(class)] = c.Counts[class]
		total += c.Counts[class]
	}
	out.Flows["total"] = total
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
	out := jsonFlow{ID: flowID(i), Proto: "tcp", Client: f.Client().String(), Server: f.Server().String(), State: first.State(), History: first.History(),
		Class: string(f.Class), Cause: string(f.Cause), Confidence: f.Confidence, Grade: string(f.Grade), Open: sentences(t, f.Open), Findings: []string{}}
	if f.HasBlame {
		out.Blame = f.Blame.String()
	}
	for k := range f.Seen {
		s := &f.Seen[k]
		a, b := &s.Half[flow.Client], &s.Half[flow.Server]
		out.Seen = append(out.Seen, jsonSeen{Input: clean(c.Captures[s.Capture].Member.Name), Client: a.Endpoint.String(), Server: b.Endpoint.String(),
			Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes, First: stamp(s.First), Last: stamp(s.Last), FirstFrame: s.FirstFrame})
	}
	for _, k := range f.Findings {
		out.Findings = append(out.Findings, findingID(k))
	}
	return out
}

func findingOf(c *analyzer.Case, i int, f *analyzer.Finding, t *lang.Language) jsonFinding {
	out := jsonFinding{ID: findingID(i), Rule: f.Rule.ID, Signal: string(f.Rule.Family), Strength: strength(f.Weight), Weight: float64(f.Weight), Cause: string(f.Cause),
		Summary: clean(t.Say(f.Summary)), Evidence: []jsonEvidence{}, Against: sentences(t, f.Against), Innocent: []string{}, Next: t.Say(analyzer.Msg(f.Rule.Next))}
	if f.Flow >= 0 {
		out.Flow = flowID(f.Flow)
	}
	for _, s := range f.Rule.Innocent {
		out.Innocent = append(out.Innocent, t.Say(analyzer.Msg(s)))
	}
	for _, e := range f.Evidence {
		out.Evidence = append(out.Evidence, jsonEvidence{Input: clean(c.Captures[e.Capture].Member.Name), Frame: e.Frame, Time: stamp(e.Time), Field: e.Field,
			Observed: clean(e.Observed), Expected: clean(e.Expected), Role: string(e.Role)})
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
