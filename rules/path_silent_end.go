package rules

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

var _ = register(&analyzer.Rule{
	ID:    "path-silent-end",
	Title: "The trace ends in silence",
	Doc: "Many servers and the filters before them answer no ICMP and no UDP probes. A trace that ends in silence means nothing by itself: it is a fault only if TCP probes to the port of the service end " +
		"as well, and no connection is accepted.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The target, or a filter of its operator, answers no probes.",
	},
	Next:   "Trace by TCP to the port that the connections use (mtr -T -P PORT, traceroute -T -O info -p PORT), and compare where it ends.",
	Refs:   []string{"RFC 1122, section 3.2.2.6", "RFC 2979"},
	OnCase: pathSilentEnd,
})

func pathSilentEnd(pass *analyzer.Pass, c *analyzer.Case) {
	runs := usedRuns(pass, c)
	for i, r := range runs {
		if !silentEnd(r) {
			continue
		}
		var arrived, silent []*pathRun
		for _, k := range runs {
			switch {
			case k.Tool == route.Ping || !sameWay(r, k):
			case k.TargetRow() >= 0:
				arrived = append(arrived, k)
			case silentEnd(k):
				silent = append(silent, k)
			}
		}
		if slices.ContainsFunc(runs[:i], func(k *pathRun) bool {
			return (len(arrived) == 0 || k.proto == r.proto && k.port == r.port) && slices.Contains(silent, k)
		}) {
			continue // it is one of several alike
		}
		if len(arrived) > 0 {
			silentBeside(pass, c, r, mostProbed(arrived))
		} else {
			silentAlone(pass, c, r, silent)
		}
	}
}

// silentAlone reports runs that end in silence, where none comes to the target.
func silentAlone(pass *analyzer.Pass, c *analyzer.Case, r *pathRun, silent []*pathRun) {
	for _, k := range silent {
		if k.LastAnswer() > r.LastAnswer() {
			r = k // it came furthest
		}
	}
	last := r.LastAnswer()
	h := &r.Hops[last]
	var tried []string
	for _, k := range silent {
		if kind := k.probes(); !slices.Contains(tried, kind) {
			tried = append(tried, kind)
		}
	}
	var found *analyzer.Finding
	switch {
	case !slices.ContainsFunc(silent, func(k *pathRun) bool { return !accepts(c, k.Target, k.port) }):
		found = pass.Report(analyzer.Note, "%s: no probe (%s) is answered behind hop %d (%s), and yet %s accepted connections in the captures: the target or a filter before it answers no probes of this kind, which is no fault", r.Where(), listed(tried), h.Number, router(h), r.Target)
	case slices.ContainsFunc(silent, func(k *pathRun) bool { return k.proto == route.TCP }):
		found = pass.Report(analyzer.Note, "%s: no probe comes to %s (tried: %s). The last to answer is hop %d (%s): the way ends behind it, the port is filtered there, or the target and the routers before it answer nothing", r.Where(), r.Target, listed(tried), h.Number, router(h))
	default:
		found = pass.Report(analyzer.Note, "%s: no probe (%s) is answered behind hop %d (%s). The target may answer none of this kind, or the way ends there: a trace by TCP to the port of the connections tells", r.Where(), listed(tried), h.Number, router(h))
	}
	r.cite(found, last, last+1) // silentEnd: a row follows
	for _, k := range silent {
		if k != r {
			k.cite(found, k.LastAnswer())
		}
	}
}

// silentBeside reports a run that ends in silence where another comes to the target.
func silentBeside(pass *analyzer.Pass, c *analyzer.Case, r, other *pathRun) {
	last := r.LastAnswer()
	h, to := &r.Hops[last], &other.Hops[other.TargetRow()]
	behind := slices.IndexFunc(other.Hops, func(k route.Hop) bool { return k.Number > h.Number && k.Number < to.Number && k.Answered() })
	var found *analyzer.Finding
	switch {
	case r.proto != route.TCP:
		found = pass.Report(analyzer.Note, "%s: no probe (%s) is answered behind hop %d (%s), and yet the probes of %s come to %s at hop %d: the target or a filter before it answers no probes of this kind, which is no fault", r.Where(), r.probes(), h.Number, router(h), other.Where(), other.Target, to.Number)
	case r.port > 0 && accepts(c, other.Target, r.port):
		found = pass.Report(analyzer.Note, "%s: no TCP probe to port %d is answered behind hop %d (%s), while the server accepts connections to it in the captures: only the probes are filtered, or the trouble was there for a while", r.Where(), r.port, h.Number, router(h))
	case behind >= 0:
		found = pass.Report(analyzer.Note, "%s: no probe (%s) is answered behind hop %d (%s), while routers behind it and the target answer those of %s: what filters the port stands at that hop or at the next", r.Where(), r.probes(), h.Number, router(h), other.Where())
	default:
		found = pass.Report(analyzer.Note, "%s: probes (%s) come as far as hop %d (%s), and the target behind it answers those of %s and none of these: the target, or a filter right before it, drops what goes to the port", r.Where(), r.probes(), h.Number, router(h), other.Where())
	}
	r.cite(found, last, last+1) // silentEnd: a row follows
	other.cite(found, other.TargetRow())
}

// silentEnd says that a run tried hops behind the last that answered, and came to no target and no refusal. A report that does not name its
// target counts where its tool writes it when all is done.
func silentEnd(r *pathRun) bool {
	last := r.LastAnswer()
	if last < 0 || last == len(r.Hops)-1 || r.Cut || r.Tool == route.Ping || r.TargetRow() >= 0 {
		return false
	}
	if _, mark := r.Hops[last].Refusal(); mark != "" {
		return false
	}
	return r.Reached.OK && !r.Reached.Value || r.to == "" && r.Table()
}

// sameWay says that two runs lead to one target, or one of them, which does not name it, ends in silence at a router of the other.
func sameWay(r, k *pathRun) bool {
	if r.to != "" {
		return k.to == r.to
	}
	h := &r.Hops[r.LastAnswer()]
	return slices.ContainsFunc(k.Hops, func(o route.Hop) bool {
		return o.Number == h.Number && len(o.Routers) > 0 && o.Routers[0].String() == router(h)
	})
}

// accepts says that the captures show a server accept connections to a port; 0: to any.
func accepts(c *analyzer.Case, to route.Target, port uint16) bool {
	return slices.ContainsFunc(c.Flows, func(conn *analyzer.Conn) bool {
		return slices.ContainsFunc(conn.Seen, func(s analyzer.Sighting) bool {
			server := s.Half[flow.Server].Endpoint
			return server.Addr() == to.Addr && (port == 0 || port == server.Port) && c.Captures[s.Capture].Accepts(server)
		})
	})
}
