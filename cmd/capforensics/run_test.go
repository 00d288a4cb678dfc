package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
)

// stage is an app whose outside is the test.
type stage struct {
	*app
	out, err bytes.Buffer
	opened   []string
	waited   int
	dir      string
}

func newStage(t *testing.T, ownWindow bool) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir()}
	s.app = &app{stdin: strings.NewReader(""), stdout: &s.out, stderr: &s.err, getenv: func(string) string { return "" },
		analyze: analyzer.Analyze, version: "test",
		desk: desktop{
			ownWindow: func() bool { return ownWindow },
			waitKey:   func() { s.waited++ },
			open:      func(path string) error { s.opened = append(s.opened, filepath.Base(path)); return nil },
		}}
	return s
}

// file makes a file and gives its full path, as a drop does.
func (s *stage) file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *stage) run(args ...string) int { return s.app.run(context.Background(), args) }

func (s *stage) want(t *testing.T, code, want, waited int, opened ...string) {
	t.Helper()
	if code != want || s.waited != waited || !slices.Equal(s.opened, opened) {
		t.Errorf("exit code %d, waited %d times, opened %q; want %d, %d, %q\nstderr: %s", code, s.waited, s.opened, want, waited, opened, &s.err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, ".capforensics-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// verdicts stands in for the analysis: the ticket's name is its verdict.
func verdicts(_ context.Context, name string, _ []analyzer.Input, _ []*analyzer.Rule, _ *analyzer.Options) (*analyzer.Case, error) {
	c := &analyzer.Case{Name: name, Verdict: analyzer.Verdict{Class: analyzer.Class(name), Cause: analyzer.CauseNone, Grade: analyzer.Weak,
		Headline: analyzer.Msg("a headline"), Next: []analyzer.Message{analyzer.Msg("a step")}, Worst: -1}}
	switch name {
	case "nothing":
		return c, analyzer.ErrNothingUsable
	case "broken":
		return nil, errors.New("read broken: no such luck")
	case "partial":
		c.Verdict.Class = analyzer.Clean
		c.Caveats = []analyzer.Caveat{{Text: analyzer.Msg("cut"), Partial: true}}
	}
	return c, nil
}

func TestDropOpensTheReport(t *testing.T) {
	t.Parallel()
	s := newStage(t, true)
	code := s.run(s.file(t, "client.pcap", tinyCapture()), s.file(t, "server.pcap", tinyCapture()))
	s.want(t, code, exitAnalysed, 0, "client+1.capforensics.html")
	if s.out.Len() == 0 {
		t.Error("no verdict was printed")
	}
}

func TestDropOfAFolderOpensTheReport(t *testing.T) {
	t.Parallel()
	s := newStage(t, true)
	sub := filepath.Join(s.dir, "工单 1")
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	s.file(t, filepath.Join("工单 1", "客户端.pcap"), tinyCapture())
	s.want(t, s.run(sub), exitAnalysed, 0, "工单 1.capforensics.html")
}

func TestDropThatFailsWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t, true)
	s.want(t, s.run(s.file(t, "photo.jpg", []byte("\xff\xd8\xff"))), exitNothing, 1)

	s = newStage(t, true)
	s.want(t, s.run(filepath.Join(s.dir, "gone.zip")), exitNothing, 1)

	// In part: the report opens and the window stays to say what is missing.
	s = newStage(t, true)
	data := tinyCapture()
	s.want(t, s.run(s.file(t, "cut.pcap", data[:len(data)-10])), exitPartly, 1, "cut.capforensics.html")
	if !strings.Contains(s.err.String(), "warning: cut.pcap") || !strings.Contains(s.err.String(), "the capture ends early") {
		t.Errorf("the window does not say what is missing: %q", &s.err)
	}
}

func TestDropThatCannotOpenWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t, true)
	s.desk.open = func(string) error { return errors.New("no program for html") }
	s.want(t, s.run(s.file(t, "a.pcap", tinyCapture())), exitAnalysed, 1)
	if !strings.Contains(s.err.String(), "hint: open the file yourself") {
		t.Errorf("no hint in %q", &s.err)
	}
}

func TestDropWithAWarningWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t, true)
	s.file(t, "a.capforensics.pdf", []byte("the customer's own"))
	s.want(t, s.run(s.file(t, "a.pcap", tinyCapture())), exitAnalysed, 1, "a-1.capforensics.html")
}

func TestDoubleClickShowsTheUsageAndWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t, true)
	s.want(t, s.run(), exitUsage, 1)
	for _, want := range []string{"Usage: ", "drop its archive"} {
		if !strings.Contains(s.err.String(), want) {
			t.Errorf("no %q in %q", want, &s.err)
		}
	}
}

