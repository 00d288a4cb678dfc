package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
)

// TestChecksAreSummedUp: every check is in one row, under what became of it: what could not be told and what had nothing to look at is not clear.
func TestChecksAreSummedUp(t *testing.T) {
	c := hostileCase()
	c.Checks = nil
	add := func(id string, looked, fired int, skipped map[string]int) {
		c.Checks = append(c.Checks, &analyzer.Check{Rule: &analyzer.Rule{ID: id, Title: "Title of " + id}, Looked: looked, Fired: fired, Skipped: skipped})
	}
	add("idle", 0, 0, nil)
	add("blind", 4, 0, map[string]int{"too dark": 4})
	add("half-blind", 4, 0, map[string]int{"too dark": 1, "too far": 2})
	add("calm", 4, 0, nil)
	add("alarmed", 4, 3, map[string]int{"too far": 1})
	v := NewView(c, Options{})
	var s *Section
	for i := range v.Sections {
		if v.Sections[i].Title == "What was checked" {
			s = &v.Sections[i]
		}
	}
	if s == nil {
		t.Fatal("no section on what was checked")
	}
	want := []string{"found|1|Title of alarmed (3)", "clear where it could be told|1|half-blind", "clear|1|calm", "could not be told|1|blind", "nothing to look at|1|idle"}
	for i, row := range s.Table.Rows {
		if got := strings.Join(row, "|"); i >= len(want) || got != want[i] {
			t.Errorf("row %d is %q", i, got)
		}
	}
	if len(s.Table.Rows) != len(want) || len(s.Detail.Rows) != len(c.Checks) {
		t.Errorf("%d rows and %d in detail, want %d and %d", len(s.Table.Rows), len(s.Detail.Rows), len(want), len(c.Checks))
	}
	if text := strings.Join(s.Text, " "); !strings.Contains(text, "too dark (5); too far (3).") {
		t.Errorf("%q does not tell the reasons by how often they came", text)
	}
	var page bytes.Buffer
	if err := HTML(&page, v); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "Title of blind") {
		t.Error("the page does not hold the checks in detail")
	}
	if doc := pdftotext(t, makePDF(t, v), "-raw"); strings.Contains(doc, "Title of blind") || !strings.Contains(doc, "half-blind") {
		t.Error("the document holds the checks in detail, or not at all")
	}
}
