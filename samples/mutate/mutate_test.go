package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// TestMain stands in for the command where a test asks for it: see TestCommand.
func TestMain(m *testing.M) {
	if does := os.Getenv("HOME"); filepath.Base(filepath.Dir(does)) == "work" {
		os.Exit(pretend(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func newTestGenerator(t testing.TB) *generator {
	t.Helper()
	g, err := newGenerator(os.DirFS("../.."), 1)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestSameTicketAgain(t *testing.T) {
	g, other := newTestGenerator(t), newTestGenerator(t)
	names := make(map[string]bool)
	for i := range uint64(300) {
		a, b := g.ticket(i), other.ticket(i)
		if !reflect.DeepEqual(a.files, b.files) {
			t.Errorf("ticket %d, of %s, differs from itself", i, a.seed)
		}
		names[a.seed] = true
	}
	if len(names) < 100 {
		t.Errorf("300 tickets are made of %d seeds", len(names))
	}
}

// TestSeeds holds the seeds to every format that is read: a format without a seed is never tried.
func TestSeeds(t *testing.T) {
	g := newTestGenerator(t)
	p := newTestProcess(t)
	for _, s := range g.seeds {
		var all []*ticket
		for _, tr := range s.traces {
			for k := range 4 * len(encodings) {
				c := newChance(1, uint64(k))
				all = append(all, &ticket{seed: s.name, files: []file{{tr.name, encoded(c, encodings[k%len(encodings)], &tr).b}}, chance: c})
			}
			if s.name != "rules/testdata/trigger.pkt" {
				all = all[:0]
			}
		}
		for _, f := range s.files {
			all = append(all, &ticket{seed: s.name, files: []file{f}, chance: newChance(1, 1)})
		}
		for _, x := range all {
			if faults := p.try(x); len(faults) > 0 {
				t.Errorf("%s: %s", x.seed, faults[0])
			}
		}
	}
	for k := range uint64(60) {
		c := newChance(1, k)
		packed := c.pack([]file{{"a.pcap", []byte("\xd4\xc3\xb2\xa1")}})
		p.try(&ticket{files: []file{packed}, chance: c})
	}
	opened, _ := analyzer.Archives()
	opened = slices.DeleteFunc(opened, func(name string) bool { // compressions are peeled off, and a compound file that is opened is a mail
		return slices.Contains([]string{"gzip", "zstd", "bzip2", "xz", "lz4", "compound file"}, name)
	})
	for _, name := range append(opened, analyzer.CaptureFormats()...) {
		if !p.formats[name] && !strings.HasPrefix(name, "pcap (") { // those of patched systems are told by more packets than a seed has
			t.Errorf("no seed is a %s", name)
		}
	}
}

func newTestProcess(t testing.TB) *inProcess {
	t.Helper()
	p, err := newInProcess(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(p.watch.stop) })
	return p
}

func TestNoFault(t *testing.T) {
	g, p := newTestGenerator(t), newTestProcess(t)
	for i := range uint64(400) {
		if faults := p.try(g.ticket(i)); len(faults) > 0 {
			t.Errorf("ticket %d: %s", i, faults[0])
		}
	}
	if len(p.fired) < 30 || p.outcomes["analysed in part"] == 0 || p.outcomes["analysed whole"] == 0 {
		t.Errorf("so little comes through that little is tried: %d rules fired, %v", len(p.fired), p.outcomes)
	}
}

// TestFaultIsNoticed lets a rule do what none may.
func TestFaultIsNoticed(t *testing.T) {
	var held []byte
	for _, c := range []struct {
		name string
		does func(p *inProcess)
		want string
	}{
		{"nothing", func(*inProcess) {}, ""},
		{"panic", func(*inProcess) { panic("no") }, "the rule misbehaves failed"},
		{"temporary file", func(p *inProcess) { os.WriteFile(filepath.Join(p.temp, "x"), nil, 0o600) }, "a file was left"},
		{"other file", func(p *inProcess) { os.WriteFile(filepath.Join(p.outside, "x"), nil, 0o600) }, "a file was left"},
		{"time", func(p *inProcess) { p.watch.began.Add(-int64(idleTime)) }, "it took 1m"},
		{"memory", func(p *inProcess) {
			debug.FreeOSMemory() // else the heap has room already
			p.watch.most = memory() + 32<<20
			held = bytes.Repeat([]byte{1}, 64<<20)
			for p.watch.peak.Load() < p.watch.most { // measured every other millisecond
				time.Sleep(time.Millisecond)
			}
		}, "MB of memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newTestProcess(t)
			done := false
			p.rules = []*analyzer.Rule{{ID: "misbehaves", Title: "x", Needs: flow.NeedRST, OnFlow: func(*analyzer.Pass, *flow.Flow) {
				if !done {
					done = true
					c.does(p)
				}
			}}}
			g := newTestGenerator(t)
			for _, s := range g.seeds {
				if s.name != "rules/testdata/trigger.pkt" {
					continue
				}
				faults := p.try(&ticket{files: []file{{"a.pcap", encoded(newChance(1, 1), encodings[0], &s.traces[0]).b}}, chance: newChance(1, 3)})
				if got := strings.Join(faults, "\n"); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
			if !done {
				t.Error("the rule was not asked")
			}
		})
	}
	_ = held
}

func TestUnescaped(t *testing.T) {
	for _, bad := range []string{"\x1b[31m", "a\rb", "\u009b", "\u202e", "a\xffb", "\u2028", "\u200b", "\x00"} {
		if unescaped("some text "+bad+" more") == "" {
			t.Errorf("%q passes", bad)
		}
	}
	for _, good := range []string{"", "a\nb\tc", "抓包 <>&\"'", `\x1b`, "\ufffd"} {
		if got := unescaped(good); got != "" {
			t.Errorf("%q: %s", good, got)
		}
	}
}

// pretend is a command that does what its only input says.
func pretend(args []string) int {
	path := args[len(args)-1]
	if inside, _ := filepath.Glob(filepath.Join(path, "*")); len(inside) > 0 {
		path = inside[0]
	}
	b, _ := os.ReadFile(path)
	out := args[1]
	os.MkdirAll(out, 0o777)
	report := func(name string) { os.WriteFile(filepath.Join(out, name), nil, 0o666) }
	switch string(b) {
	case "good":
		report("x.capforensics.pdf")
	case "code":
		report("x.capforensics.pdf")
		return 7
	case "panic":
		report("x.capforensics.pdf")
		fmt.Fprintln(os.Stderr, "panic: no")
	case "escape":
		report("x.capforensics.pdf")
		fmt.Println("\x1b[2J")
	case "no report":
	case "report":
		report("x.capforensics.pdf")
		return 1
	case "elsewhere":
		report("x.capforensics.pdf")
		os.WriteFile("x.capforensics.html", nil, 0o666)
	case "temporary":
		report("x.capforensics.pdf")
		os.WriteFile(filepath.Join(os.Getenv("HOME"), "x.tmp"), nil, 0o666)
	}
	return 0
}

func TestCommand(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for does, want := range map[string]string{
		"good": "", "code": "exit code 7", "panic": "standard error says", "escape": "standard output holds", "no report": "exit code 0 and 0 reports",
		"report": "exit code 1 and 1 reports", "elsewhere": "here/x.capforensics.html", "temporary": "temp/x.tmp",
	} {
		k, err := newCommand(t.TempDir(), self)
		if err != nil {
			t.Fatal(err)
		}
		faults := k.try(&ticket{files: []file{{"x", []byte(does)}}, chance: newChance(1, 1)})
		if got := strings.Join(faults, "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", does, got, want)
		}
	}
}

func TestTooLong(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		took, cpu time.Duration
		want      bool
	}{
		{4 * s, 9 * s, false}, // many goroutines
		{6 * s, 2 * s, false}, // a busy machine
		{6 * s, 6 * s, true},
		{6 * s, 0, true}, // not known on this system
		{61 * s, 1 * s, true}, {40 * s, 4 * s, false},
	} {
		if got := tooLong(c.took, c.cpu); got != c.want {
			t.Errorf("%v, %v of processors: %v", c.took, c.cpu, got)
		}
	}
}
