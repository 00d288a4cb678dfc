//go:build unix

package flowtab

import "os"

// removeOpen removes the file's name at once, so that even a killed process leaves nothing behind.
func removeOpen(f *os.File) { os.Remove(f.Name()) }
