//go:build unix

package analyzertest

import (
	"os"
	"runtime"
	"syscall"
	"time"
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

// CPUTime gives the time that processors have spent on this process. Unlike that of a clock it does not grow with what else a machine does.
func CPUTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
