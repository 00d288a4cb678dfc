package analyzertest

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
)

// Analyze runs the whole pipeline over captures in memory, as one ticket.
func Analyze(t testing.TB, rules []*analyzer.Rule, captures ...NamedCapture) *analyzer.Case {
	t.Helper()
	var inputs []analyzer.Input
	for _, c := range captures {
		inputs = append(inputs, analyzer.Input{Name: c.Name, Size: int64(len(c.Bytes)), ReaderAt: bytes.NewReader(c.Bytes)})
	}
	c, err := analyzer.Analyze(context.Background(), "test", inputs, rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range c.Caveats {
		if strings.HasPrefix(v.Text.Format, "the rule %s failed") { // it panicked, and the guard went on without it
			t.Error(v.Text)
		}
	}
	return c
}

// Run runs one rule over a .pkt file. A finding that is expected and missing fails, and so does one that is not expected; the file must
// hold a flow on which the rule fires and one on which it stays silent.
func Run(t *testing.T, rule *analyzer.Rule, path string) {
	t.Helper()
	s := load(t, path)
	captures, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	c := Analyze(t, []*analyzer.Rule{rule}, captures...)
	got := make(map[*packetLine][]*analyzer.Finding)
	for _, f := range c.Findings {
		p := s.lineOf(c, f)
		if p == nil {
			t.Errorf("%s: a finding about no line: %s", path, f.Summary)
			continue
		}
		got[p] = append(got[p], f)
	}
	fires, silent := 0, 0
	count := func(lines iter.Seq[*packetLine]) {
		wanted := false
		for p := range lines {
			for _, w := range p.wants {
				if w.rule != rule.ID {
					continue
				}
				wanted = true
				if !take(got, p, w) {
					t.Errorf("%s:%d: %s\n\twant %s %q, and it did not come", path, p.line, p.text, w.rule, w.part)
				}
			}
		}
		if wanted {
			fires++
		} else {
			silent++
		}
	}
	for _, sc := range s.captures {
		for _, f := range sc.flows {
			count(slices.Values(f.packets))
		}
	}
	for _, r := range s.paths {
		count(maps.Values(r.rows))
	}
	for p, left := range got {
		for _, f := range left {
			t.Errorf("%s:%d: %s\n\tnot expected: %s", path, p.line, p.text, f.Summary)
		}
	}
	if fires == 0 || silent == 0 {
		t.Errorf("%s: the rule fires on %d flows and path reports and stays silent on %d: want at least one of each", path, fires, silent)
	}
}

// take removes one finding that matches a want.
func take(got map[*packetLine][]*analyzer.Finding, p *packetLine, w want) bool {
	for i, f := range got[p] {
		if f.Rule.ID == w.rule && strings.Contains(f.Summary.String(), w.part) {
			got[p] = append(got[p][:i:i], got[p][i+1:]...)
			return true
		}
	}
	return false
}

// lineOf gives the line that a finding is about: the packet that it explains, else the first that it cites.
func (s *Script) lineOf(c *analyzer.Case, f *analyzer.Finding) *packetLine {
	if f.Event == 0 && len(f.Evidence) == 0 && len(f.Rows) > 0 {
		for _, r := range s.paths {
			if first := f.Rows[0]; r.name == first.Path.Member.Name {
				return r.row(first.Line(), 0)
			}
		}
		return nil
	}
	frame, capture := f.Event, f.Capture
	if frame == 0 && len(f.Evidence) > 0 {
		frame, capture = f.Evidence[0].Frame, f.Evidence[0].Capture
	}
	for _, sc := range s.captures {
		if sc.name+".pcap" != c.Captures[capture].Member.Name {
			continue
		}
		for _, fl := range sc.flows {
			for _, p := range fl.packets {
				if p.frame == frame || hasKey(p, "dup") && p.frame+1 == frame {
					return p
				}
			}
		}
	}
	return nil
}

func hasKey(p *packetLine, key string) bool {
	_, ok := p.keys[key]
	return ok
}

// RunVerdicts runs all rules over a .pkt file and compares each flow's verdict with its verdict line.
func RunVerdicts(t *testing.T, rules []*analyzer.Rule, path string) {
	t.Helper()
	s := load(t, path)
	captures, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	c := Analyze(t, rules, captures...)
	checked := 0
	for _, sc := range s.captures {
		for _, f := range sc.flows {
			if f.class == "" {
				continue
			}
			checked++
			conn := find(c, f)
			if conn == nil {
				t.Errorf("%s:%d: the flow is not in the case", path, f.line)
				continue
			}
			if string(conn.Class) != f.class || string(conn.Cause) != f.cause {
				t.Errorf("%s:%d: verdict %s %s (%.3f), want %s %s%s", path, f.line, conn.Class, conn.Cause, conn.Confidence, f.class, f.cause, reasons(c, conn))
			}
		}
	}
	if checked == 0 {
		t.Errorf("%s: no verdict line", path)
	}
}

func find(c *analyzer.Case, f *flowScript) *analyzer.Conn {
	for _, conn := range c.Flows {
		if conn.Client().String() == f.client.String() && conn.Server().String() == f.server.String() {
			return conn
		}
	}
	return nil
}

func reasons(c *analyzer.Case, conn *analyzer.Conn) string {
	var b strings.Builder
	for _, i := range conn.Findings {
		b.WriteString("\n\t" + c.Findings[i].Rule.ID + ": " + c.Findings[i].Summary.String())
	}
	return b.String()
}

func load(t *testing.T, path string) *Script {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParsePkt(path, src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
