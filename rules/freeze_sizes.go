package rules

import (
	"cmp"
	"slices"
)

// sizeCluster is a group of connections that froze at about the same amount.
type sizeCluster struct {
	low, high uint32 // bytes
	members   []int  // indexes of what was clustered
}

const (
	// leastTogether is how many connections make a group: two that are alike among some are soon found by chance.
	leastTogether = 3
	// alikeWithin is how far the members of a group may lie apart, as a part of the lowest: devices count packets or kilobytes, and cut a
	// transfer somewhere between 16 and 20 kB, not at a byte.
	alikeWithin = 0.25
	// leastFrozen is below what handshakes and small answers alone deliver: their sizes are alike anyhow. A TLS 1.3 server's first flight
	// takes three to five kilobytes.
	leastFrozen = 6000
)

// clusters groups connections by how many bytes their servers had delivered when they froze, the largest group first. What froze before an ordinary
// handshake was over is in none.
func clusters(delivered []uint32) []sizeCluster {
	order := make([]int, 0, len(delivered))
	for k := range delivered {
		if delivered[k] >= leastFrozen {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(delivered[x], delivered[y]) })
	var found []sizeCluster
	for len(order) >= leastTogether {
		from, n := widest(delivered, order)
		if n < leastTogether {
			break
		}
		members := slices.Clone(order[from : from+n])
		found = append(found, sizeCluster{delivered[members[0]], delivered[members[n-1]], members})
		order = slices.Delete(order, from, from+n)
	}
	return found
}

// widest gives where in the order the most connections lie close together, and how many.
func widest(delivered []uint32, order []int) (from, n int) {
	to := 0
	for k := range order {
		low := delivered[order[k]]
		for to < len(order) && float64(delivered[order[to]]) <= float64(low)*(1+alikeWithin) {
			to++
		}
		if to-k > n {
			from, n = k, to-k
		}
	}
	return from, n
}
