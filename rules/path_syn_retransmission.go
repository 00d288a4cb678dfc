package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-syn-retransmission",
	Title: "Lost probes that look like slow ones",
	Doc: "mtr -T opens connections by the kernel, and the kernel sends a SYN again after a second, and again after longer. A probe that is lost counts as answered, late by whole seconds: the report shows no loss " +
		"and a worst time that no way has.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"At a hop on the way, the router limits its answers: then no connection feels it.",
	},
	Next:   "Run mtr by ICMP as well, or traceroute -T, which sends its probes itself: they show the loss as loss.",
	Refs:   []string{"RFC 6298, section 2.1", "mtr(8)"},
	OnCase: pathSYNRetransmission,
})

// synTimers are the sums of the kernel's timers for a SYN: of 1 s each on Linux 6.5 and later, doubled each time before that.
var synTimers = []float64{1, 2, 3, 4, 5, 7, 15}

const (
	// nearTimer is how far a time may be from them, as the timer itself is up to 3 % late and the way's times differ.
	nearTimer = 0.1
	// nearerTimer holds where the report does not say that its probes are SYNs: the timer's own lateness.
	nearerTimer = 0.035
)

// sentAgain gives how much later than the fastest the slowest probe of a hop came, if that is what a SYN takes that is sent again.
func sentAgain(h *route.Hop, near float64) (late time.Duration, ok bool) {
	if !h.Best.OK || !h.Worst.OK {
		return 0, false
	}
	late = h.Worst.Value - h.Best.Value
	return late, slices.ContainsFunc(synTimers, func(s float64) bool { return late.Seconds() >= s*0.99 && late.Seconds() <= s*(1+near) })
}

// rowsSentAgain gives the rows of a run that show probes sent again by the kernel.
func rowsSentAgain(r *pathRun) (rows []int) {
	if r.Tool != "mtr" || r.proto != route.TCP && r.proto != "" {
		return nil
	}
	near := nearTimer
	if r.proto == "" {
		near = nearerTimer
	}
	uneven := false // most of the time goes to few probes
	for i := range r.Hops {
		h := &r.Hops[i]
		if _, ok := sentAgain(h, near); ok {
			rows = append(rows, i)
			uneven = uneven || h.Avg.OK && h.StDev.OK && h.Avg.Value > 5*h.Best.Value && float64(h.StDev.Value) > 0.8*float64(h.Avg.Value)
		}
	}
	if r.proto == "" && len(rows) < 2 && !uneven {
		return nil
	}
	return rows
}

func pathSYNRetransmission(pass *analyzer.Pass, c *analyzer.Case) {
	for _, r := range usedRuns(pass, c) {
		rows := rowsSentAgain(r)
		if len(rows) == 0 {
			continue
		}
		var texts []string
		for _, i := range rows {
			late, _ := sentAgain(&r.Hops[i], nearTimer)
			texts = append(texts, fmt.Sprintf("%d (+%.2f s)", r.Hops[i].Number, late.Seconds()))
		}
		var found *analyzer.Finding
		if to := r.TargetRow(); slices.Contains(rows, to) {
			found = pass.Report(analyzer.Note, "%s: the slowest probe took whole seconds longer than the fastest, at hops %s. These are probes that were lost and sent again, not delay. The target, hop %d, is among them: connections lose SYNs as well, and then take as long to open",
				r.Where(), listed(texts), r.Hops[to].Number)
		} else {
			found = pass.Report(analyzer.Note, "%s: the slowest probe took whole seconds longer than the fastest, at hops %s. These are probes that were not answered and sent again, not delay. The target is not among them, so connections do not feel it",
				r.Where(), listed(texts))
		}
		if r.proto == "" {
			found.ButAgainst("the report does not say that its probes were TCP")
		}
		r.cite(found, rows...)
	}
}
