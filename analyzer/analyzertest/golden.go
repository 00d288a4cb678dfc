package analyzertest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// Updating says that -update was given.
func Updating() bool { return *update }

// Golden compares got with a file of the package under test. A missing file is a failure, a difference leaves what was got beside it
// with the suffix .got; -update writes the file: read what it wrote before you commit it.
func Golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s does not exist: run the test with -update, and read it", path)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		os.Remove(path + ".got") // of an earlier failure; usually not there
		return
	}
	if err := os.WriteFile(path+".got", got, 0o644); err != nil {
		t.Log(err)
	}
	t.Errorf("differs from %s: %s (what was got is in %s.got)", path, firstDifference(got, want), path)
}

// firstDifference shows the first line that differs.
func firstDifference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		var a, b []byte
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if !bytes.Equal(a, b) {
			return fmt.Sprintf("line %d: got %.120q, want %.120q", i+1, a, b)
		}
	}
	return "only in its end"
}
