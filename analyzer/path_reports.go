package analyzer

import (
	"io"
	"strconv"

	"github.com/capforensics/capforensics/analyzer/route"
)

// PathReport is one run of mtr, traceroute, ping or their kin, and the member that holds it. A member may hold several.
type PathReport struct {
	Member *Member
	*route.Report
}

// Where names the report by its file, without folders, and by its line if others come before it: "mtr.txt", "traces.txt:40".
func (p *PathReport) Where() string {
	name := p.Member.Base()
	if p.Line > mostHeading {
		name += ":" + strconv.Itoa(p.Line)
	}
	return name
}

// mostHeading is the line up to which a report is taken to begin its file: a command line, a time and a blank line may stand above it.
const mostHeading = 4

// Bounds of the path reports of a ticket: some 100 MB in the worst case, where every row has all the probes that are kept.
const (
	maxPaths    = 1_000
	maxPathHops = 40_000
)

// pathReports reads the path reports of a member that may be text. A fault of r is told by the walk of the archive.
func (a *analysis) pathReports(m *Member, r io.Reader) {
	file, _ := route.Parse(r)
	if len(file.Reports) == 0 && len(file.Losses) == 0 {
		return
	}
	m.Kind = KindPath
	hops, left := a.enterPaths(m, file.Reports)
	switch {
	case len(file.Reports) > 0:
		m.Format = file.Reports[0].Name()
		m.Why = Msg("path reports: %d, rows: %d", len(file.Reports)-left, hops)
	default:
		m.Format = file.Losses[0].What
		m.Why = Msg("it begins like a path report, and has no row that could be read")
	}
	for _, l := range file.Losses {
		if text, partial := lossText(l); !text.IsZero() {
			a.Caveats = append(a.Caveats, Caveat{Member: m.Name, Text: text, Partial: partial})
		}
	}
}

// enterPaths takes reports into the case, and tells how many rows they have and how many of them are too many.
func (a *analysis) enterPaths(m *Member, reports []*route.Report) (hops, left int) {
	for _, p := range reports {
		if len(a.Paths) >= maxPaths || a.pathHops+len(p.Hops) > maxPathHops {
			left++
			continue
		}
		a.pathHops += len(p.Hops)
		hops += len(p.Hops)
		a.Paths = append(a.Paths, &PathReport{m, p})
	}
	if left > 0 {
		a.caveat(m, 0, true, "%d path reports were not read, as the ticket holds too many", left)
	}
	return hops, left
}

// probing is what is known of the probes of a path report. Where a capture holds those of a report that a tool printed, the ticket tells of them
// twice, and only the packets may tell of which kind they are.
type probing struct {
	proto  route.Proto
	port   uint16
	copied bool // the report was rebuilt from packets, and a tool's own is in the ticket
}

// probings gives those of Paths.
func (c *Case) probings() []probing {
	if len(c.probed) == len(c.Paths) {
		return c.probed
	}
	all := make([]probing, len(c.Paths))
	for i, p := range c.Paths {
		all[i].proto, all[i].port = p.Proto, p.Port
	}
	for i, p := range c.Paths {
		if p.Tool != route.Capture {
			continue
		}
		for k, o := range c.Paths {
			if as := &all[k]; (as.proto == "" || as.proto == p.Proto) && (as.port == 0 || as.port == p.Port) && o.SameProbes(p.Report) {
				as.proto, as.port, all[i].copied = p.Proto, p.Port, true
				break
			}
		}
	}
	c.probed = all
	return all
}

// lossText says what of a path report was not used, and whether a limit or a fault is the reason.
func lossText(l route.Loss) (text Message, partial bool) {
	switch l.Kind {
	case route.LostBytes:
		return Msg("of path reports, only the first %d bytes of a file are read", route.MaxBytes), true
	case route.LostRuns:
		return Msg("path reports from line %d on were not read: the file holds too many", l.Line), true
	case route.LostHops:
		return Msg("%d rows of path reports were not read, from line %d on, as there are too many", l.Count, l.Line), true
	case route.LostRouters:
		return Msg("a hop has too many addresses, %d were not kept (line %d)", l.Count, l.Line), false
	case route.LongLines:
		return Msg("a line is too long and was cut: line %[2]d (%[1]d in all)", l.Count, l.Line), false
	case route.CutShort:
		return Msg("a path report ends in the middle: %[3]s, line %[2]d (%[1]d in all)", l.Count, l.Line, Msg(l.What)), true
	case route.OddLines:
		return Msg("a part of a path report was not understood: %[3]s, line %[2]d (%[1]d in all)", l.Count, l.Line, Msg(l.What)), false
	case route.OddColumns:
		return Msg("columns of a path report that are not used: %s (line %d)", l.What, l.Line), false
	case route.NoHops:
		return Msg("a path report has no row that could be read: %[3]s, line %[2]d (%[1]d in all)", l.Count, l.Line, Msg(l.What)), false
	}
	return Message{}, false
}
