package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// PlaceView says where on the way a device stands, and shows the way.
type PlaceView struct {
	Title string
	Text  []string
	Basis []string  // what it rests on, the strongest first
	Line  *PathLine // nil: nothing is known of the way, or it was drawn before
	Notes []string  // how to read the picture
}

// PathLine is a way as a line of hops, from the client to the server.
type PathLine struct {
	Nodes []PathNode
	Label string // of the nodes that are Inside; the same on each row
}

// PathNode is a hop, or an end of the line.
type PathNode struct {
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
	// namedAddresses is how many addresses a sentence names: the picture has them all.
	namedAddresses = 3
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

// place shows where the device stands that a connection is thought to have met; nil if there is nothing to say, or nothing new. Without a
// locus the way is shown where something went wrong on it.
func (b *builder) place(c *analyzer.Conn) *PlaceView {
	accused := c.Class == analyzer.Middlebox
	if !accused && c.Class != analyzer.Path && c.Class != analyzer.Inconclusive {
		return nil
	}
	t, y := b.lang, b.wayOf(c)
	v := &PlaceView{Title: t.T("Where the device stands")}
	switch {
	case y.locus != nil:
		if b.placed[y.locus] {
			return nil
		}
		b.placed[y.locus] = true
		v.Text, v.Basis = []string{b.standsAt(y)}, sentences(t, y.locus.Basis)
		if y.everywhere() {
			v.Text = append(v.Text, b.wouldPlace(y))
		}
	case b.drawn[c.Server().Addr()] || !accused && len(y.routers) == 0:
		return nil
	case accused:
		v.Text = []string{t.T("What the captures hold does not tell where on the way the device stands."), b.wouldPlace(y)}
	default:
		v.Title = t.T("The way to the server")
	}
	b.drawn[c.Server().Addr()] = true
	if len(y.routers) > 0 || y.locus != nil && y.locus.To == 0 {
		v.Line, v.Notes = b.line(y), b.lineNotes(y)
	}
	return v
}

// everywhere says that the interval is all of the way.
func (y *way) everywhere() bool {
	return y.last > 0 && y.locus.From <= 1 && y.locus.From < y.locus.To && y.locus.To >= y.last-1
}

// hops names the interval, with the server's hop for its measure.
func (y *way) hops() analyzer.Message {
	var m analyzer.Message
	switch from, to := y.locus.From, y.locus.To; {
	case to == 0:
		return analyzer.Msg("the client or its own network, before hop 1")
	case y.everywhere():
		return analyzer.Msg("one of the hops %d to %d, anywhere between the hosts", from, to)
	case from == to:
		m = analyzer.Msg("hop %d", from)
	case from+1 == to:
		m = analyzer.Msg("hop %d or %d", from, to)
	default:
		m = analyzer.Msg("one of the hops %d to %d", from, to)
	}
	if y.last > 0 {
		m = analyzer.Msg("%s of %d", m, y.last)
	}
	return m
}

// at names the interval and its addresses: "hop 4 or 5 of 12 (203.0.113.4 – 203.0.113.5)".
func (b *builder) at(y *way) string {
	t, l := b.lang, y.locus
	where, all := t.Say(y.hops()), l.Addresses
	first, last := y.address(l.From), y.address(l.To)
	switch {
	case y.everywhere():
		return where
	case len(all) == 0:
		before, behind := y.neighbours()
		if !before.IsValid() || !behind.IsValid() {
			return where
		}
		return t.Say(analyzer.Msg("%s (between %v and %v)", where, before, behind))
	case len(all) == 1 && l.From == l.To:
		return t.Say(analyzer.Msg("%s (%v)", where, first))
	case l.From < l.To && first.IsValid() && last.IsValid():
		return t.Say(analyzer.Msg("%s (%v – %v)", where, first, last))
	}
	list := addresses(all[:min(len(all), namedAddresses)])
	if n := len(all) - namedAddresses; n > 0 {
		return t.Say(analyzer.Msg("%s (among them %s and %d more)", where, list, n))
	}
	return t.Say(analyzer.Msg("%s (among them %s)", where, list))
}

// address gives the first address that answered at a hop; not valid if none is known.
func (y *way) address(hop int) netip.Addr {
	if hop < 1 || hop > len(y.routers) || len(y.routers[hop-1].Addrs) == 0 {
		return netip.Addr{}
	}
	return y.routers[hop-1].Addrs[0]
}

// neighbours gives the next addresses known on both sides of the interval; the hosts are such as well.
func (y *way) neighbours() (before, behind netip.Addr) {
	if !y.told || y.locus.To == 0 {
		return
	}
	before, behind = y.conn.Client().Addr(), y.conn.Server().Addr()
	for k := range y.routers {
		switch a := y.address(k + 1); {
		case !a.IsValid():
		case k+1 < y.locus.From:
			before = a
		case k+1 > y.locus.To:
			return before, a
		}
	}
	return before, behind
}

func addresses(all []netip.Addr) string {
	var s []string
	for _, a := range all {
		s = append(s, a.String())
	}
	return strings.Join(s, ", ")
}

func (b *builder) standsAt(y *way) string {
	if y.locus.Stretch.IsZero() {
		return clean(b.lang.Say(analyzer.Msg("At %s.", b.at(y))))
	}
	return clean(b.lang.Say(analyzer.Msg("At %s: %s.", b.at(y), y.locus.Stretch)))
}

// where is the place of the device of which the verdict speaks, in one line; empty if it is not known.
func (b *builder) where() string {
	if b.Verdict.Worst < 0 || b.Verdict.Class != analyzer.Middlebox {
		return ""
	}
	if y := b.wayOf(b.Flows[b.Verdict.Worst]); y.locus != nil {
		return clean(b.at(y))
	}
	return ""
}

// wouldPlace says what is missing to place a device: the cheapest first. Where a device treats the hosts' own packets, no TTL or time is its
// own that a path report could be set beside, and both ends see the same.
func (b *builder) wouldPlace(y *way) string {
	t, c := b.lang, y.conn
	client, server := false, false
	for i := range c.Seen {
		role := b.Captures[c.Seen[i].Capture].Member.Role
		client, server = client || role == analyzer.AtClient, server || role == analyzer.AtServer
	}
	ownPackets := c.Cause == analyzer.ResetRewrite || c.Cause == analyzer.Policing
	switch {
	case ownPackets || y.told:
	case c.Proto() == flow.TCP:
		return t.Say(analyzer.Msg("What would place it: a path report from the client to %[1]v, made while the trouble lasts (mtr -rwbz -c 100 %[1]v, and mtr -T -P %[2]d -rwbz -c 100 %[1]v).", c.Server().Addr(), c.Server().Port))
	default:
		return t.Say(analyzer.Msg("What would place it: a path report from the client to %[1]v, made while the trouble lasts (mtr -rwbz -c 100 %[1]v).", c.Server().Addr()))
	}
	if !ownPackets && (!client || !server) {
		return t.T("What would place it: captures of both ends, made at the same time.")
	}
	return t.T("What would place it: a capture on a router in the middle of the way. It tells in which half the device stands.")
}

// line draws a way.
func (b *builder) line(y *way) *PathLine {
	t, c := b.lang, y.conn
	inside := func(hop int) bool { return y.locus != nil && y.locus.From <= hop && hop <= y.locus.To }
	l := &PathLine{Nodes: []PathNode{{Name: t.T("client"), Lines: broken(c.Client().Addr().String()), Inside: inside(0)}}}
	if y.locus != nil {
		l.Label = t.T("the device: here")
		if y.locus.From != y.locus.To {
			l.Label = t.T("the device: somewhere here")
		}
	}
	for i := range y.routers {
		h := &y.routers[i]
		l.Nodes = append(l.Nodes, PathNode{Mark: fmt.Sprint(h.Number), Lines: b.labels(y, h), Hollow: len(h.Addrs) == 0, Inside: inside(h.Number)})
	}
	if y.last == 0 {
		l.Nodes = append(l.Nodes, PathNode{Gap: true})
	}
	server := PathNode{Name: t.T("server"), Mark: figureOf(y.last), Lines: append(broken(c.Server().Addr().String()), b.figures(&y.server)...)}
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