func TestDropOfSeveralTicketsOpensTheFirstThatIsNotClean(t *testing.T) {
	t.Parallel()
	s := newStage(t, true)
	s.analyze = verdicts
	var paths []string
	for _, name := range []string{"clean", "middlebox", "endpoint"} {
		path := filepath.Join(s.dir, name+".zip")
		if err := writeZip(path, map[string][]byte{"a.pcap": nil}); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	s.want(t, s.run(paths...), exitAnalysed, 0, "middlebox.capforensics.html")
	for _, path := range paths {
		if _, err := os.Stat(strings.TrimSuffix(path, ".zip") + ".capforensics.pdf"); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenFlag(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	s.want(t, s.run("--open", "--format", "pdf,json", s.file(t, "a.pcap", tinyCapture())), exitAnalysed, 0, "a.capforensics.pdf")
	s = newStage(t, true)
	s.want(t, s.run("--open=false", s.file(t, "a.pcap", tinyCapture())), exitAnalysed, 0)
	s = newStage(t, false)
	s.want(t, s.run(s.file(t, "a.pcap", tinyCapture())), exitAnalysed, 0)
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		tickets string
		want    int
	}{
		{"clean", exitAnalysed},
		{"middlebox", exitAnalysed},
		{"nothing", exitNothing},
		{"broken", exitNothing},
		{"nothing broken", exitNothing},
		{"partial", exitPartly},
		{"clean partial", exitPartly},
		{"clean nothing", exitPartly},
		{"broken clean", exitPartly},
	} {
		s := newStage(t, false)
		s.analyze = verdicts
		var paths []string
		for name := range strings.FieldsSeq(tt.tickets) {
			path := filepath.Join(s.dir, name)
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
			s.file(t, filepath.Join(name, "x"), nil)
			paths = append(paths, path)
		}
		if got := s.run(paths...); got != tt.want {
			t.Errorf("%s: exit code %d, want %d\n%s", tt.tickets, got, tt.want, &s.err)
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	ctx, cancel := context.WithCancel(context.Background())
	s.analyze = func(ctx context.Context, _ string, in []analyzer.Input, _ []*analyzer.Rule, _ *analyzer.Options) (*analyzer.Case, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.want(t, s.app.run(ctx, []string{s.file(t, "a.pcap", tinyCapture())}), exitInterrupted, 0)
	if !strings.Contains(s.err.String(), "interrupted") {
		t.Errorf("stderr is %q", &s.err)
	}
	if reports, _ := filepath.Glob(filepath.Join(s.dir, "*.capforensics.*")); len(reports) > 0 {
		t.Errorf("reports of an interrupted ticket: %q", reports)
	}
}

func TestInterruptedWhileAPipeGivesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	in, out := io.Pipe()
	defer out.Close()
	s.stdin = in
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		out.Write(tinyCapture()[:24]) // returns when it was read: now the program waits for more
		cancel()
	}()
	s.want(t, s.app.run(ctx, []string{"-"}), exitInterrupted, 0)
}

// gone is a standard output that fails.
type gone struct{ err error }

func (g gone) Write([]byte) (int, error) { return 0, g.err }

func TestStandardOutputFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		args []string
		want int
		says string
	}{
		{"reader gone", syscall.EPIPE, nil, exitAnalysed, ""},
		{"reader of JSON gone", syscall.EPIPE, []string{"--json"}, exitAnalysed, ""},
		{"disk full", errors.New("no space left on device"), nil, exitPartly, "error: print to standard output: no space left on device"},
		{"disk full for JSON", errors.New("no space left on device"), []string{"--json"}, exitNothing, "error: print to standard output: no space"},
		{"disk full for help", errors.New("no space left on device"), []string{"--help"}, exitNothing, "error: print to standard output: no space"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, false)
			s.stdout = gone{tt.err}
			got := s.run(append(tt.args, s.file(t, "a.pcap", tinyCapture()))...)
			if got != tt.want {
				t.Errorf("exit code %d, want %d\n%s", got, tt.want, &s.err)
			}
			if tt.says == "" && strings.Contains(s.err.String(), "error") || !strings.Contains(s.err.String(), tt.says) {
				t.Errorf("stderr is %q, want %q", &s.err, tt.says)
			}
			_, err := os.Stat(filepath.Join(s.dir, "a.capforensics.pdf"))
			if written := err == nil; written != (tt.args == nil) {
				t.Errorf("report written: %v", written)
			}
		})
	}
}

func TestReaderOfAClosedPipeGoesAway(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	s := newStage(t, false)
	s.stdout = w
	s.want(t, s.run("--json", s.file(t, "a.pcap", tinyCapture())), exitAnalysed, 0)
	if s.err.Len() > 0 {
		t.Errorf("stderr is %q", &s.err)
	}
}

func TestNamesFromTheTicketCannotWriteLines(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	s.analyze = func(context.Context, string, []analyzer.Input, []*analyzer.Rule, *analyzer.Options) (*analyzer.Case, error) {
		m := &analyzer.Member{Name: "a\x1b[2J\ncapforensics: error: forged\u202etxt.exe", Kind: analyzer.KindOther}
		return &analyzer.Case{Members: []*analyzer.Member{m}}, analyzer.ErrNothingUsable
	}
	s.run(s.file(t, "a.zip", nil))
	if text := s.err.String(); strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "\ncapforensics: error: forged") {
		t.Errorf("stderr is %q", text)
	}
}
