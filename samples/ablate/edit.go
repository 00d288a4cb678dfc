package main

import (
	"hash/fnv"
	"math/bits"
	"math/rand/v2"
	"slices"
	"time"
)

// change is what is done to every capture.
type change struct {
	keep, double float64 // percent
	snap         uint    // 0: leave lengths
	round        time.Duration
	seed         uint64
}

// frame is one captured frame.
type frame struct {
	ticks  uint64 // its time, in the unit of its capture or interface
	second uint64 // ticks a second
	data   []byte
	length uint32 // on the wire
	header []byte // pcapng: the interface, and for the obsolete block the drops
	tail   []byte // pcapng: options
	kind   uint32 // pcapng: block type
}

// editor changes the frames of one capture.
type editor struct {
	change
	chance *rand.Rand
	write  func(*frame) error
	late   []frame // copies that are due later, in order of time
}

// editor makes one for a capture. Each begins with chance of its own, so that a file's copy does not depend on those before it.
func (c *change) editor(name string) *editor {
	h := fnv.New64a()
	h.Write([]byte(name))
	return &editor{change: *c, chance: rand.New(rand.NewPCG(c.seed, h.Sum64()))}
}

// A mirror port or bridge hands the same frame over again within microseconds.
const leastDelay, mostDelay = 2 * time.Microsecond, 60 * time.Microsecond

// frame writes what becomes of a frame, after the copies that are due before it.
func (e *editor) frame(f *frame) error {
	if e.snap > 0 {
		f.data = f.data[:min(uint(len(f.data)), e.snap)]
	}
	// Chance is asked in any case, so that the same seed leaves out the same frames with and without another change.
	kept, doubled := e.chance.Float64()*100 < e.keep, e.chance.Float64()*100 < e.double
	delay := leastDelay + time.Duration(e.chance.Int64N(int64(mostDelay-leastDelay)))
	n := 0
	for n < len(e.late) && !e.late[n].after(f) {
		n++
	}
	if err := e.flush(n); err != nil || !kept {
		return err
	}
	if doubled {
		again := *f
		again.ticks += f.in(delay)
		again.data, again.header, again.tail = slices.Clone(f.data), slices.Clone(f.header), slices.Clone(f.tail)
		at, _ := slices.BinarySearchFunc(e.late, &again, func(x frame, y *frame) int {
			if x.after(y) {
				return 1
			}
			return -1
		})
		e.late = slices.Insert(e.late, at, again)
	}
	return e.put(f)
}

// flush writes the first n of the copies that are due.
func (e *editor) flush(n int) error {
	for i := range n {
		if err := e.put(&e.late[i]); err != nil {
			return err
		}
	}
	e.late = e.late[n:]
	return nil
}

func (e *editor) put(f *frame) error {
	if step := f.in(e.round); step > 1 {
		f.ticks -= f.ticks % step
	}
	return e.write(f)
}

// in gives a duration in ticks.
func (f *frame) in(d time.Duration) uint64 {
	hi, lo := bits.Mul64(uint64(d), f.second)
	if hi >= uint64(time.Second) {
		return 0 // a clock so fine that it overflows: no capture has one
	}
	n, _ := bits.Div64(hi, lo, uint64(time.Second))
	return n
}

// after says that f comes later than g, which may count in another unit.
func (f *frame) after(g *frame) bool {
	fs, gs := f.ticks/f.second, g.ticks/g.second
	if fs != gs {
		return fs > gs
	}
	fHigh, fLow := bits.Mul64(f.ticks%f.second, g.second)
	gHigh, gLow := bits.Mul64(g.ticks%g.second, f.second)
	return fHigh > gHigh || fHigh == gHigh && fLow > gLow
}
