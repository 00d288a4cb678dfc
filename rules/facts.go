package rules

import "github.com/capforensics/capforensics/analyzer"

// factsBy groups what a rule kept by what it is compared within, in the order in which the groups begin.
func factsBy[K comparable](facts []analyzer.Fact, key func(analyzer.Fact) K) (order []K, groups map[K][]analyzer.Fact) {
	groups = make(map[K][]analyzer.Fact)
	for _, k := range facts {
		at := key(k)
		if groups[at] == nil {
			order = append(order, at)
		}
		groups[at] = append(groups[at], k)
	}
	return order, groups
}
