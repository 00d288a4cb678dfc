package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want int64 // 0: refused
		text string
	}{
		{"1", 1, "1"}, {"64M", 64 << 20, "64M"}, {"2g", 2 << 30, "2G"}, {"1T", 1 << 40, "1T"}, {"3KiB", 3 << 10, "3K"}, {"64MB", 64 << 20, "64M"},
		{"1500", 1500, "1500"}, {"1536", 1536, "1536"}, {"2048", 2048, "2K"}, {"10B", 10, "10"}, {"8388607T", 8388607 << 40, "8388607T"},
		{"", 0, ""}, {"0", 0, ""}, {"-1", 0, ""}, {"M", 0, ""}, {"1X", 0, ""}, {"1MK", 0, ""}, {"1.5G", 0, ""}, {"8388608T", 0, ""},
		{"9223372036854775808", 0, ""}, {"64I", 0, ""}, {" 64M", 0, ""},
	} {
		var s size
		err := s.Set(tt.in)
		if (err != nil) != (tt.want == 0) || int64(s) != tt.want {
			t.Errorf("Set(%q) = %d, %v; want %d", tt.in, s, err, tt.want)
		}
		if err == nil && s.String() != tt.text {
			t.Errorf("%q prints as %q, want %q", tt.in, &s, tt.text)
		}
	}
}

func TestFormatsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	c, err := parse([]string{"--format", "JSON, pdf,json", "x"})
	if err != nil || c.formats.String() != "pdf,json" {
		t.Errorf("%q, %v", &c.formats, err)
	}
}

// Every flag has help, and no line of it is wider than a narrow terminal.
func TestHelpIsComplete(t *testing.T) {
	t.Parallel()
	text := helpText()
	for line := range strings.Lines(text) {
		if len(line) > helpWidth+4 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	for _, name := range strings.Fields("read together password password-file no-names output format json evidence evidence-payload lang open quiet verbose color max-bytes max-ratio " +
		"max-depth max-members max-captures max-flows max-memory temp-dir help version") {
		if !strings.Contains(text, "--"+name+" ") {
			t.Errorf("--%s is not in the help", name)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want, problem string }{
		{"as Windows writes it", "\ufeff密码 1\r\n\r\n two \r\n", "given|密码 1| two ", ""},
		{"without a last line's end", "one", "given|one", ""},
		{"as many as may be", strings.Repeat("x\n", maxPasswords), "given" + strings.Repeat("|x", maxPasswords), ""},
		{"one more", strings.Repeat("x\n", maxPasswords+1), "", "holds more than 100 passwords"},
		{"no text", strings.Repeat("x", 1<<20), "", "token too long"},
	} {
		file := filepath.Join(t.TempDir(), "passwords")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := parse([]string{"--password", "given", "--password-file", file, "x"})
		switch {
		case tt.problem != "":
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("%s: error %v, want %q", tt.name, err, tt.problem)
			}
		case err != nil || strings.Join(c.passwords, "|") != tt.want:
			t.Errorf("%s: %q, %v; want %q", tt.name, c.passwords, err, tt.want)
		}
	}
}

func TestPathsOfReadComeFirst(t *testing.T) {
	t.Parallel()
	c, err := parse([]string{"b", "-r", "a", "--", "-c"})
	if got := strings.Join(c.paths, " "); err != nil || got != "a b -c" {
		t.Errorf("%q, %v", got, err)
	}
}
