package report

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/analyzer/route"
	"github.com/capforensics/capforensics/report/lang"
)

// pathsCase is a ticket of one capture without packets and the reports in testdata/paths.txt.
func pathsCase(t *testing.T) *analyzer.Case {
	t.Helper()
	text, err := os.ReadFile("testdata/paths.txt")
	if err != nil {
		t.Fatal(err)
	}
	capture := []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x01\x00\x00\x00")
	c, err := analyzer.Analyze(context.Background(), "paths", []analyzer.Input{
		{Name: "client.pcap", Size: int64(len(capture)), ReaderAt: bytes.NewReader(capture)},
		{Name: "folder/paths.txt", Size: int64(len(text)), ReaderAt: bytes.NewReader(text)},
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPathsGolden(t *testing.T) {
	c := pathsCase(t)
	for _, lang := range []Lang{English, Chinese} {
		v := NewView(c, Options{Lang: lang})
		var b strings.Builder
		for _, s := range v.Sections {
			if !strings.Contains(s.Title, "paths.txt") && s.Title != v.Sections[1].Title {
				continue
			}
			b.WriteString("== " + s.Title + "\n")
			for _, line := range s.Text {
				b.WriteString(line + "\n")
			}
			if s.Table != nil {
				b.WriteString(strings.Join(s.Table.Head, " | ") + "\n")
				for _, row := range s.Table.Rows {
					b.WriteString(strings.Join(row, " | ") + "\n")
				}
			}
		}
		analyzertest.Golden(t, "testdata/path_reports_"+string(lang)+".golden", []byte(b.String()))
	}
}

func TestPathsJSON(t *testing.T) {
	c := pathsCase(t)
	var out bytes.Buffer
	if err := JSON(&out, c, Options{Version: "test"}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.Contains(line, `"tool":`) && strings.Contains(line, `"hops":`) {
			lines = append(lines, line)
		}
	}
	if len(lines) != len(c.Paths) {
		t.Errorf("%d lines of path reports, want %d", len(lines), len(c.Paths))
	}
	analyzertest.Golden(t, "testdata/path_reports_json.golden", []byte(strings.Join(lines, "\n")+"\n"))
}

func TestManyPaths(t *testing.T) {
	c := &analyzer.Case{}
	for range maxPathTables + 3 {
		c.Paths = append(c.Paths, &analyzer.PathReport{Member: &analyzer.Member{Name: "x"}, Report: &route.Report{Tool: "mtr", Hops: []route.Hop{{Number: 1, Line: 1}}}})
	}
	s := (&builder{Case: c, lang: lang.For("en")}).pathReports()
	if len(s) != maxPathTables+1 {
		t.Fatalf("%d sections, want %d", len(s), maxPathTables+1)
	}
	if got := s[len(s)-1].Text; got[len(got)-1] != "The rows of 3 more path reports are in the JSON report." {
		t.Errorf("the last says %q, want that 3 are left", got)
	}
	if rows := len(s[0].Table.Rows); rows != len(c.Paths) {
		t.Errorf("the list has %d rows, want %d", rows, len(c.Paths))
	}
}

func TestSilentRuns(t *testing.T) {
	answered, silent := route.Hop{Routers: []route.Router{{Name: "r"}}}, route.Hop{}
	flagged := route.Hop{Flags: []string{"!H"}}
	for _, c := range []struct {
		name string
		hops []route.Hop
		want []int // rows of each group
	}{
		{"none", nil, nil},
		{"two are told singly", []route.Hop{answered, silent, silent, answered}, []int{1, 1, 1, 1}},
		{"three are told together", []route.Hop{answered, silent, silent, silent, answered}, []int{1, 3, 1}},
		{"up to the end", []route.Hop{silent, silent, silent, silent}, []int{4}},
		{"a mark is told", []route.Hop{silent, silent, flagged, silent, silent, silent}, []int{1, 1, 1, 3}},
	} {
		for i := range c.hops {
			c.hops[i].Number = i + 1
		}
		var got []int
		for _, g := range silentRuns(c.hops) {
			got = append(got, len(g))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestElapsed: what is below the step of a tool is only known to be less, unless the step itself is not shown.
func TestElapsed(t *testing.T) {
	for _, tt := range []struct {
		d, step time.Duration
		want    string
	}{
		{1500 * time.Microsecond, time.Microsecond, "1.5 ms"},
		{0, time.Millisecond, "<1 ms"},
		{0, 100 * time.Microsecond, "<0.1 ms"},
		{0, time.Microsecond, "<0.001 ms"},
		{0, 1, "0 ms"}, // the deviation of a single answer
		{0, 0, "0 ms"},
	} {
		if got := elapsed(known(tt.d), tt.step); got != tt.want {
			t.Errorf("%v by steps of %v: %q, want %q", tt.d, tt.step, got, tt.want)
		}
	}
	if got := elapsed(route.Known[time.Duration]{}, time.Millisecond); got != "" {
		t.Errorf("a time that is not known: %q", got)
	}
}
