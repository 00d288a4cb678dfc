package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/report/lang"
	"github.com/capforensics/capforensics/rules"
)

// The table of the README is made of the rules; -update makes it again.
func TestREADMEListsEveryRule(t *testing.T) {
	var b strings.Builder
	b.WriteString("| rule | argues for | title |\n|---|---|---|\n")
	for _, r := range rules.All() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.ID, arguesFor(r, lang.For("en")), strings.ReplaceAll(r.Title, "|", `\|`))
	}
	inREADME(t, "rules", b.String())
}

// So is the list of what is read made of the formats.
func TestREADMEListsWhatIsRead(t *testing.T) {
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	opened, named := analyzer.Archives()
	for _, row := range []struct {
		of  string
		all []string
	}{{"archives", opened}, {"archives, named and not opened", named}, {"captures", analyzer.CaptureFormats()}, {"frames", analyzer.LinkTypes()}, {"tunnels", analyzer.Tunnels()}} {
		fmt.Fprintf(&b, "| %s | %s |\n", row.of, strings.Join(row.all, ", "))
	}
	inREADME(t, "formats", b.String())
}

// inREADME compares a table with the one between two marks of the README.
func inREADME(t *testing.T, name, table string) {
	t.Helper()
	const path = "../../README.md"
	begin, end := "<!-- "+name+": go test ./cmd/capforensics -run README -update -->\n", "<!-- end of "+name+" -->"
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(old), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no lines %q and %q", path, begin, end)
	}
	analyzertest.Golden(t, path, []byte(head+begin+"\n"+table+"\n"+end+tail))
}

// Whatever the language, the titles are in one column, in colour too.
func TestRulesAreAligned(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"rules"}, {"rules", "--lang", "zh"}, {"rules", "--lang=zh", "--color=always", "-q"}} {
		s := newStage(t, false)
		s.want(t, s.run(args...), exitAnalysed, 0)
		lines := strings.Split(strings.TrimSuffix(s.out.String(), "\n"), "\n")
		all, l := rules.All(), lang.For("en")
		if len(args) > 1 {
			l = lang.For("zh")
		}
		if len(lines) != len(all) {
			t.Fatalf("%q: %d lines, want %d", args, len(lines), len(all))
		}
		at := -1
		for i, r := range all {
			before, ok := strings.CutSuffix(lines[i], "  "+l.T(r.Title))
			if !ok || !strings.HasPrefix(before, r.ID+" ") || !strings.Contains(before, arguesFor(r, l)) {
				t.Errorf("%q: line %q is not about %s", args, lines[i], r.ID)
			}
			if at >= 0 && columns(before) != at {
				t.Errorf("%q: the title is in column %d, above in %d: %s", args, columns(before), at, lines[i])
			}
			at = columns(before)
		}
	}
}

// Each explanation fits its width and leaves nothing out.
func TestRulesAreExplainedWhole(t *testing.T) {
	t.Parallel()
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for _, r := range rules.All() {
		for _, code := range []string{"en", "zh"} {
			s := newStage(t, false)
			s.want(t, s.run("rules", r.ID, "--lang", code), exitAnalysed, 0)
			out, l := s.out.String(), lang.For(code)
			for line := range strings.Lines(out) {
				if n := columns(strings.TrimSuffix(line, "\n")); n > maxColumns {
					t.Errorf("%s in %s: %d columns: %s", r.ID, code, n, line)
				}
			}
			for _, text := range slices.Concat([]string{r.ID, r.Title, r.Doc, r.Next, "family|" + string(r.Family)}, r.Innocent, r.Refs) {
				if !strings.Contains(squeeze(out), squeeze(l.T(text))) {
					t.Errorf("%s in %s does not say %q:\n%s", r.ID, code, l.T(text), out)
				}
			}
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in    string
		width int
		want  string // lines, separated by "|"
	}{
		{"", 10, ""},
		{"one two", 7, "one two"},
		{"one two", 6, "one|two"},
		{"one two three", 7, "one two|three"},
		{"a longword b", 4, "a|longword|b"},
		{"a b", 0, "a|b"},
		{"a b", -5, "a|b"},
		{"一二三四", 4, "一二|三四"},
		{"一二三四", 5, "一二|三四"},
		{"一二，三", 4, "一|二，|三"}, // no line begins with a comma
		{"一（二）", 4, "一|（二）"},  // or ends with an opening bracket
		{"RST 的距离", 6, "RST 的|距离"},
	} {
		if got := strings.Join(wrap(tt.in, tt.width), "|"); got != tt.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	var all []*analyzer.Rule
	for _, id := range []string{"content-conflict", "rst-burst", "rst-refusal-too-fast", "rst-too-fast", "rst-ttl-mismatch", "unanswered"} {
		all = append(all, &analyzer.Rule{ID: id})
	}
	for in, want := range map[string]string{
		"rst-to-fast":      "rst-too-fast rst-refusal-too-fast",
		"RST_TTL_MISMATCH": "rst-ttl-mismatch",
		"ttl":              "rst-ttl-mismatch",
		"rst":              "rst-burst rst-too-fast",
		"unanswerd":        "unanswered",
		"":                 "", "x": "", "zz": "", "规则": "",
	} {
		if got := strings.Join(nearest(all, in), " "); got != want {
			t.Errorf("nearest(%q) = %q, want %q", in, got, want)
		}
	}
}

// Only the bare word is the subcommand.
func TestRulesAsAPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args, ids, paths string
		rules            bool
	}{
		{"rules", "", "", true},
		{"rules a b", "a b", "", true},
		{"--lang zh rules a -q", "a", "", true},
		{"rules -- a", "a", "", true},
		{"./rules", "", "./rules", false},
		{"-- rules", "", "rules", false},
		{"-r rules", "", "rules", false},
		{"-r rules rules", "", "rules rules", false},
		{"a.pcap rules", "", "a.pcap rules", false},
		{"Rules", "", "Rules", false},
	} {
		c, err := parse(strings.Fields(tt.args))
		if err != nil || c.wantRules != tt.rules || strings.Join(c.ruleIDs, " ") != tt.ids || strings.Join(c.paths, " ") != tt.paths {
			t.Errorf("%q: rules %v %q, paths %q, %v", tt.args, c.wantRules, c.ruleIDs, c.paths, err)
		}
	}
}
