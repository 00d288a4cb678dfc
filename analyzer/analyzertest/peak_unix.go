//go:build unix

package analyzertest

import (
	"os"
	"runtime"
	"syscall"
)

// PeakMB gives the most memory that a finished process held, megabytes.
func PeakMB(s *os.ProcessState) float64 {
	usage, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(usage.Maxrss) / 1e6 // bytes there
	}
	return float64(usage.Maxrss) / 1e3
}
