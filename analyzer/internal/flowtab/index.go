package flowtab

// index finds a live connection by its key: a table with linear probing, in which a look-up waits for memory once. The hash is seeded,
// so that no capture can be made to collide.
type index struct {
	entries []entry // a power of two, or none
	count   int
}

type entry struct {
	hash uint64
	slot *slot // nil: free
}

const leastEntries = 1024

// likely gives a connection with the hash, or nil, without a look at its key.
func (x *index) likely(hash uint64) *slot {
	if len(x.entries) == 0 {
		return nil
	}
	mask := uint64(len(x.entries) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if e := &x.entries[i]; e.slot == nil || e.hash == hash {
			return e.slot
		}
	}
}

// find gives the connection with a key, or nil.
func (x *index) find(hash uint64, k *key) *slot {
	if len(x.entries) == 0 {
		return nil
	}
	mask := uint64(len(x.entries) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if e := &x.entries[i]; e.slot == nil || e.hash == hash && e.slot.key == *k {
			return e.slot
		}
	}
}

// add enters a connection whose key is not there.
func (x *index) add(l *slot) {
	if 2*(x.count+1) > len(x.entries) {
		old := x.entries
		x.entries = make([]entry, max(2*len(old), leastEntries))
		for _, e := range old {
			if e.slot != nil {
				x.put(e)
			}
		}
	}
	x.put(entry{l.hash, l})
	x.count++
}

func (x *index) put(e entry) {
	mask := uint64(len(x.entries) - 1)
	i := e.hash & mask
	for x.entries[i].slot != nil {
		i = (i + 1) & mask
	}
	x.entries[i] = e
}

// remove takes out a connection that is there, and moves those behind it up, so that no look-up ends too early.
func (x *index) remove(l *slot) {
	mask := uint64(len(x.entries) - 1)
	i := l.hash & mask
	for x.entries[i].slot != l {
		i = (i + 1) & mask
	}
	for k := (i + 1) & mask; x.entries[k].slot != nil; k = (k + 1) & mask {
		if home := x.entries[k].hash & mask; (k-home)&mask >= (k-i)&mask {
			x.entries[i] = x.entries[k]
			i = k
		}
	}
	x.entries[i] = entry{}
	x.count--
}

// replace puts a connection in the place of one with the same key that is there.
func (x *index) replace(old, l *slot) {
	mask := uint64(len(x.entries) - 1)
	i := old.hash & mask
	for x.entries[i].slot != old {
		i = (i + 1) & mask
	}
	x.entries[i].slot = l
}
