package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// pathRun is one run of mtr, traceroute, ping or their kin. Where a capture holds its probes, the ticket has it twice: as the tool printed it, and rebuilt
// from its packets, which tell the port as well.
type pathRun struct {
	*analyzer.PathReport                        // as the tool printed it, if the ticket holds that
	copies               []*analyzer.PathReport // this and those alike, row by row
	to                   string                 // the target, as a text names it; empty if it is not told
	proto                route.Proto            // of the probes, as any copy tells it
	port                 uint16
	fit                  analyzer.Fit
}

// usedRuns gives the runs that no reason sets aside.
func usedRuns(pass *analyzer.Pass, c *analyzer.Case) []*pathRun {
	if len(c.Paths) == 0 {
		pass.Skip("the ticket holds no path report")
		return nil
	}
	var runs []*pathRun
	fits := c.Fits()
	for _, rebuilt := range []bool{false, true} { // a line of a file is easier to find than a frame
		for i, p := range c.Paths {
			if fits[i] == analyzer.OtherTarget || fits[i] == analyzer.OtherTime || p.Tool == route.Capture != rebuilt {
				continue
			}
			k := slices.IndexFunc(runs, func(r *pathRun) bool { return rebuilt && r.sameAs(p) })
			if k < 0 {
				k, runs = len(runs), append(runs, &pathRun{PathReport: p, to: p.Target.String(), fit: fits[i]})
			}
			r := runs[k]
			r.copies = append(r.copies, p)
			if r.proto == "" {
				r.proto = p.Proto
			}
			if r.port == 0 {
				r.port = p.Port
			}
		}
	}
	if len(runs) == 0 {
		pass.Skip("no path report is of the connections' ends and time")
	}
	return runs
}

// sameAs says that a report rebuilt from packets has the probes of this run.
func (r *pathRun) sameAs(p *analyzer.PathReport) bool {
	return (r.proto == "" || r.proto == p.Proto) && (r.port == 0 || r.port == p.Port) && r.SameProbes(p.Report)
}

// cite adds rows of the run, as each of its copies has them.
func (r *pathRun) cite(f *analyzer.Finding, rows ...int) *analyzer.Finding {
	for _, i := range rows {
		for _, p := range r.copies {
			f.CiteRow(p, i)
		}
	}
	return f
}

// probes names the protocol of the run's probes, and the port: "TCP 443"; "?" where the report tells neither.
func (r *pathRun) probes() string {
	name := cmp.Or(strings.ToUpper(string(r.proto)), "?")
	if r.port > 0 {
		name = fmt.Sprintf("%s %d", name, r.port)
	}
	return name
}

// end gives the row of the target, or of the last hop that answered; -1 where nothing did.
func (r *pathRun) end() int {
	if i := r.TargetRow(); i >= 0 {
		return i
	}
	return r.LastAnswer()
}

// sent gives the probes to the end of the run.
func (r *pathRun) sent() int {
	if i := r.end(); i >= 0 {
		return lossOf(&r.Hops[i]).sent
	}
	return 0
}

// byTarget groups runs by where they lead, in the order in which the targets come.
func byTarget(runs []*pathRun) (order []string, groups map[string][]*pathRun) {
	groups = make(map[string][]*pathRun)
	for _, r := range runs {
		if groups[r.to] == nil {
			order = append(order, r.to)
		}
		groups[r.to] = append(groups[r.to], r)
	}
	return order, groups
}

// mostProbed gives the run that tells most: with the most probes to its end.
func mostProbed(runs []*pathRun) *pathRun {
	return slices.MaxFunc(runs, func(a, b *pathRun) int { return a.sent() - b.sent() })
}

// hopLoss is how many of a hop's probes were lost, and what share that stands for.
type hopLoss struct {
	lost, sent int
	route.Interval
	ok bool
}

func lossOf(h *route.Hop) hopLoss {
	lost, sent, ok := h.Lost()
	if !ok {
		return hopLoss{}
	}
	return hopLoss{lost, sent, route.Wilson(lost, sent), true}
}

// answers says that something answered probes of the hop, and that the report counts them.
func (l hopLoss) answers() bool { return l.ok && l.lost < l.sent }

func (l hopLoss) share() float64 { return float64(l.lost) / float64(l.sent) }

// percent writes a share to the tenth of a per cent.
func percent(share float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", 100*share), ".0") + " %"
}

// router names what answers at a row.
func router(h *route.Hop) string {
	if len(h.Routers) == 0 {
		return "???"
	}
	return h.Routers[0].String()
}

// listed joins what a sentence lists, the first of it if it is much.
func listed(items []string) string {
	const most = 8
	if n := len(items) - most; n > 0 {
		return fmt.Sprintf("%s ... (+%d)", strings.Join(items[:most], ", "), n)
	}
	return strings.Join(items, ", ")
}

// dataWith counts the connections with an address that carried data, and those of them that satisfy a condition.
func dataWith(c *analyzer.Case, with route.Target, so func(*analyzer.Conn) bool) (those, all int) {
	for _, conn := range c.Flows {
		if slices.ContainsFunc(conn.Seen, func(s analyzer.Sighting) bool {
			client, server := &s.Half[flow.Client], &s.Half[flow.Server]
			return client.Bytes+server.Bytes > 0 && (server.Addr() == with.Addr || client.Addr() == with.Addr)
		}) {
			all++
			if so(conn) {
				those++
			}
		}
	}
	return those, all
}

// nearest gives for each row the fastest answer of it and of all behind it.
func nearest(r *pathRun) []route.Known[time.Duration] {
	least := make([]route.Known[time.Duration], len(r.Hops))
	var known route.Known[time.Duration]
	for i := r.end(); i >= 0; i-- {
		if own := r.Hops[i].Least(); own.OK {
			if !known.OK || own.Value < known.Value {
				known = own
			}
			least[i] = known
		}
	}
	return least
}

// millis writes a time to the tenth of a millisecond.
func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
