package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// tooLong says that a ticket took more than it may. Either time alone proves little: a busy machine makes the one long, several goroutines the other.
func tooLong(took, cpu time.Duration) bool {
	return took > idleTime || took > mostTime && (cpu > mostTime || cpu == 0)
}

const (
	// mostTime and mostMemory are what one ticket may take: a support engineer waits so long, and any machine has so much.
	mostTime   = 5 * time.Second
	mostMemory = 500 << 20
	// idleTime is what it may take by the clock where the processors have done little for it: the machine was busy.
	idleTime = time.Minute
	// stuckAfter and runaway end the whole run: it would not come back by itself, or take the machine with it.
	stuckAfter = 2 * time.Minute
	runaway    = 4 << 30
	// heapGoal lets the collector work in time: garbage that was not collected yet is no fault of the analysis.
	heapGoal = 400 << 20
)

// watch measures the ticket in hand from beside: a hang and a runaway allocation never return to who called.
type watch struct {
	began atomic.Int64 // nanoseconds; 0 between tickets
	peak  atomic.Uint64
	most  uint64
	cpu   time.Duration // of the process when the ticket began
	stop  chan struct{}
	stuck func(why string) // keeps the ticket; the process ends after it
}

func startWatch(stuck func(string)) *watch {
	debug.SetMemoryLimit(heapGoal)
	w := &watch{most: mostMemory, stop: make(chan struct{}), stuck: stuck}
	go w.loop()
	return w
}

func (w *watch) loop() {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
		}
		held := memory()
		for old := w.peak.Load(); held > old && !w.peak.CompareAndSwap(old, held); old = w.peak.Load() {
		}
		began := w.began.Load()
		switch took := time.Duration(time.Now().UnixNano() - began); {
		case began == 0:
			continue
		case took > stuckAfter:
			w.end(fmt.Sprintf("it hangs: nothing came back after %v", took))
		case held > runaway:
			w.end(fmt.Sprintf("it takes %d MB of memory and more", held>>20))
		}
	}
}

func (w *watch) end(why string) {
	pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
	w.stuck(why)
	os.Exit(1)
}

func (w *watch) begin() {
	w.peak.Store(memory())
	w.cpu = analyzertest.CPUTime()
	w.began.Store(time.Now().UnixNano())
}

// finish gives how long the ticket took, by the clock and of the processors, and the most memory that the process held meanwhile.
func (w *watch) finish() (took, cpu time.Duration, held uint64) {
	took = time.Duration(time.Now().UnixNano() - w.began.Swap(0))
	return took, analyzertest.CPUTime() - w.cpu, max(w.peak.Load(), memory())
}

// memory gives the bytes that the process holds of the system.
func memory() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
