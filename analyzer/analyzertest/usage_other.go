//go:build !unix

package analyzertest

import (
	"os"
	"time"
)

// PeakMB is not known here.
func PeakMB(*os.ProcessState) float64 { return 0 }

// CPUTime is not known here.
func CPUTime() time.Duration { return 0 }
