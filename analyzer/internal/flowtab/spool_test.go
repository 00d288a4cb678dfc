package flowtab

import (
	"os"
	"runtime"
	"testing"
)

// TestTemporaryFileIsPrivate holds the temporary file to its promises: nobody else reads it, a killed process leaves none, and neither does close.
func TestTemporaryFileIsPrivate(t *testing.T) {
	dir := t.TempDir()
	s := newSpool[int64](chunkBytes, dir)
	for range 2 * s.items {
		*s.add() = 1
	}
	if s.file == nil {
		t.Fatal("no temporary file")
	}
	if runtime.GOOS != "windows" { // it knows no such modes, and removes no open file
		info, err := s.file.Stat()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
		}
		if named, err := os.ReadDir(dir); err != nil || len(named) > 0 {
			t.Errorf("it has a name: %v, %v", named, err)
		}
	}
	s.close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
