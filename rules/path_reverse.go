package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-reverse",
	Title: "The way back, as the other end traces it",
	Doc: "A trace shows the routers of the way there only, and times and losses of the way there and back. A trace from the server to the client shows the other half. Where the two differ in length, packets go by " +
		"another way than their answers.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"Ways there and back differ between most networks.",
		"A translation before one of the hosts answers in its name, some hops earlier.",
	},
	Next:   "Look for a fault on both ways: a loss that begins at other hops from either end may lie in one direction only.",
	Refs:   []string{"Paxson, 1997: End-to-end routing behavior in the Internet"},
	OnCase: pathReverse,
})

func pathReverse(pass *analyzer.Pass, c *analyzer.Case) {
	var there, back []*pathRun
	for _, r := range usedRuns(pass, c) {
		if r.TargetRow() < 0 || r.Tool == route.Ping {
			continue
		}
		switch r.fit {
		case analyzer.Forward:
			there = append(there, r)
		case analyzer.Reverse:
			back = append(back, r)
		}
	}
	if len(there) == 0 || len(back) == 0 {
		pass.Skip("there are not traces from both ends")
		return
	}
	a, b := mostProbed(there), mostProbed(back)
	to, from := &a.Hops[a.TargetRow()], &b.Hops[b.TargetRow()]
	la, lb := lossOf(to), lossOf(from)
	found := pass.Report(analyzer.Note, "the way to the server %s has %d hops in %s, with %d of %d probes lost; the way back to %s has %d hops in %s, with %d of %d lost. An answer takes the other way, so either report shows the loss of both",
		a.Target, to.Number, a.Where(), la.lost, la.sent, b.Target, from.Number, b.Where(), lb.lost, lb.sent)
	b.cite(a.cite(found, a.TargetRow()), b.TargetRow())
}
