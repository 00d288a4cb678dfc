package rules

import (
	"fmt"
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-several",
	Title: "The way is split over several links",
	Doc: "Routers spread flows over links of equal cost by their addresses and ports (ECMP). Probes with changing ports take one and the other, so that several routers answer at a hop and its figures mix them. A connection keeps its " +
		"ports and stays on one: it may be ill where the trace looks well, and the other way round.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"It is how large networks are built.",
		"The route changed while the trace ran.",
	},
	Next:   "If only some connections fail, compare their source ports, and trace with one fixed flow (paris-traceroute, or traceroute -T with --sport).",
	Refs:   []string{"RFC 2992", "Augustin et al., IMC 2006: Avoiding traceroute anomalies with Paris traceroute"},
	OnCase: pathSeveral,
})

func pathSeveral(pass *analyzer.Pass, c *analyzer.Case) {
	order, groups := byTarget(usedRuns(pass, c))
	for _, to := range order {
		var widest *pathRun
		var rows []int
		for _, r := range groups[to] {
			if found := splitRows(r.Hops); len(found) > len(rows) {
				widest, rows = r, found
			}
		}
		if widest == nil {
			continue
		}
		var texts []string
		for _, i := range rows {
			texts = append(texts, fmt.Sprintf("%d (%d)", widest.Hops[i].Number, len(distinct(&widest.Hops[i]))))
		}
		first := &widest.Hops[rows[0]]
		names := distinct(first)
		widest.cite(pass.Report(analyzer.Note, "%s: several routers answer at one hop, as %s and %s at hop %d. Hops and routers at each: %s. The figures from there on mix ways, and a connection takes only one of them",
			widest.Where(), names[0], names[1], first.Number, listed(texts)), rows...)
	}
}

func splitRows(hops []route.Hop) (rows []int) {
	for i := range hops {
		if len(distinct(&hops[i])) > 1 {
			rows = append(rows, i)
		}
	}
	return rows
}

// distinct names the routers of a hop, each once.
func distinct(h *route.Hop) (names []string) {
	for _, r := range h.Routers {
		if name := r.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
