package main

import (
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// unfinished names the temporary files of this program: reports that have no place yet, see create, and what the analysis keeps on a disk, which
// loses its name at once except on Windows.
var unfinished = regexp.MustCompile(`^(\.capforensics-[0-9a-f]{16}|capforensics-[0-9]+)\.tmp$`)

// abandoned is how long nobody writes to such a file while its program runs: the longest analysis takes less.
const abandoned = 24 * time.Hour

// sweep removes from a folder what runs left there that were killed or lost their power, and gives how many files. Every other end of a run removes its own.
func sweep(dir string, now time.Time) (removed int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0 // who writes there will say what is wrong
	}
	for _, e := range entries {
		if !unfinished.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > abandoned && os.Remove(filepath.Join(dir, e.Name())) == nil {
			removed++
		}
	}
	return removed
}

// swept says it, as whatever is removed is said.
func (u *ui) swept(dir string, removed int) {
	if removed > 0 {
		u.note("removed unfinished files of earlier runs from %s: %d", dir, removed)
	}
}
