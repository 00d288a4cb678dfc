package report

import (
	"fmt"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// relays tells which connections a proxy carries on in which: service by service, and one by one for who asks.
func (b *builder) relays() Section {
	t := b.lang
	s := Section{Title: t.T("What proxies relay"), Text: []string{
		t.T("On some connections a proxy speaks to the client, and on others to the server. They are found by what they have in common: the score adds up how unlikely that is by chance, and must be ten or more, and twice that of the next best connection. Each is judged by itself: no packet of one is one of the other."),
		t.T("The HTML report lists them one by one, and the JSON report as pairs."),
	}}
	head := []string{t.T("To the proxy"), t.T("Capture"), t.T("First frame"), t.T("To the server"), t.T("Capture"), t.T("First frame"), t.T("Matched by")}
	mono, wide := []int{0, 2, 3, 5, 7}, []int{20, 12, 7, 20, 12, 7, 18, 8}
	tab := &Table{Head: append(head[:7:7], t.T("Connections")), Mono: mono, Wide: wide}
	all := &Table{Head: append(head[:7:7], t.T("Score (next best)")), Mono: mono, Wide: wide}
	row := func(r *analyzer.Relay, of func(client, server flow.Endpoint) string, last string) []string {
		x, y := &r.Client.Seen[r.ClientSeen], &r.Server.Seen[r.ServerSeen]
		return []string{of(x.Half[flow.Client].Endpoint, x.Half[flow.Server].Endpoint), b.capture(x.Capture), fmt.Sprint(x.FirstFrame),
			of(y.Half[flow.Client].Endpoint, y.Half[flow.Server].Endpoint), b.capture(y.Capture), fmt.Sprint(y.FirstFrame), t.Say(r.Common()), last}
	}
	type kind struct {
		client, server flow.Endpoint
		from, to       int
		by             string
	}
	count, at := make(map[kind]int), make(map[kind]int)
	for i := range b.Relays {
		r := &b.Relays[i]
		x, y := &r.Client.Seen[r.ClientSeen], &r.Server.Seen[r.ServerSeen]
		k := kind{x.Half[flow.Server].Endpoint, y.Half[flow.Server].Endpoint, x.Capture, y.Capture, r.Common().String()}
		if count[k]++; count[k] == 1 {
			at[k] = len(tab.Rows)
			tab.Rows = append(tab.Rows, row(r, func(_, server flow.Endpoint) string { return server.String() }, ""))
		}
		if len(all.Rows) < maxRows {
			all.Rows = append(all.Rows, row(r, connection, fmt.Sprintf("%d (%d)", r.Score, r.Next)))
		}
	}
	for k, n := range count {
		tab.Rows[at[k]][7] = fmt.Sprint(n)
	}
	more := max(0, len(tab.Rows)-maxRows)
	tab.Rows = tab.Rows[:len(tab.Rows)-more]
	if len(tab.Rows) > 0 {
		s.Table, s.Detail = b.full(tab, more, longTable), b.full(all, len(b.Relays)-len(all.Rows), 0)
	}
	return s
}

// onTheWay tells what the way does to packets: the header fields that they left one capture point with and reached the other without.
func (b *builder) onTheWay() Section {
	t := b.lang
	s := Section{Title: t.T("What the way does to packets"), Text: []string{
		t.Say(analyzer.Msg("Header fields in which one and the same packet differs between two captures, of %d connections of the %d that several captures hold. All that is not listed arrived as it left. None of it is a fault by itself, and it changes no verdict.",
			b.Compared.Connections, b.Compared.Of)),
	}}
	tab := &Table{Head: []string{t.T("Way"), t.T("From the"), t.T("What"), t.T("Left as"), t.T("Arrived as"), t.T("Packets"), t.T("First frame"), t.T("Field")}, Mono: []int{3, 4, 5, 6, 7}, Wide: []int{20, 8, 14, 14, 14, 11, 11, 14}}
	more := 0
	for i := range b.Changes {
		if len(tab.Rows) == maxRows {
			more++
			continue
		}
		tab.Rows = append(tab.Rows, b.change(&b.Changes[i]))
	}
	if len(tab.Rows) > 0 {
		s.Table = b.full(tab, more, longTable)
	}
	return s
}

// change is a row of the table of what the way does.
func (b *builder) change(c *analyzer.Change) []string {
	t := b.lang
	what := t.T("field|" + c.Kind.String())
	if c.Routers > 0 {
		what = t.Say(analyzer.Msg("%s (routers: %d)", what, c.Routers))
	}
	left, arrived := c.Left, c.Arrived
	if c.Varies {
		left, arrived = t.Say(analyzer.Msg("e.g. %s", left)), t.Say(analyzer.Msg("e.g. %s", arrived))
	}
	return []string{b.capture(c.From) + " → " + b.capture(c.To), t.T(c.Side.String()), what, left, arrived, t.Say(analyzer.Msg("%d of %d", c.Packets, c.Of)),
		fmt.Sprintf("%d → %d", c.First[0].Frame, c.First[1].Frame), c.Field}
}

// remarks are the findings about the ticket as a whole.
func (b *builder) remarks() Section {
	t := b.lang
	s := Section{Title: t.T("Remarks on the way")}
	tab := &Table{Head: []string{t.T("Finding"), t.T("What was seen")}, Wide: []int{30, 70}}
	more := 0
	for _, f := range b.Findings {
		switch {
		case f.Flow >= 0 || len(f.Rows) > 0: // of path reports the section on them tells
		case len(tab.Rows) == maxRows:
			more++
		default:
			tab.Rows = append(tab.Rows, []string{clean(t.T(f.Rule.Title)), clean(t.Say(f.Summary))})
		}
	}
	if len(tab.Rows) > 0 {
		s.Table = b.full(tab, more, longTable)
	}
	return s
}

// clocks compares the clocks of the captures.
func (b *builder) clocks() Section {
	t := b.lang
	s := Section{Title: t.T("Clocks"), Text: []string{t.T("A packet never arrives before it was sent: so each handshake that two captures hold bounds how far one clock is ahead of the other. No verdict rests on a time of the one read on the other beyond these bounds.")}}
	tab := &Table{Head: []string{t.T("Capture"), t.T("is behind"), t.T("by"), t.T("at least"), t.T("at most"), t.T("Drift"), t.T("Clock was set"), t.T("Handshakes")}, Mono: []int{2, 3, 4, 5, 6, 7}, Wide: []int{22, 22, 12, 12, 12, 10, 8, 8}}
	for _, k := range b.Clocks {
		drift := "—"
		if k.HasPPM {
			drift = fmt.Sprintf("%+.1f ppm", k.PPM)
		}
		tab.Rows = append(tab.Rows, []string{b.capture(k.A), b.capture(k.B), ahead(k.Low/2 + k.High/2), ahead(k.Low), ahead(k.High), drift, fmt.Sprint(k.Steps), fmt.Sprint(k.Handshakes)})
	}
	for i, x := range b.Captures {
		for k := i + 1; k < len(b.Captures); k++ {
			if b.clockOf(i, k) == nil && anyPackets(b.Case) && x.Member.Packets > 0 && b.Captures[k].Member.Packets > 0 {
				s.Text = append(s.Text, t.Say(analyzer.Msg("%s and %s hold no handshake in common: their clocks cannot be compared.", b.capture(i), b.capture(k))))
			}
		}
	}
	if len(tab.Rows) > 0 {
		s.Table = b.full(tab, 0, longTable)
	}
	return s
}

func (b *builder) clockOf(x, y int) *analyzer.Clock {
	for i := range b.Clocks {
		if b.Clocks[i].A == x && b.Clocks[i].B == y {
			return &b.Clocks[i]
		}
	}
	return nil
}

// ahead writes a difference of clocks to the tenth of a millisecond.
func ahead(ns int64) string {
	return time.Duration(ns).Round(100 * time.Microsecond).String()
}
