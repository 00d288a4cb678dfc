package main

import (
	"archive/zip"
	"bytes"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostileNames mean something to a terminal, a page, a spreadsheet, a reader of text or a file system.
var hostileNames = []string{
	"\x1b[31mred\x1b[0m.pcap", "\x1b]0;title\x07.pcap", "\u009b2J.pcap", "a\r\ncapforensics: error: forged.pcap", "a\tb\x7f.pcap",
	"<script>alert(1)</script>.pcap", "<!-- ]]> \"'><img src=x onerror=alert(1)>.pcap", "{{.}}.pcap", "%s%n%!d.pcap", "a) Tj ET (b.pcap",
	"=cmd|' C calc'!A0.pcap", "+1+1.pcap", "-rf.pcap", "@SUM(A1).pcap",
	"\u202egnp.pcap", "\u2066x\u2069.pcap", "a\u200bb\u2028c.pcap", "\xff\xfe.pcap",
	"CON.pcap", "nul.pcap", "Com1.txt.pcap", "LPT9", "aux .pcap",
	strings.Repeat("n", 200) + ".pcap",
}

// memberNames are such of members of an archive, where a name is never a path.
var memberNames = append([]string{
	"../../../../tmp/out.pcap", "/tmp/absolute.pcap", `C:\Windows\x.pcap`, `\\host\share\x.pcap`, "a\x00b.pcap", "..", strings.Repeat("n", 64<<10-1), strings.Repeat("\u202e", 20<<10), strings.Repeat("d/", 900) + "x.pcap",
}, hostileNames...)

// shown fails if a text holds what must be escaped.
func shown(t *testing.T, where, text string) {
	t.Helper()
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") || unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			t.Errorf("%s holds %U: %q", where, r, text[max(0, i-40):min(len(text), i+20)])
			return
		}
	}
}

// reports reads what a run has written to dir, by ending.
func reports(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		shown(t, "a file name", e.Name())
		first, _, _ := strings.Cut(e.Name(), ".")
		if reserved := regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9]) *$`); reserved.MatchString(first) || len(e.Name()) > 255 {
			t.Errorf("the file name %q is none on every system", e.Name())
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Ext(e.Name())] = string(b)
	}
	return all
}

// check holds every output of a run to what may be shown.
func (s *stage) check(t *testing.T, dir string) {
	t.Helper()
	shown(t, "standard output", s.out.String())
	shown(t, "standard error", s.err.String())
	if strings.Contains(s.err.String(), "\ncapforensics: error: forged") {
		t.Errorf("a name writes a line of its own: %s", &s.err)
	}
	all := reports(t, dir)
	for _, ending := range []string{".html", ".json", ".pdf", ".pcapng"} {
		if all[ending] == "" {
			t.Fatalf("no %s among the reports: %s", ending, &s.err)
		}
	}
	shown(t, "the page", all[".html"])
	shown(t, "the JSON report", all[".json"])
	if page := strings.ToLower(all[".html"]); strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.Contains(page, "<!-- ]]>") {
		t.Error("markup of a name is in the page")
	}
	for _, bad := range []string{"\x1b[31m", "\x1b]0", "\u009b2J", "\u202e", "\u2066", "\u200b", "\u2028", "\r\ncapf"} {
		if strings.Contains(all[".pcapng"], bad) {
			t.Errorf("the evidence capture holds %q", bad)
		}
	}
}

// TestHostileMembers gives each name to a capture in an archive.
func TestHostileMembers(t *testing.T) {
	t.Parallel()
	for i, name := range memberNames {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: i%2 == 0})
		if err == nil {
			_, err = w.Write(tinyCapture())
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		s := newStage(t, false)
		dir := filepath.Join(s.dir, "out")
		s.want(t, s.run("--verbose", "--lang", []string{"en", "zh"}[i%2], "-o", dir, s.file(t, "t.zip", b.Bytes())), exitAnalysed, 0)
		s.check(t, dir)
	}
}

// TestHostileInputs gives each name to a file, as far as the file system takes it.
func TestHostileInputs(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		hostileNames = []string{"+1+1.pcap", "-rf.pcap", "@SUM(A1).pcap", "=1.pcap"} // it forbids the others
	}
	for _, name := range hostileNames {
		s := newStage(t, false)
		if runtime.GOOS == "darwin" && !utf8.ValidString(name) {
			continue
		}
		dir := filepath.Join(s.dir, "out")
		s.want(t, s.run("--verbose", "-o", dir, s.file(t, strings.ReplaceAll(name, "/", "|"), tinyCapture())), exitAnalysed, 0)
		s.check(t, dir)
	}
	// A name that says what to do with it is shown as it is where nothing acts on it.
	s := newStage(t, false)
	dir := filepath.Join(s.dir, "out")
	s.run("-o", dir, s.file(t, "=1+1 & co.pcap", tinyCapture()))
	if all := reports(t, dir); !strings.Contains(html.UnescapeString(all[".html"]), "=1+1 & co") || !strings.Contains(all[".html"], "=1&#43;1 &amp; co") && !strings.Contains(all[".html"], "=1+1 &amp; co") {
		t.Error("the page does not show the name, or not escaped")
	}
}
