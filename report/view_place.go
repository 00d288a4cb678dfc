package report

import (
	"net/netip"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// PlaceView says where on the way a device stands, and shows the way.
type PlaceView struct {
	Title string
	Text  []string
	Basis []string // what it rests on, the strongest first
	Line  *WayLine // nil: nothing is known of the way, or it was drawn before
	Notes []string // how to read the picture
}

// namedAddresses is how many addresses a sentence names: the picture has them all.
const namedAddresses = 3

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
