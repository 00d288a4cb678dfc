package rules

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-rate-limit",
	Title: "Routers that limit their answers, not loss",
	Doc: "A router passes packets on in hardware and answers probes in software, as many as it is allowed to. Loss at a hop that the hops behind do not have is made by that limit: their probes have crossed the same router, and " +
		"came through. A hop that never answers is the same.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"It is how routers protect themselves; no packet of a connection is lost by it.",
	},
	Next:   "Nothing: do not send this to the operator as a complaint about loss.",
	Refs:   []string{"RFC 1812, section 4.3.2.8", "RFC 4443, section 2.4"},
	OnCase: pathRateLimit,
})

func pathRateLimit(pass *analyzer.Pass, c *analyzer.Case) {
	order, groups := byTarget(usedRuns(pass, c))
	for _, to := range order {
		r := mostProbed(groups[to])
		end := r.end()
		if end < 0 || !lossOf(&r.Hops[end]).answers() {
			pass.Skip("the report does not tell how many probes were lost")
			continue
		}
		var texts []string
		var rows []int
		for i := range r.Hops[:end] {
			l := lossOf(&r.Hops[i])
			if l.lost > 0 && passes(r.Hops[i+1:end+1], l) {
				texts, rows = append(texts, fmt.Sprintf("%d (%s)", r.Hops[i].Number, percent(l.share()))), append(rows, i)
			}
		}
		if len(rows) == 0 {
			continue
		}
		at := lossOf(&r.Hops[end])
		r.cite(pass.Report(analyzer.Note, "%s: these hops leave probes unanswered, and hops behind them do not: %s. At the end, hop %d (%s) answered %d of %d probes. The routers limit their answers or give none; what is sent through them arrives, so this is no fault",
			r.Where(), listed(texts), r.Hops[end].Number, router(&r.Hops[end]), at.sent-at.lost, at.sent), append(rows, end)...)
	}
}

// passes says that a hop behind one with a loss answered all its probes, or surely loses less.
func passes(behind []route.Hop, l hopLoss) bool {
	for i := range behind {
		if k := lossOf(&behind[i]); k.answers() && (k.lost == 0 || k.High < l.Low) {
			return true
		}
	}
	return false
}
