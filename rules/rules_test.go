package rules

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

func snake(id string) string { return strings.ReplaceAll(id, "-", "_") }

// TestRules runs each rule over its .pkt file.
func TestRules(t *testing.T) {
	for _, r := range All() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			analyzertest.Run(t, r, filepath.Join("testdata", snake(r.ID)+".pkt"))
		})
	}
}

// TestVerdicts runs all rules together over stories with known verdicts.
func TestVerdicts(t *testing.T) {
	files, err := filepath.Glob("testdata/verdicts/*.pkt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			analyzertest.RunVerdicts(t, All(), path)
		})
	}
}

var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// TestEveryRuleIsWhole checks what no compiler does: the words are there, the file is named after the rule, and one check is set.
func TestEveryRuleIsWhole(t *testing.T) {
	if len(All()) == 0 {
		t.Fatal("no rules")
	}
	for _, r := range All() {
		if !kebab.MatchString(r.ID) {
			t.Errorf("%q is no kebab-case name", r.ID)
		}
		if _, err := os.Stat(snake(r.ID) + ".go"); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
		if r.Title == "" || r.Doc == "" || r.Next == "" || len(r.Innocent) == 0 || r.Family == "" {
			t.Errorf("%s: title, doc, family, innocent explanations and next step are required", r.ID)
		}
		if r.Cause.Class() == "" {
			t.Errorf("%s: no such cause %q", r.ID, r.Cause)
		}
		checks := 0
		for _, set := range []bool{r.OnFlow != nil, r.OnPair != nil, r.OnCase != nil} {
			if set {
				checks++
			}
		}
		if checks != 1 && !(checks == 2 && r.OnCase != nil) {
			t.Errorf("%s: %d checks are set, want one", r.ID, checks)
		}
		if r.Cause.Class() == analyzer.Middlebox && strings.HasPrefix(r.ID, "genuine-") {
			t.Errorf("%s exonerates by its name and accuses by its cause", r.ID)
		}
	}
}

// TestFilesAreShort: a file is one concept, and a rule is read in one go.
func TestFilesAreShort(t *testing.T) {
	const mostLines, mostOfRule = 450, 140
	if err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		most := mostLines
		if bytes.Contains(text, []byte("= register(&analyzer.Rule{")) && !strings.HasSuffix(path, "_test.go") {
			most = mostOfRule
		}
		if n := bytes.Count(text, []byte("\n")); n > most {
			t.Errorf("%s has %d lines, want %d at most", path, n, most)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestCitedFieldsAreAsWiresharkShowsThem: rules hold raw numbers, names of flags and times between any two packets, and Wireshark shows
// something else under these names. The samples' evidence is compared with tshark, but not every rule fires there.
func TestCitedFieldsAreAsWiresharkShowsThem(t *testing.T) {
	instead := map[string]string{
		"tcp.seq": "tcp.seq_raw", "tcp.ack": "tcp.ack_raw", "tcp.nxtseq": "tcp.seq_raw and ending", "tcp.window_size": "tcp.window_size_value",
		"tcp.flags.str": "tcp.flags", "frame.time_delta": "tcp.time_relative and since", "tcp.time_delta": "tcp.time_relative and since",
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for field, better := range instead {
			if strings.Contains(string(src), `"`+field+`"`) {
				t.Errorf("%s cites %s; cite %s", name, field, better)
			}
		}
	}
}
