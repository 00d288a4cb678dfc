package rules

import (
	"os"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// TestBlockedCountsUnansweredSYNs: what failed is known by the verdicts of all rules, and a SYN that nobody answered is among it.
func TestBlockedCountsUnansweredSYNs(t *testing.T) {
	text, err := os.ReadFile("testdata/blocked_for_a_while.pkt")
	if err != nil {
		t.Fatal(err)
	}
	script, err := analyzertest.ParsePkt("blocked", text)
	if err != nil {
		t.Fatal(err)
	}
	captures, err := script.Captures()
	if err != nil {
		t.Fatal(err)
	}
	causes := make(map[analyzer.Cause]int)
	for _, f := range analyzertest.Analyze(t, All(), captures...).Findings {
		if f.Rule.ID == "blocked-for-a-while" {
			causes[f.Cause]++
			if s := f.Summary.String(); !strings.Contains(s, "one of 4 connections in a row") {
				t.Errorf("%s; want one of 4", s)
			}
		}
	}
	if causes[analyzer.SYNDrop] != 1 || causes[analyzer.RSTInjection] != 3 {
		t.Errorf("causes %v, want three resets and one SYN that was dropped", causes)
	}
}
