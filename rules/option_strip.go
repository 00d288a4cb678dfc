package rules

import (
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "option-strip",
	Title: "TCP options are removed from SYNs on the way",
	Doc: "A firewall or proxy that does not know an option, or does not want it, takes it out of the SYN. The connection works without, slower: without window scaling no more than 64 kB are under way, without SACK each loss costs " +
		"more, without timestamps round trips are measured less well.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A load balancer or SYN proxy on the way answers in the host's name and offers less.",
	},
	Next:   "If the complaint is about speed, ask the operator of the firewall; else nothing.",
	Refs:   []string{"RFC 7323", "RFC 2018", "Honda et al.: Is it still possible to extend TCP?, IMC 2011"},
	OnCase: optionStrip,
})

func optionStrip(pass *analyzer.Pass, c *analyzer.Case) {
	all := collect(c, func(sent, arrived *flow.Half) (was, is string, ok bool) {
		if !sent.SeenSYN || !arrived.SeenSYN || sent.Truncated+arrived.Truncated > 0 {
			return "", "", false
		}
		before, after := offered(sent), offered(arrived)
		var lost []string
		for _, o := range before {
			if !strings.Contains(strings.Join(after, " "), o) {
				lost = append(lost, o)
			}
		}
		return "", strings.Join(lost, ", "), len(before) > 0
	})
	for _, k := range all.order {
		sent, arrived := all.frames(k)
		pass.Report(analyzer.Note, "%d of %d SYNs of the %s arrived without options that they left with: %s; as in frame %d of %s and frame %d of %s",
			all.count[k], all.of(k), k.side, k.is, sent.Frame, c.Captures[k.from].Name(), arrived.Frame, c.Captures[k.to].Name()).
			CiteIn(c.Captures[k.from], sent, analyzer.Baseline, "tcp.flags.syn", 1, 1).
			CiteIn(c.Captures[k.to], arrived, analyzer.Context, "tcp.flags.syn", 1, 1)
	}
}

// offered names the options of a side's SYN.
func offered(h *flow.Half) []string {
	var names []string
	for _, o := range []struct {
		there bool
		name  string
	}{{h.MSS > 0, "MSS"}, {h.WScale >= 0, "WScale"}, {h.SACKPermitted, "SACK"}, {h.TimestampsOffered, "timestamps"}} {
		if o.there {
			names = append(names, o.name)
		}
	}
	return names
}
