//go:build !unix

package flowtab

import "os"

// removeOpen does nothing: Windows does not remove open files; close does it.
func removeOpen(*os.File) {}
