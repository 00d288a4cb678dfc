package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
)

func TestFileStem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"ticket", 0, "ticket"}, {"ticket", 2, "ticket-2"}, {"con", 0, "_con"}, {"NUL.old", 1, "_NUL.old-1"}, {"COM1 ", 0, "_COM1 "}, {"company", 0, "company"},
		{"a\nb\x1b", 0, "a_b_"}, {"\u202efdp", 0, "_fdp"}, {"a\u2028b", 0, "a_b"}, {"../../etc", 0, ".._.._etc"}, {"\xff", 0, "_"},
		{strings.Repeat("长", 100), 3, strings.Repeat("长", 73) + "-3"},
	} {
		if got := fileStem(tt.in, tt.n); got != tt.want {
			t.Errorf("fileStem(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func newReporter(stderr io.Writer) *reporter {
	return &reporter{ui: newUI(io.Discard, stderr, env()), formats: formats}
}

func emptyCase() *analyzer.Case {
	c, _ := verdicts(context.Background(), "clean", nil, nil, nil)
	return c
}

func (r *reporter) test(ctx context.Context, name, dir string) ([]string, error) {
	c, o := emptyCase(), report.Options{Version: "test"}
	return r.write(ctx, &job{ticket: &ticket{name: name, dir: dir}, found: c, view: report.NewView(c, o), opts: o})
}

// What write writes is what owns recognises; and what anybody else writes is not.
func TestOwnReports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	paths, err := newReporter(io.Discard).test(context.Background(), "a", dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if !isOwnReport(p) {
			t.Errorf("%s is not recognised", p)
		}
	}
	for name, data := range map[string]string{
		"x.capforensics.json": `{"schema": "other"}`,
		"x.capforensics.html": `<html><head><meta name="generator" content="Word">capforensics`,
		"x.capforensics.pdf":  "%PDF-1.7 a paper about capforensics /Producer (Word)",
		"y.capforensics.pdf":  "",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		if isOwnReport(path) {
			t.Errorf("%s is taken for our own: %s", name, data)
		}
	}
}

func TestSecondTicketOfANameKeepsTheFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newReporter(io.Discard)
	for _, want := range []string{"a", "a-1", "a-2"} {
		paths, err := r.test(context.Background(), "a", dir)
		if err != nil || filepath.Base(paths[0]) != want+".capforensics.pdf" {
			t.Errorf("%q, %v; want %s", paths, err, want)
		}
	}
	// The next run replaces its own.
	if paths, err := newReporter(io.Discard).test(context.Background(), "a", dir); err != nil || filepath.Base(paths[0]) != "a.capforensics.pdf" {
		t.Errorf("%q, %v", paths, err)
	}
}

func TestReportsAreWholeOrNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newReporter(io.Discard)
	r.formats = append(r.formats[:2:2], format{"json", func(_ context.Context, w io.Writer, _ *job) error {
		io.WriteString(w, "half of")
		return errors.New("cannot be made")
	}, ownJSON})
	if _, err := r.test(context.Background(), "a", dir); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		t.Errorf("error is %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := newReporter(io.Discard).test(ctx, "a", dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	r := newReporter(&stderr)
	gone, here := filepath.Join(t.TempDir(), "gone"), t.TempDir()
	r.here = here
	paths, err := r.test(context.Background(), "a", gone)
	if err != nil || len(paths) != 3 || filepath.Dir(paths[0]) != here {
		t.Errorf("%q, %v", paths, err)
	}
	if !strings.Contains(stderr.String(), gone+" cannot be written (") || !strings.Contains(stderr.String(), "working directory "+here) {
		t.Errorf("stderr is %q", &stderr)
	}

	r.here = filepath.Join(gone, "too")
	var p *problem
	if _, err := r.test(context.Background(), "a", gone); !errors.As(err, &p) || p.hint == "" || !strings.Contains(err.Error(), r.here) {
		t.Errorf("error is %v", err)
	}
	r.here = gone
	if _, err := r.test(context.Background(), "a", gone); !errors.As(err, &p) || p.hint == "" {
		t.Errorf("error is %v", err)
	}
}
