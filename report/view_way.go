package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
)

// WayLine is a way as a line of hops, from the client to the server.
type WayLine struct {
	Nodes []WayNode
	Label string // of the nodes that are Inside; the same on each row
}

// WayNode is a hop, or an end of the line.
type WayNode struct {
	Mark   string   // its number; empty for an end that has none
	Name   string   // "client" or "server"; empty for a router
	Lines  []string // address, names and figures, broken to the room that a node has
	Hollow bool     // a router that did not answer
	Inside bool     // the device may be here
	Gap    bool     // nothing is known of what is here: no circle, and the line is broken
}

const (
	// nodeLetters is how many latin letters a line beneath a node has, nodeLines how many lines one text may take: an IPv6 address has three.
	nodeLetters = 16
	nodeLines   = 3
)

// way is what the report shows of a connection's way.
type way struct {
	conn    *analyzer.Conn
	locus   *analyzer.Locus // nil: the device cannot be placed
	told    bool            // by a path report
	routers []analyzer.WayHop
	server  analyzer.WayHop
	last    int // the server's hop; 0: not known
}

// wayOf gathers what path reports and TTLs tell of a way. Connections with one locus are taken together, as the locus is.
func (b *builder) wayOf(c *analyzer.Conn) *way {
	y := &way{conn: c}
	conns := []*analyzer.Conn{c}
	if c.Class == analyzer.Middlebox && c.Locus != nil {
		y.locus, conns = c.Locus, nil
		for _, other := range b.Flows {
			if other.Locus == c.Locus {
				conns = append(conns, other)
			}
		}
	}
	w := b.WayTo(conns...)
	y.told = w.Told()
	y.routers, y.server = w.Hops()
	switch {
	case y.server.Number > 0:
		y.last = y.server.Number
	case y.locus != nil && y.locus.Routers > 0:
		y.last = max(y.locus.Routers, len(y.routers)) + 1
	}
	if y.locus == nil {
		return y
	}
	for len(y.routers) < max(y.last-1, y.locus.To) {
		y.routers = append(y.routers, analyzer.WayHop{Number: len(y.routers) + 1})
	}
	if y.last > 0 {
		y.last = len(y.routers) + 1 // not before the interval's end, if TTLs and reports differ
	}
	return y
}

// line draws a way.
func (b *builder) line(y *way) *WayLine {
	t, c := b.lang, y.conn
	inside := func(hop int) bool { return y.locus != nil && y.locus.From <= hop && hop <= y.locus.To }
	l := &WayLine{Nodes: []WayNode{{Name: t.T("client"), Lines: broken(c.Client().Addr().String()), Inside: inside(0)}}}
	if y.locus != nil {
		l.Label = t.T("the device: here")
		if y.locus.From != y.locus.To {
			l.Label = t.T("the device: somewhere here")
		}
	}
	for i := range y.routers {
		h := &y.routers[i]
		l.Nodes = append(l.Nodes, WayNode{Mark: fmt.Sprint(h.Number), Lines: b.labels(y, h), Hollow: len(h.Addrs) == 0, Inside: inside(h.Number)})
	}
	if y.last == 0 {
		l.Nodes = append(l.Nodes, WayNode{Gap: true})
	}
	server := WayNode{Name: t.T("server"), Mark: figureOf(y.last), Lines: append(broken(c.Server().Addr().String()), b.figures(&y.server)...)}
	l.Nodes = append(l.Nodes, server)
	return l
}

// labels gives what stands beneath a router.
func (b *builder) labels(y *way, h *analyzer.WayHop) []string {
	t := b.lang
	switch {
	case len(h.Addrs) > 0:
	case y.told && (y.server.Number == 0 || h.Number < y.server.Number):
		return broken(t.T("no answer"))
	default: // only TTLs tell that it is there
		return nil
	}
	out := broken(h.Addrs[0].String())
	if n := len(h.Addrs) - 1; n > 0 {
		out = append(out, broken(t.Say(analyzer.Msg("and %d more", n)))...)
	}
	if h.Name != "" && h.Name != h.Addrs[0].String() {
		out = append(out, broken(clean(h.Name))...)
	}
	if h.AS != "" {
		out = append(out, broken(clean(h.AS))...)
	}
	return append(out, b.figures(h)...)
}

func (b *builder) figures(h *analyzer.WayHop) (out []string) {
	if h.Best.OK {
		out = append(out, elapsed(h.Best, h.Resolution))
	}
	if h.Loss.Sent > 0 {
		out = append(out, broken(b.lang.Say(analyzer.Msg("lost %d of %d", h.Loss.Lost, h.Loss.Sent)))...)
	}
	return out
}

// broken breaks a text into the lines beneath a node, rather behind a mark than within a word; what has no room is cut with a mark.
func broken(s string) (lines []string) {
	for s != "" && len(lines) < nodeLines {
		room, end, soft := nodeLetters, len(s), 0
		for i, r := range s {
			if room -= letters(r); room < 0 {
				end = i
				break
			}
			if strings.ContainsRune(softEnd+" ", r) {
				soft = i + 1
			}
		}
		if end < len(s) && soft > nodeLetters/2 {
			end = soft
		}
		lines, s = append(lines, s[:end]), s[end:]
	}
	if s != "" {
		lines[len(lines)-1] += "…"
	}
	return lines
}

// letters is how many latin letters a character is as wide as.
func letters(r rune) int {
	if r >= 0x1100 {
		return 2
	}
	return 1
}

// lineNotes says how to read the picture.
func (b *builder) lineNotes(y *way) (notes []string) {
	t := b.lang
	if y.locus != nil {
		notes = append(notes, t.T("Shaded is where the device may be: at one of these hops, or on a line beside one. It need not be the router that answered there."))
	}
	switch {
	case y.told:
		if slices.ContainsFunc(y.routers, func(h analyzer.WayHop) bool { return len(h.Addrs) == 0 }) {
			notes = append(notes, t.T("A hollow circle did not answer."))
		}
		notes = append(notes, t.T("Times are the least that path reports to the server tell, there and back; lost probes are those of the report with the most probes at that hop."))
	case y.last > 0:
		notes = append(notes, t.T("No path report from the time of the captures leads to the server: that there are so many routers is told by TTLs alone."))
	default:
		notes = append(notes, t.T("No path report from the time of the captures leads to the server, and how many routers follow is not known."))
	}
	if slices.ContainsFunc(y.routers, func(h analyzer.WayHop) bool { return h.Loss.Lost > 0 }) {
		notes = append(notes, t.T("Loss at a hop that does not stay with the hops behind it means only that its router answers few probes."))
	}
	if n := y.server.Number; y.locus != nil && n > 0 && y.locus.Routers > 0 && n-1 != y.locus.Routers {
		notes = append(notes, t.Say(analyzer.Msg("The TTLs tell of %d routers between the hosts, and the path reports of %d.", y.locus.Routers, n-1)))
	}
	return notes
}
