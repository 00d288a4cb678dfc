package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSweep finds in every folder that a run writes to what a killed run has left, and leaves everything else alone.
func TestSweep(t *testing.T) {
	t.Parallel()
	const draft, kept = ".capforensics-0123456789abcdef.tmp", "capforensics-1234567.tmp"
	old := time.Now().Add(-25 * time.Hour)
	s := newStage(t, false)
	out, temp := filepath.Join(s.dir, "out"), filepath.Join(s.dir, "temp")
	for _, dir := range []string{out, temp} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, f := range []struct {
			name string
			at   time.Time
		}{
			{draft, old}, {kept, old}, {".capforensics-00000000000000ff.tmp", time.Now()}, {"capforensics-x.tmp", old}, {"notes.tmp", old}, {"ticket.capforensics.pdf", old},
		} {
			path := filepath.Join(dir, f.name)
			if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, f.at, f.at); err != nil {
				t.Fatal(err)
			}
		}
		folder := filepath.Join(dir, "capforensics-7.tmp")
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(folder, old, old); err != nil {
			t.Fatal(err)
		}
	}
	s.run("--format", "json", "--temp-dir", temp, "-o", out, s.file(t, "a.pcap", tinyCapture()))
	if !strings.Contains(s.err.String(), "removed unfinished files of earlier runs from "+temp+": 2") {
		t.Errorf("nothing is said of it: %s", &s.err)
	}
	want := []string{".capforensics-00000000000000ff.tmp", "capforensics-7.tmp", "capforensics-x.tmp", "notes.tmp", "ticket.capforensics.pdf"}
	for _, dir := range []string{out, temp} {
		var left []string
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != "a.capforensics.json" {
				left = append(left, e.Name())
			}
		}
		if !slices.Equal(left, want) {
			t.Errorf("%s: left %q, want %q", dir, left, want)
		}
	}
}
