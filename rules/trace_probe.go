package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "trace-probe",
	Title: "A probe of mtr or traceroute",
	Doc: "A SYN with a TTL that no host starts from is a probe: mtr -T, traceroute -T and tracetcp send one for each hop and count who answers. That it dies on the way " +
		"is its purpose.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A host with an unusual initial TTL.",
	},
	Next:   "Leave it out of the count of failures.",
	Needs:  flow.NeedUnanswered | flow.NeedRST | flow.NeedICMP,
	OnFlow: traceProbe,
})

func traceProbe(pass *analyzer.Pass, f *flow.Flow) {
	c := &f.Half[flow.Client]
	if !c.SeenSYN || c.Bytes > 0 || f.Half[flow.Server].Bytes > 0 || !flow.BeganSmall(c.TTL.Open) && !lowered(pass, c) {
		return
	}
	for _, p := range f.From(flow.Client) {
		if p.Flags.Any(flow.SYN) {
			pass.Report(3, "the SYN in frame %d has TTL %d: a probe that counts hops", p.Frame, p.TTL).
				Cite(p, analyzer.Context, "ip.ttl", p.TTL, flow.InitialTTL(p.TTL))
			return
		}
	}
}

// lowered says that a SYN left the very host that the capture was taken on with a TTL that traces use, while its other packets leave with one that
// systems begin with.
func lowered(pass *analyzer.Pass, c *flow.Half) bool {
	host := pass.Host(c)
	if host == nil || c.TTL.Open > flow.MaxProbeTTL {
		return false
	}
	usual, times := host.TTL.Usual()
	return times >= minTTLSamples && flow.Hops(usual) == 0
}
