package flow

// TTLTally counts the TTLs of one side's packets: up to four distinct values, the rest together. Resets are not in it, so
// that the packet under suspicion never vouches for itself. SYN and SYN/ACK are kept apart, because a SYN proxy answers for
// the server with a TTL of its own.
type TTLTally struct {
	Values [4]uint8
	Counts [4]uint32
	Others uint32 // packets with a fifth value or more
	Open   uint8  // TTL of the first SYN or SYN/ACK, 0 if not seen
}

// Add counts one packet.
func (t *TTLTally) Add(ttl uint8) {
	for i := range t.Values {
		if t.Counts[i] == 0 {
			t.Values[i] = ttl
		}
		if t.Values[i] == ttl {
			t.Counts[i]++
			return
		}
	}
	t.Others++
}

// Usual gives the most frequent TTL and how many packets had it; 0, 0 without packets.
func (t *TTLTally) Usual() (ttl uint8, times uint32) {
	for i, n := range t.Counts {
		if n > times {
			ttl, times = t.Values[i], n
		}
	}
	return ttl, times
}

// Count gives how many packets had a TTL, as far as it is one of those that are counted apart.
func (t *TTLTally) Count(ttl uint8) uint32 {
	for i, v := range t.Values {
		if v == ttl {
			return t.Counts[i]
		}
	}
	return 0
}

// Total gives the number of packets counted.
func (t *TTLTally) Total() uint32 {
	n := t.Others
	for _, c := range t.Counts {
		n += c
	}
	return n
}

// Distinct gives the number of different TTLs seen, at most five.
func (t *TTLTally) Distinct() int {
	n := 0
	for _, c := range t.Counts {
		if c > 0 {
			n++
		}
	}
	if t.Others > 0 {
		n++
	}
	return n
}

// WindowTally keeps the range of windows that one side advertised, unscaled, resets and SYNs left out.
type WindowTally struct {
	Min, Max, Last uint16
	Seen           bool
	Zeros          uint32 // how many of them were zero
}

// Add counts one window.
func (t *WindowTally) Add(w uint16) {
	if !t.Seen || w < t.Min {
		t.Min = w
	}
	if !t.Seen || w > t.Max {
		t.Max = w
	}
	if w == 0 {
		t.Zeros++
	}
	t.Seen, t.Last = true, w
}
