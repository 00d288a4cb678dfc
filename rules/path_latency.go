package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-latency",
	Title: "Where the time goes",
	Doc: "No hop is further away than the fastest answer of any hop behind it, however slowly its router answers. What grows from one hop to the next in these times is the length of the line. Times that vary from a hop on " +
		"to the target are a queue; times that vary at one hop alone are a router with other things to do.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A line that is long is long: packets to another continent take that time.",
	},
	Next:   "For a queue, measure when the load is low and compare. For distance, use a server that is nearer.",
	Refs:   []string{"RFC 2681", "RFC 7567"},
	OnCase: pathLatency,
})

// longDelay is what is worth a word: as much as 3000 km of fibre there and back, more than a country is wide.
const longDelay = 30 * time.Millisecond

// leastForMean is how many probes a mean is taken from: as many as mtr sends. In that of three, one late answer shows as a third.
const leastForMean = 10

// longestLine is what a cable takes to the other side of the Earth and back, with half of its 20,000 km again for detours.
const longestLine = 300 * time.Millisecond

// kmEachMilli is how far light comes in fibre and back in a millisecond.
const kmEachMilli = 100

func pathLatency(pass *analyzer.Pass, c *analyzer.Case) {
	order, groups := byTarget(usedRuns(pass, c))
	for _, to := range order {
		runs := slices.DeleteFunc(groups[to], func(r *pathRun) bool { return r.end() < 1 || len(rowsSentAgain(r)) > 0 })
		if len(runs) == 0 {
			pass.Skip("no path report has times of several hops")
			continue
		}
		r := mostProbed(runs)
		longLine(pass, r)
		if r.sent() >= leastForMean {
			queueOnWay(pass, r)
			slowRouters(pass, r)
		}
	}
}

// longLine reports the hop behind which most of the time is spent.
func longLine(pass *analyzer.Pass, r *pathRun) {
	least := nearest(r)
	end := r.end()
	from, to, most := -1, -1, time.Duration(0)
	for i, before := 0, -1; i <= end; i++ {
		if !least[i].OK {
			continue
		}
		if before >= 0 && least[i].Value-least[before].Value > most {
			from, to, most = before, i, least[i].Value-least[before].Value
		}
		before = i
	}
	if to < 0 || most < longDelay || !least[end].OK || 2*most < least[end].Value {
		return
	}
	h, k := &r.Hops[from], &r.Hops[to]
	var found *analyzer.Finding
	if most > longestLine {
		found = pass.Report(analyzer.Note, "%s: of the %s that the fastest probe takes to hop %d and back, %s are spent between hop %d (%s) and hop %d (%s). No cable is that long: a satellite is between them, a queue that is never empty, or a router that answers late",
			r.Where(), millis(least[end].Value), r.Hops[end].Number, millis(most), h.Number, router(h), k.Number, router(k))
	} else {
		found = pass.Report(analyzer.Note, "%s: of the %s that the fastest probe takes to hop %d and back, %s are spent between hop %d (%s) and hop %d (%s). The fastest waits in no queue: the line between them is long, up to %d km, and that is no fault",
			r.Where(), millis(least[end].Value), r.Hops[end].Number, millis(most), h.Number, router(h), k.Number, router(k), int(most/time.Millisecond)*kmEachMilli)
	}
	r.cite(found, from, to, end)
}

// queueOnWay reports times that vary from a hop on up to the target.
func queueOnWay(pass *analyzer.Pass, r *pathRun) {
	end := r.TargetRow()
	if end < 0 {
		return
	}
	waits := func(h *route.Hop) (time.Duration, bool) {
		return h.Avg.Value - h.Least().Value, h.Avg.OK && h.Least().OK
	}
	wait, ok := waits(&r.Hops[end])
	if !ok || wait < longDelay {
		return
	}
	begins := end
	for i := end - 1; i >= 0; i-- {
		if w, ok := waits(&r.Hops[i]); ok {
			if 2*w < wait {
				break
			}
			begins = i
		}
	}
	r.cite(pass.Report(analyzer.Note, "%s: the target %s answers %s later on the average than at best (%s). That holds from hop %d (%s) on: packets wait in a queue at or before it, in one direction or the other",
		r.Where(), r.Target, millis(wait), millis(r.Hops[end].Least().Value), r.Hops[begins].Number, router(&r.Hops[begins])), begins, end)
}

// slowRouters reports hops that answer later than what lies behind them.
func slowRouters(pass *analyzer.Pass, r *pathRun) {
	var texts []string
	var rows []int
	sooner := -1 // the row behind with the least mean
	for i := r.end(); i >= 0; i-- {
		h := &r.Hops[i]
		if !h.Avg.OK {
			continue
		}
		if sooner >= 0 && h.Avg.Value-r.Hops[sooner].Avg.Value >= longDelay {
			texts = append(texts, fmt.Sprintf("%d (%s) > %d (%s)", h.Number, millis(h.Avg.Value), r.Hops[sooner].Number, millis(r.Hops[sooner].Avg.Value)))
			rows = append(rows, i)
		}
		if sooner < 0 || h.Avg.Value < r.Hops[sooner].Avg.Value {
			sooner = i
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.Reverse(texts)
	slices.Reverse(rows)
	r.cite(pass.Report(analyzer.Note, "%s: these hops answer later, on the average, than hops behind them: %s. Their routers are slow to answer and not to pass on: no connection waits for that", r.Where(), listed(texts)), rows...)
}
