package flow

import "slices"

// keptRTTs is how many of the least times a tally keeps: the lower quarter of up to sixty-four samples.
const keptRTTs = 16

// RTTTally keeps the least of the round trips that were measured to a host, and how many there were.
type RTTTally struct {
	N     uint32
	least [keptRTTs]int64 // ascending, nanoseconds
}

// Add counts one round trip, nanoseconds.
func (t *RTTTally) Add(rtt int64) {
	n := int(min(t.N, keptRTTs))
	t.N++
	i, _ := slices.BinarySearch(t.least[:n], rtt)
	if i == keptRTTs {
		return
	}
	copy(t.least[i+1:], t.least[i:])
	t.least[i] = rtt
}

// Quantile gives the round trip that a share q of the samples does not exceed; of more samples than are kept, at most the greatest kept,
// which is less than the true value; 0 without samples.
func (t *RTTTally) Quantile(q float64) int64 {
	if t.N == 0 {
		return 0
	}
	return t.least[min(int(q*float64(t.N-1)), keptRTTs-1)]
}
