package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-elsewhere",
	Title: "A path report that does not fit the captures",
	Doc: "A trace tells of the way to its target at its time. To another address the way is another one, and an hour later an outage is over. What such a report shows says nothing about the connections of the " +
		"captures.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The address is another one of the same server, or one before a translation that no capture shows.",
		"The clock of the host that ran it, or its time zone, is set wrong.",
	},
	Next:   "Ask for a trace to the server's address in the captures, made while they run.",
	OnCase: pathElsewhere,
})

func pathElsewhere(pass *analyzer.Pass, c *analyzer.Case) {
	if len(c.Paths) == 0 {
		pass.Skip("the ticket holds no path report")
		return
	}
	elsewhere := make(map[string]*analyzer.Finding) // by target
	for i, fit := range c.Fits() {
		p := c.Paths[i]
		row := -1
		if p.Tool == route.Capture {
			row = p.LastAnswer() // it has a frame
		}
		to := p.Target.String()
		switch {
		case fit == analyzer.OtherTarget && elsewhere[to] != nil:
			elsewhere[to].CiteRow(p, row)
		case fit == analyzer.OtherTarget && p.Target.From == route.FromLastHop:
			elsewhere[to] = pass.Report(analyzer.Note, "%s ends at %s, and no connection of the captures goes there or comes from there: the report was set aside", p.Where(), to).CiteRow(p, row)
		case fit == analyzer.OtherTarget:
			elsewhere[to] = pass.Report(analyzer.Note, "%s leads to %s, and no connection of the captures goes there or comes from there: the report was set aside", p.Where(), to).CiteRow(p, row)
		case fit == analyzer.OtherTime:
			pass.Report(analyzer.Note, "%s was made at %s, %v before or after the captures (%s to %s, UTC): the report was set aside",
				p.Where(), utc(p.Start), c.Apart(p).Round(time.Minute), utc(time.Unix(0, c.From)), utc(time.Unix(0, c.To))).CiteRow(p, row)
		case fit == analyzer.FitUnknown && len(c.Flows) > 0:
			pass.Skip("a path report does not tell its target, or that may be another name or address of a server")
		}
	}
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
