// Package rules holds the heuristics, one a file: a value of [analyzer.Rule] with its words and its check, and beside it in
// testdata a .pkt file with a flow that fires and a look-alike that stays silent. What several heuristics ask stands in files without one. A new
// heuristic is one such pair of files and the Chinese of its sentences; no list is touched. What a rule may assume, and how findings are weighed
// against each other, is told in the documentation of package analyzer.
package rules

import (
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
)

var all []*analyzer.Rule

// register is called by every rule file for its package-level variable.
func register(r *analyzer.Rule) *analyzer.Rule {
	all = append(all, r)
	return r
}

// All gives every rule, by ID.
func All() []*analyzer.Rule {
	rules := slices.Clone(all)
	slices.SortFunc(rules, func(a, b *analyzer.Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules
}
