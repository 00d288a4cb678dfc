package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":               "",
		"plain 抓包":       "plain 抓包",
		"a\nb\tc":        `a\u{a}b\u{9}c`,
		"\x1b[31m":       `\u{1b}[31m`,
		"\u202egpj.exe":  `\u{202e}gpj.exe`,
		"\u2066\u200b":   `\u{2066}\u{200b}`,
		"\u2028":         `\u{2028}`,
		"\xd7\xa5":       "ץ",
		"\xb0\xfc":       `\xb0\xfc`,
		"\u009b":         `\u{9b}`,
		"real \ufffd ok": "real \ufffd ok",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestColour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		when string
		tty  bool
		env  []string
		want bool
	}{
		{"auto", true, nil, true},
		{"auto", false, nil, false},
		{"auto", true, []string{"NO_COLOR", "1"}, false},
		{"auto", true, []string{"NO_COLOR", ""}, true},
		{"auto", true, []string{"TERM", "dumb"}, false},
		{"always", false, []string{"NO_COLOR", "1"}, true},
		{"never", true, nil, false},
	} {
		u := newUI(&bytes.Buffer{}, &bytes.Buffer{}, env(tt.env...))
		u.outTTY = tt.tty
		u.color(tt.when, env(tt.env...))
		if u.colorOut != tt.want {
			t.Errorf("--color %s, terminal %v, %q: colour %v, want %v", tt.when, tt.tty, tt.env, u.colorOut, tt.want)
		}
	}
}

func TestSystemLang(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"LANG", "zh_CN.UTF-8"}, "zh"},
		{[]string{"LANG", "zh"}, "zh"},
		{[]string{"LANG", "ZH-Hans-CN"}, "zh"},
		{[]string{"LANG", "en_GB.UTF-8"}, "en"},
		{[]string{"LANG", "fr_FR@euro"}, "en"},
		{[]string{"LANG", "zha_CN"}, "en"},
		{[]string{"LC_ALL", "C", "LANG", "zh_CN.UTF-8"}, "en"},
		{[]string{"LC_MESSAGES", "zh_TW", "LANG", "en_US"}, "zh"},
		{[]string{"LC_ALL", "", "LC_MESSAGES", "", "LANG", "zh_CN"}, "zh"},
		{[]string{"LC_ALL", "C.UTF-8"}, "en"},
	} {
		if got := systemLang(env(tt.env...)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.env, got, tt.want)
		}
	}
}

func TestProgressLine(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, tt := range []struct {
		done, total int64
		took        time.Duration
		want        string
	}{
		{0, 0, 0, "t: 0 bytes"},
		{1 * mib, 10 * mib, 500 * time.Millisecond, "t: 10%, 1.0 MiB of 10.0 MiB"},
		{300 * mib, 1000 * mib, 2 * time.Second, "t: 30%, 300.0 MiB of 1000.0 MiB, 150.0 MiB/s, 5 s left"},
		{1 * mib, 1024 * mib, 10 * time.Second, "t: 0%, 1.0 MiB of 1.0 GiB, 102.4 KiB/s, 2 h 50 min left"},
		{100 * mib, 700 * mib, 12 * time.Second, "t: 14%, 100.0 MiB of 700.0 MiB, 8.3 MiB/s, 1 min 12 s left"},
		{10 * mib, 10 * mib, time.Second, "t: 10.0 MiB read, examining"},
		{2 * mib, 0, 2 * time.Second, "t: 2.0 MiB, 1.0 MiB/s"},
	} {
		if got := progressLine("t", tt.done, tt.total, tt.took); got != tt.want {
			t.Errorf("%d of %d after %v:\n got %q\nwant %q", tt.done, tt.total, tt.took, got, tt.want)
		}
	}
}

func TestProgressClearsWhatItDrew(t *testing.T) {
	t.Parallel()
	var w bytes.Buffer
	start := time.Unix(0, 0)
	p := &progress{w: &w, name: "工单", width: func() int { return 20 }, started: start}
	p.update(1<<20, 10<<20, start)
	if w.Len() > 0 {
		t.Errorf("drawn at once: %q", &w)
	}
	p.update(1<<20, 10<<20, start.Add(time.Second))
	if want := "\r工单: 10%, 1.0 MiB…"; w.String() != want {
		t.Errorf("drew %q, want %q", &w, want)
	}
	w.Reset()
	p.update(2<<20, 10<<20, start.Add(time.Second+time.Millisecond))
	if w.Len() > 0 {
		t.Errorf("drawn again within %v: %q", progressEvery, &w)
	}
	p.clear()
	if want := "\r" + strings.Repeat(" ", 19) + "\r"; w.String() != want {
		t.Errorf("cleared with %q, want %q", &w, want)
	}
	p = nil
	p.update(1, 2, start)
	p.clear()
}

func TestProgressOnTerminalsOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ tty, dumb, quiet, want bool }{
		{true, false, false, true}, {false, false, false, false}, {true, true, false, false}, {true, false, true, false},
	} {
		u := &ui{err: &bytes.Buffer{}, errTTY: tt.tty, dumb: tt.dumb, quiet: tt.quiet}
		update, end := u.begin("t")
		if got := update != nil; got != tt.want {
			t.Errorf("%+v: progress %v", tt, got)
		}
		end()
	}
}
