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

// TestPassesShareABuffer: many passes over a file allocate no more than one.
func TestPassesShareABuffer(t *testing.T) {
	s := newSpool[int64](chunkBytes, t.TempDir())
	defer s.close()
	for i := range 3 * s.items {
		*s.add() = int64(i)
	}
	pass := func() {
		next := int64(0)
		err := s.each(func(run []int64) bool {
			for _, got := range run {
				if got != next {
					t.Fatalf("got %d, want %d", got, next)
				}
				next++
			}
			return true
		})
		if err != nil || next != int64(3*s.items) {
			t.Fatalf("got %d items, %v", next, err)
		}
	}
	if s.file == nil {
		t.Fatal("no temporary file")
	}
	pass()
	if n := testing.AllocsPerRun(10, pass); n > 1 {
		t.Errorf("%v allocations for a pass", n)
	}
	// A pass within another has a buffer of its own.
	s.each(func(run []int64) bool {
		first := run[0]
		pass()
		if run[0] != first {
			t.Errorf("the run of a pass was overwritten: got %d, want %d", run[0], first)
		}
		return false
	})
}
