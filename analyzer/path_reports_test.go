package analyzer

import (
	"context"
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	const mtr = "HOST: vm   Loss%   Snt   Last   Avg  Best  Wrst StDev\n"
	const row = "  1.|-- 10.99.1.2  0.0%    10    0.1   0.1   0.1   0.1   0.0\n"
	for _, c := range []struct {
		name, text string
		kind       Kind
		format     string
		paths      int
		caveat     string
	}{
		{"a mail with a report", "Dear support,\n\nsee here:\n" + mtr + row + "\nBye\n", KindPath, "mtr report", 1, ""},
		{"two reports", mtr + row + "\n" + mtr + row, KindPath, "mtr report", 2, ""},
		{"no row", mtr, KindPath, "mtr report", 0, "a path report has no row that could be read: mtr report, line 1 (1 in all)"},
		{"other columns", strings.Replace(mtr, "StDev", "StDev Jttr", 1) + strings.Replace(row, "\n", "   0.1\n", 1), KindPath, "mtr report", 1, "columns of a path report that are not used: Jttr (line 1)"},
		{"a mail", "Dear support,\nour connection breaks.\n", KindOther, "text", 0, ""},
	} {
		a := &analysis{Case: &Case{}}
		v := &visitor{analysis: a, ctx: context.Background()}
		m := &Member{Name: "x.txt", Kind: KindOther, Format: guess([]byte(c.text))}
		v.pathReports(m, strings.NewReader(c.text))
		got := ""
		if len(a.Caveats) > 0 {
			got = a.Caveats[0].Text.String()
		}
		if m.Kind != c.kind || m.Format != c.format || len(a.Paths) != c.paths || got != c.caveat {
			t.Errorf("%s: %s, %q, %d reports, caveat %q; want %s, %q, %d, %q", c.name, m.Kind, m.Format, len(a.Paths), got, c.kind, c.format, c.paths, c.caveat)
		}
	}
}

func TestTooManyPaths(t *testing.T) {
	const text = "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max\n 1  192.0.2.1  1.0 ms\n"
	a := &analysis{Case: &Case{}}
	v := &visitor{analysis: a, ctx: context.Background()}
	for range 3 {
		v.pathReports(&Member{Name: "x.txt"}, strings.NewReader(strings.Repeat(text, 400)))
	}
	if len(a.Paths) != maxPaths {
		t.Errorf("%d reports kept, want %d", len(a.Paths), maxPaths)
	}
	if len(a.Caveats) != 1 || !a.Caveats[0].Partial || a.Caveats[0].Text.String() != "200 path reports were not read, as the ticket holds too many" {
		t.Errorf("caveats %+v, want that 200 were not read", a.Caveats)
	}
}

// TestPathReportsAlone: without a capture nothing is accused, and rules still read the path reports.
func TestPathReportsAlone(t *testing.T) {
	const text = "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max\n 1  192.0.2.1  1.0 ms\n"
	rule := &Rule{ID: "reads-paths", Cause: CauseNone, OnCase: func(p *Pass, c *Case) { p.Report(Note, "%d hops", len(c.Paths[0].Hops)).CiteRow(c.Paths[0], 0) }}
	c, err := Analyze(context.Background(), "t", []Input{{Name: "trace.txt", Size: int64(len(text)), ReaderAt: strings.NewReader(text)}}, []*Rule{rule}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := c.Verdict; v.Class != Inconclusive || len(v.Because) != 1 || len(v.Next) != 1 || !strings.Contains(v.Headline.String(), "no capture:") {
		t.Errorf("verdict %+v, want that it cannot be told", v)
	}
	if len(c.Findings) != 1 || c.Findings[0].Summary.String() != "1 hops" || c.Findings[0].Rows[0].Line() != 2 {
		t.Errorf("findings %+v, want one about line 2", c.Findings)
	}
}
