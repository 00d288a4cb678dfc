package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-answered-early",
	Title: "By TCP the target seems nearer",
	Doc: "A host answers at the hop where it is, whatever the probes. Where TCP probes are answered in its name some hops before others are, what answers is something on the way: a filter that refuses, a load balancer, or a " +
		"proxy that accepts for the server. It looks at the TTL first, so it stands one hop before the one that is printed.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A load balancer or proxy of the server's own operator accepts connections for it.",
		"TCP probes take a way that is shorter by some routers than that of the other probes.",
	},
	Next:   "Trace to this port and to another (traceroute -T -O info -p PORT), and look at which hop each is answered.",
	Refs:   []string{"RFC 1812, section 5.3.1", "RFC 3135"},
	OnCase: pathAnsweredEarly,
})

func pathAnsweredEarly(pass *analyzer.Pass, c *analyzer.Case) {
	order, groups := byTarget(usedRuns(pass, c))
	for _, to := range order {
		var far *pathRun // to the hop at which other probes find the target
		for _, r := range groups[to] {
			if r.proto != route.TCP && r.TargetRow() >= 0 && (far == nil || r.TargetHop() > far.TargetHop()) {
				far = r
			}
		}
		if far == nil {
			pass.Skip("no other probes than TCP come to the target")
			continue
		}
		for _, r := range groups[to] {
			at := r.TargetHop()
			if r.proto != route.TCP || at == 0 || far.TargetHop()-at < analyzer.LeastEarly {
				continue
			}
			f := pass.Report(analyzer.Note, "%s: probes (%s) are answered in the name of %s at hop %d, and those of %s at hop %d: something on the way answers for it, at hop %d or %d", r.Where(), r.probes(), to, at, far.Where(), far.TargetHop(), at-1, at)
			far.cite(r.cite(f, r.TargetRow()), far.TargetRow())
		}
	}
}
