// Package samples runs the sample tickets through the whole program: what the README promises, on tickets as customers send them.
package samples

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/report/reporttest"
	"github.com/capforensics/capforensics/rules"
)

func analyze(t *testing.T, path string) *analyzer.Case {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	c, err := analyzer.Analyze(context.Background(), "ticket", []analyzer.Input{{Name: "ticket.zip", Size: info.Size(), ReaderAt: f}}, rules.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tickets(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("*/ticket.zip")
	if err != nil || len(all) == 0 {
		t.Fatalf("no sample tickets: %v", err)
	}
	return all
}

func TestVerdicts(t *testing.T) {
	for _, path := range tickets(t) {
		t.Run(filepath.Dir(path), func(t *testing.T) {
			c := analyze(t, path)
			for _, lang := range []report.Lang{report.English, report.Chinese} {
				var out bytes.Buffer
				if err := report.Text(&out, report.NewView(c, report.Options{Lang: lang})); err != nil {
					t.Fatal(err)
				}
				analyzertest.Golden(t, filepath.Join(filepath.Dir(path), "verdict."+string(lang)+".golden"), out.Bytes())
			}
		})
	}
}

func TestReportsFollowTheSchemaAndRepeat(t *testing.T) {
	for _, path := range tickets(t) {
		t.Run(filepath.Dir(path), func(t *testing.T) {
			var first []byte
			for range 2 {
				c := analyze(t, path)
				var doc, page, pdf bytes.Buffer
				o := report.Options{Lang: report.Chinese, Version: "test"}
				if err := report.JSON(&doc, c, o); err != nil {
					t.Fatal(err)
				}
				if err := reporttest.Validate(doc.Bytes()); err != nil {
					t.Fatal(err)
				}
				if err := report.HTML(&page, report.NewView(c, o)); err != nil {
					t.Fatal(err)
				}
				if err := report.PDF(&pdf, report.NewView(c, o)); err != nil {
					t.Fatal(err)
				}
				all := append(append(doc.Bytes(), page.Bytes()...), pdf.Bytes()...)
				if first == nil {
					first = all
				} else if !bytes.Equal(first, all) {
					t.Error("the same ticket gave two different reports")
				}
			}
		})
	}
}

// TestTruncation cuts a sample's capture at many places: no cut may raise the confidence of an accusation, and every cut is told.
func TestTruncation(t *testing.T) {
	whole := analyze(t, "forged-reset/ticket.zip")
	data := member(t, "forged-reset/ticket.zip", 1)
	for n := len(data) - 1; n > 64; n -= len(data)/97 + 1 {
		in := analyzer.Input{Name: "cut.pcap", Size: int64(n), ReaderAt: bytes.NewReader(data[:n])}
		c, err := analyzer.Analyze(context.Background(), "cut", []analyzer.Input{in}, rules.All(), nil)
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if c.Verdict.Class == analyzer.Middlebox && c.Verdict.Confidence > whole.Verdict.Confidence {
			t.Errorf("cut at %d: confidence %.4f, whole ticket %.4f", n, c.Verdict.Confidence, whole.Verdict.Confidence)
		}
		if !c.Partial() && !c.Members[0].Truncated && int64(n) != c.Members[0].Bytes {
			t.Errorf("cut at %d: nothing says so", n)
		}
	}
}
