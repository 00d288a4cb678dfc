package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

// TestPathFindings: what path reports say has a section of its own, and names the line or the frame of each row that it rests on.
func TestPathFindings(t *testing.T) {
	const evil = "<script>alert(1)</script>\x1b[2J"
	c := hostileCase()
	rule := &analyzer.Rule{ID: "p", Title: "Of a path", Innocent: []string{"none"}, Next: "next", Family: analyzer.FamilyContext, Cause: analyzer.CauseNone}
	file := &analyzer.PathReport{Member: &analyzer.Member{Name: "t.zip!/" + evil + "/mtr.txt"}, Report: &route.Report{Tool: "mtr", Line: 2}}
	for k := range 9 {
		file.Hops = append(file.Hops, route.Hop{Number: k + 1, Line: k + 5})
	}
	rebuilt := &analyzer.PathReport{Member: &analyzer.Member{Name: "t.zip!/a.pcap"}, Report: &route.Report{Tool: route.Capture, Hops: []route.Hop{{Number: 1, Frame: 77}, {Number: 2}}}}
	said := &analyzer.Finding{Rule: rule, Flow: -1, Summary: analyzer.Msg("%s answers", evil)}
	said.CiteRow(file, -1).CiteRow(file, 0).CiteRow(rebuilt, 0).CiteRow(rebuilt, 1).ButAgainst("a doubt")
	long := &analyzer.Finding{Rule: rule, Flow: -1, Summary: analyzer.Msg("many rows")}
	for k := range 9 {
		long.CiteRow(file, k)
	}
	way := &analyzer.Finding{Rule: rule, Flow: -1, Summary: analyzer.Msg("about both captures")}
	c.Findings = append(c.Findings, said, long, way)
	c.Findings[0].CiteRow(rebuilt, 0).CiteRow(file, 5).CiteRow(file, 1) // of the connection
	v := NewView(c, Options{Lang: English})
	var tab, other *Table
	for i := range v.Sections {
		switch v.Sections[i].Title {
		case "What the path reports say":
			tab = v.Sections[i].Table
		case "Remarks on the way":
			other = v.Sections[i].Table
		}
	}
	if tab == nil || len(tab.Rows) != 2 {
		t.Fatalf("the section has %v, want two rows", tab)
	}
	for i, want := range []string{"mtr.txt: line 2, 5; a.pcap: frame 77", "mtr.txt: line 5, 6, 7, 8, 9, 10, …"} {
		if got := tab.Rows[i][2]; got != want {
			t.Errorf("row %d: where is %q, want %q", i, got, want)
		}
	}
	if got := tab.Rows[0][1]; !strings.HasSuffix(got, "answers; a doubt") {
		t.Errorf("%q lacks what speaks against it", got)
	}
	if other == nil || len(other.Rows) != 1 || other.Rows[0][1] != "about both captures" {
		t.Errorf("what two captures show is %v, want one row", other)
	}
	if got := v.Exhibits[0].Reasons[0]; !strings.HasSuffix(got, " (a.pcap: frame 77; mtr.txt: line 6, 10) (weight +4.0)") {
		t.Errorf("the connection's reason is %q, want the rows that it rests on", got)
	}
	var page, doc bytes.Buffer
	if err := HTML(&page, v); err != nil {
		t.Fatal(err)
	}
	if err := PDF(&doc, v); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<script") || strings.ContainsRune(page.String(), '\x1b') {
		t.Error("a name of the report got through as markup or control character")
	}
}
