package rules

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-loss",
	Title: "What path reports tell of loss",
	Doc: "Loss that connections feel begins at a hop and goes on to the target, as all that lies behind has to cross the same place. It is claimed only where chance cannot make it: the lower end of the target's " +
		"interval of 95 per cent (Wilson) lies above the upper end of that of a hop before. With ten probes, one that is lost stands for anything between 2 and 40 per cent.",
	Cause:  analyzer.PacketLoss,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The target itself, or a filter before it, answers only so many probes.",
		"The loss is on the way back: each answer crosses it, and a trace shows only the way there.",
	},
	Next:   "Run it from both ends at the same time with many probes (mtr -rwbz -c 500), and compare at which hop the loss begins. Then tell the operator of that hop.",
	Refs:   []string{"E. B. Wilson, 1927: Probable Inference, the Law of Succession, and Statistical Inference"},
	OnCase: pathLoss,
})

func pathLoss(pass *analyzer.Pass, c *analyzer.Case) {
	order, groups := byTarget(usedRuns(pass, c))
	for _, to := range order {
		claimed := false
		for _, r := range groups[to] {
			claimed = claimLoss(pass, c, r) || claimed
		}
		if !claimed {
			doubtLoss(pass, c, mostProbed(groups[to]))
		}
	}
}

// claimLoss reports loss that chance does not make.
func claimLoss(pass *analyzer.Pass, c *analyzer.Case, r *pathRun) bool {
	end := r.TargetRow()
	if end < 0 {
		return false
	}
	at := lossOf(&r.Hops[end])
	if !at.answers() {
		return false
	}
	// What the last hop loses that surely loses less is lost before it as well, or by its own limit; the rest is lost behind it.
	for i := end - 1; i >= 0; i-- {
		if before := lossOf(&r.Hops[i]); before.answers() && before.High < at.Low {
			r.cite(pass.Report(analyzer.Note, "%s: the target %s lost %d of %d probes, between %s and %s of all with 95 %% confidence; hop %d (%s) lost %d of %d, at most %s. So the loss begins behind hop %d%s",
				r.Where(), r.Target, at.lost, at.sent, percent(at.Low), percent(at.High), r.Hops[i].Number, router(&r.Hops[i]), before.lost, before.sent, percent(before.High), r.Hops[i].Number, felt(c, r.Target)), i, end)
			return true
		}
	}
	first := slices.IndexFunc(r.Hops[:end+1], func(h route.Hop) bool { return lossOf(&h).answers() })
	if at.Low <= route.Wilson(0, at.sent).High || r.Hops[first].Number == 0 && end > first {
		return false
	}
	r.cite(pass.Report(analyzer.Note, "%s: the target %s lost %d of %d probes, between %s and %s of all with 95 %% confidence, and no hop before it surely loses less: the loss begins at the first hop, or the report does not show where%s",
		r.Where(), r.Target, at.lost, at.sent, percent(at.Low), percent(at.High), felt(c, r.Target)), end)
	return true
}

// felt tells how many connections with an address show the same.
func felt(c *analyzer.Case, with route.Target) analyzer.Message {
	lossy, all := dataWith(c, with, sentDataAgain)
	if all == 0 {
		return analyzer.Message{}
	}
	return analyzer.Msg("; data was sent again in %d of %d connections with this address", lossy, all)
}

// sentDataAgain says that data of a connection was sent again, and that nothing but loss is known to be the reason.
func sentDataAgain(conn *analyzer.Conn) bool {
	return conn.Class != analyzer.Middlebox && conn.Class != analyzer.Inconclusive && slices.ContainsFunc(conn.Seen, func(s analyzer.Sighting) bool {
		return s.Half[flow.Client].Retransmissions+s.Half[flow.Server].Retransmissions > 0
	})
}

// doubtLoss reports that probes are too few to tell, where some were lost, or none and connections lost data.
func doubtLoss(pass *analyzer.Pass, c *analyzer.Case, r *pathRun) {
	end := r.TargetRow()
	if end < 0 {
		pass.Skip("the target answers no probe, so that nothing can be said of loss")
		return
	}
	at := lossOf(&r.Hops[end])
	if !at.answers() {
		pass.Skip("the report does not tell how many probes were lost")
		return
	}
	if lossy, all := dataWith(c, r.Target, sentDataAgain); at.lost == 0 && lossy > 0 {
		r.cite(pass.Report(analyzer.Note, "%s: the target %s answered all %d probes. That excludes only a loss above %s, and data was sent again in %d of %d connections with this address: it takes %d probes to show a loss of 1 %%",
			r.Where(), r.Target, at.sent, percent(at.High), lossy, all, enough(0.01, 0)), end)
	}
	if at.lost == 0 {
		return
	}
	least := at.share() // of the hops before
	for i := range r.Hops[:end] {
		if l := lossOf(&r.Hops[i]); l.answers() {
			least = min(least, l.share())
		}
	}
	if least > at.share()/2 {
		least = 0 // none is better: what counts is whether anything is lost at all
	}
	r.cite(pass.Report(analyzer.Note, "%s: the target %s lost %d of %d probes, which stands for anything between %s and %s of all: too few probes to tell it from chance, or where it begins. If the loss is real, %d probes show it",
		r.Where(), r.Target, at.lost, at.sent, percent(at.Low), percent(at.High), enough(at.share(), least)), end)
}

// enough gives how many probes tell a share of loss from a smaller one.
func enough(share, less float64) int {
	sizes := []int{20, 50, 100, 200, 500, 1000, 2000, 5000}
	for _, n := range sizes {
		some, few := int(share*float64(n)+0.5), int(less*float64(n)+0.5)
		if route.Wilson(some, n).Low > route.Wilson(few, n).High {
			return n
		}
	}
	return sizes[len(sizes)-1]
}
