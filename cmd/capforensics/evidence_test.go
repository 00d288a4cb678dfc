package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
)

// TestReportsStayWhereEvidenceCannotBeMade changes a capture between the analysis and the second reading.
func TestReportsStayWhereEvidenceCannotBeMade(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--evidence", "proof.pcapng"}} {
		s := newStage(t, false)
		path := s.file(t, "a.pcap", tinyCapture())
		s.analyze = func(ctx context.Context, name string, in []analyzer.Input, r []*analyzer.Rule, o *analyzer.Options) (*analyzer.Case, error) {
			c, err := analyzer.Analyze(ctx, name, in, r, o)
			c.FramesLeft = 9
			os.WriteFile(path, tinyCapture()[:300], 0o644)
			return c, err
		}
		if len(args) > 0 {
			args[1] = filepath.Join(s.dir, args[1])
		}
		s.want(t, s.run(append(args, path)...), exitAnalysed, 0)
		if text := s.err.String(); !strings.Contains(text, "warning: a: no evidence capture could be made: read a.pcap again: frame ") || strings.Contains(text, "left out") {
			t.Errorf("stderr is %q", text)
		}
		for name, want := range map[string]bool{"a.capforensics.pdf": true, "a.capforensics.json": true, "a.capforensics.pcapng": false, "proof.pcapng": false} {
			if _, err := os.Stat(filepath.Join(s.dir, name)); (err == nil) != want {
				t.Errorf("%s: %v, want it there: %v", name, err, want)
			}
		}
	}
}

// TestLeftOutOfEvidence says on the terminal what the capture says of itself.
func TestLeftOutOfEvidence(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--format", "pcapng"}, {"--format", "json", "--evidence", "proof.pcapng"}} {
		s := newStage(t, false)
		s.analyze = func(ctx context.Context, name string, in []analyzer.Input, r []*analyzer.Rule, o *analyzer.Options) (*analyzer.Case, error) {
			c, err := analyzer.Analyze(ctx, name, in, r, o)
			c.FramesLeft = 9
			return c, err
		}
		if len(args) > 2 {
			args[3] = filepath.Join(s.dir, args[3])
		}
		s.want(t, s.run(append(args, s.file(t, "a.pcap", tinyCapture()))...), exitAnalysed, 0)
		if text := s.err.String(); !strings.Contains(text, "9 further packets were left out of it: an evidence capture holds at most 2000") {
			t.Errorf("stderr is %q", text)
		}
	}
}

// TestOwnCapture tells evidence from any other capture, whatever its name.
func TestOwnCapture(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	s.want(t, s.run("--format", "pcapng", s.file(t, "a.pcap", tinyCapture())), exitAnalysed, 0)
	path := filepath.Join(s.dir, "a.capforensics.pcapng")
	whole, err := os.ReadFile(path)
	if err != nil || !isOwnReport(path) {
		t.Fatalf("not recognised: %v", err)
	}
	other := append([]byte(nil), whole...)
	copy(other[28:], "dumpcap")
	for name, data := range map[string][]byte{"another program": other, "cut": whole[:35], "empty": nil, "pcap": tinyCapture()} {
		if p := s.file(t, "x.capforensics.pcapng", data); isOwnReport(p) {
			t.Errorf("%s is taken for our own", name)
		}
	}
	g := &gatherer{ctx: context.Background(), ui: newUI(io.Discard, io.Discard, env()), files: &openFiles{}, maxMembers: 100}
	defer g.files.close()
	if tickets := g.gather([]string{path}); len(tickets) != 0 {
		t.Errorf("evidence became a ticket: %+v", tickets)
	}
}
