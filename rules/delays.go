package rules

import "math"

// This file holds what the delays of resets tell together, over flows of one host; a single one is weighed by rst-too-fast and
// rst-sooner-than-usual.

// sooner counts how many delays lie below and how many above what was to be expected of each, and gives the probability that so many or more
// lie below by chance: the sign test. Equal ones are left out.
func sooner(delays, expected []int64) (below, above int, chance float64) {
	for i, d := range delays {
		switch {
		case d < expected[i]:
			below++
		case d > expected[i]:
			above++
		}
	}
	n := below + above
	if n == 0 {
		return 0, 0, 1
	}
	// The upper tail of the binomial distribution with p = 1/2, by logarithms: factorials of some hundred flows overflow.
	for k := below; k <= n; k++ {
		all, _ := math.Lgamma(float64(n + 1))
		one, _ := math.Lgamma(float64(k + 1))
		other, _ := math.Lgamma(float64(n - k + 1))
		chance += math.Exp(all - one - other - float64(n)*math.Ln2)
	}
	return below, above, min(chance, 1)
}

// spread gives the standard deviation of delays as a share of their mean: a device that watches answers with the same delay each time (below
// a tenth), programs do not. Negative for fewer than three, which have none to speak of.
func spread(delays []int64) float64 {
	if len(delays) < 3 {
		return -1
	}
	mean, square := 0.0, 0.0
	for _, d := range delays {
		mean += float64(d) / float64(len(delays))
	}
	for _, d := range delays {
		square += (float64(d) - mean) * (float64(d) - mean) / float64(len(delays)-1)
	}
	if mean == 0 {
		return -1
	}
	return math.Sqrt(square) / math.Abs(mean)
}
