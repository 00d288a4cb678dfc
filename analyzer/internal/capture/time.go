package capture

import (
	"fmt"
	"math"
	"math/bits"
)

// resolution turns the 64-bit times of an interface into nanoseconds.
type resolution struct {
	mul, div uint64 // nanoseconds = ticks * mul / div
	shift    uint8  // or ticks * 10^9 >> shift
	offset   int64  // seconds to add
}

var microseconds = resolution{mul: 1000, div: 1}

// resolutionOf reads if_tsresol: the exponent of ten, or of two if the highest bit is set, of the seconds of a tick.
func resolutionOf(v uint8) resolution {
	exp := v & 0x7f
	switch {
	case v&0x80 != 0:
		return resolution{shift: exp, mul: 1, div: 0}
	case exp <= 9:
		return resolution{mul: pow10(9 - exp), div: 1}
	case exp <= 28:
		return resolution{mul: 1, div: pow10(exp - 9)}
	}
	return resolution{mul: 0, div: 1} // below 10^-28 s: all 64-bit times are within a nanosecond of the epoch
}

func pow10(n uint8) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}

// nanos converts a time exactly, in 128 bits, and saturates at the ends of int64.
func (r *resolution) nanos(ticks uint64) int64 {
	var hi, lo uint64
	if r.div == 0 {
		hi, lo = bits.Mul64(ticks, 1e9)
		switch {
		case r.shift >= 128:
			hi, lo = 0, 0
		case r.shift >= 64:
			hi, lo = 0, hi>>(r.shift-64)
		default:
			hi, lo = hi>>r.shift, lo>>r.shift|hi<<(64-r.shift)
		}
	} else {
		hi, lo = bits.Mul64(ticks, r.mul)
		if hi < r.div {
			lo, _ = bits.Div64(hi, lo, r.div)
			hi = 0
		}
	}
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return addSeconds(int64(lo), r.offset)
}

func addSeconds(ns, seconds int64) int64 {
	const most = math.MaxInt64 / 1_000_000_000
	switch {
	case seconds > most:
		return math.MaxInt64
	case seconds < -most:
		return math.MinInt64
	}
	sum := ns + seconds*1_000_000_000
	if seconds > 0 && sum < ns {
		return math.MaxInt64
	}
	return sum
}

func resolutionName(v uint8) string {
	if v&0x80 != 0 {
		return fmt.Sprintf("2^-%d s", v&0x7f)
	}
	return fmt.Sprintf("10^-%d s", v)
}

// addTicks adds a count of ticks of so many nanoseconds to a time, and saturates.
func addTicks(start int64, ticks, unit uint64) int64 {
	if hi, lo := bits.Mul64(ticks, unit); hi == 0 && lo <= math.MaxInt64 && start+int64(lo) >= start {
		return start + int64(lo)
	}
	return math.MaxInt64
}

// filetime converts a time of Windows: units of 100 ns since 1601.
func filetime(t uint64) int64 {
	const epoch = 116444736000000000
	if t < epoch {
		return 0
	}
	return addTicks(0, t-epoch, 100)
}
