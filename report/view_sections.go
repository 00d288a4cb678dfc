package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// flows is the table of connections that went wrong; the clean ones are counted.
func (b *builder) flows() Section {
	t := b.lang
	s := Section{Title: t.T("Connections")}
	n := func(c analyzer.Class) int { return b.Counts[c] }
	total := 0
	for _, k := range b.Counts {
		total += k
	}
	s.Text = []string{t.Say(analyzer.Msg("%d connections, DNS and QUIC over UDP among them: %d hit by a device, %d ended by a host, %d undecided, %d with loss on the path, %d clean.",
		total, n(analyzer.Middlebox), n(analyzer.Endpoint), n(analyzer.Inconclusive), n(analyzer.Path), n(analyzer.Clean)))}
	tab := &Table{Head: []string{t.T("Client"), t.T("Server"), t.T("Began (UTC)"), t.T("State"), t.T("What happened"), t.T("Sure")}, Mono: []int{0, 1, 2, 3}, Wide: []int{22, 22, 17, 9, 20, 14}}
	more := 0
	for _, f := range b.Flows {
		if f.Class == analyzer.Clean {
			continue
		}
		if len(tab.Rows) == maxRows {
			more++
			continue
		}
		tab.Rows = append(tab.Rows, []string{within(f), b.asked(f), clock(f.Seen[0].First), f.Seen[0].State(), b.what(f), b.sure(f.Grade, f.Confidence)})
	}
	if len(tab.Rows) > 0 {
		s.Text = append(s.Text, t.T("State is Zeek's conn_state: S0 no answer, REJ refused, RSTO and RSTR reset by or in the name of client or server, SF closed properly, OTH without handshake."))
		s.Table = b.full(tab, more, longTable)
	}
	return s
}

// groups tells many connections in few rows: to which the same happened, in the same way, at the same place.
func (b *builder) groups() Section {
	t := b.lang
	s := Section{Title: t.T("What went wrong, by kind"), Text: []string{t.T("Stage and pattern are those of Cloudflare Radar and of Sundara Raman et al. (SIGCOMM 2023), applied to both directions; null means that nothing came any more. They name a symptom and accuse nobody.")}}
	tab := &Table{Head: []string{t.T("Connections"), t.T("What happened"), t.T("Stage"), t.T("Pattern"), t.T("Server"), t.T("The first begins in frame")}, Mono: []int{0, 2, 3, 4, 5}, Wide: []int{9, 22, 9, 20, 30, 12}}
	groups, all, more := b.Groups(), 0, 0
	for _, g := range groups {
		all += len(g.Flows)
		if len(tab.Rows) == maxRows {
			more++
			continue
		}
		first := b.Flows[g.Flows[0]]
		for _, i := range g.Flows {
			if f := b.Flows[i]; f.Seen[0].First < first.Seen[0].First {
				first = f
			}
		}
		pattern := g.Signature.String()
		if g.Signature.Ended > flow.Silence {
			pattern = t.Say(analyzer.Msg("%s, in the name of the %s", pattern, t.T(g.Signature.By.String())))
		}
		tab.Rows = append(tab.Rows, []string{fmt.Sprint(len(g.Flows)), b.lang.What(g.Class, g.Cause), g.Signature.Stage.String(), pattern, strings.TrimSpace(g.Server.String() + " " + clean(g.Name)), fmt.Sprint(first.Seen[0].FirstFrame)})
	}
	if all > len(groups) { // else the table of connections says the same
		s.Table = b.full(tab, more, longTable)
	}
	return s
}

// within names the client, and the tunnel that the connection was in: in another it may be another host.
func within(f *analyzer.Conn) string {
	if tunnel := f.Seen[0].Tunnel(); tunnel != "" {
		return f.Client().String() + " (" + tunnel + ")"
	}
	return f.Client().String()
}

// asked names the server, and what its client asked it for.
func (b *builder) asked(f *analyzer.Conn) string {
	name, _ := b.Named(f)
	if name == "" {
		return f.Server().String()
	}
	return f.Server().String() + " " + clean(name)
}

// sightings tells where the other captures of a ticket hold the connections shown, which bear other addresses there if something
// translates them.
func (b *builder) sightings() Section {
	t := b.lang
	s := Section{Title: t.T("The same connections in every capture"), Text: []string{t.T("Frame numbers, and behind address translation the addresses too, differ from capture to capture. Each row has the display filter for its capture.")}}
	tab := &Table{Head: []string{t.T("Connection"), t.T("Capture"), t.T("First frame"), t.T("Packets seen"), t.T("Matched by"), t.T("Wireshark display filter")}, Mono: []int{0, 2, 3, 5}, Wide: []int{24, 14, 8, 8, 16, 38}}
	for _, e := range b.Exhibits {
		c := b.Flows[e.Conn]
		if len(c.Seen) < 2 {
			continue
		}
		for i := range c.Seen {
			x := &c.Seen[i]
			client, server := &x.Half[flow.Client], &x.Half[flow.Server]
			tab.Rows = append(tab.Rows, []string{connection(client.Endpoint, server.Endpoint), b.capture(x.Capture), fmt.Sprint(x.FirstFrame),
				fmt.Sprint(client.Packets + server.Packets), t.Say(c.MatchedBy(i)), displayFilter(x.Proto, client.Endpoint, server.Endpoint)})
		}
	}
	if len(tab.Rows) > 0 {
		s.Table = b.full(tab, 0, longTable)
	}
	return s
}

// meanings explains the rules that fired, and on what they rest.
func (b *builder) meanings() Section {
	t := b.lang
	s := Section{Title: t.T("What the findings mean")}
	tab := &Table{Head: []string{t.T("Finding"), t.T("Why it means something"), t.T("Sources")}, Wide: []int{26, 52, 22}}
	for _, k := range b.Checks {
		if k.Fired > 0 {
			tab.Rows = append(tab.Rows, []string{clean(t.T(k.Rule.Title)), clean(t.T(k.Rule.Doc)), clean(strings.Join(k.Rule.Refs, "; "))})
		}
	}
	if len(tab.Rows) > 0 {
		s.Table = b.full(tab, 0, longTable)
	}
	return s
}

// inventory lists every member of the ticket, used or not.
func (b *builder) inventory() Section {
	t := b.lang
	s := Section{Title: t.T("What the ticket holds")}
	tab := &Table{Head: []string{t.T("File"), t.T("Kind"), t.T("Bytes"), t.T("Contents"), "SHA-256"}, Mono: []int{2, 4}, Wide: []int{24, 10, 10, 32, 24}}
	for _, m := range b.Members[:min(len(b.Members), maxRows)] {
		what := []string{t.T(m.Format)}
		if m.Kind == analyzer.KindCapture {
			what = append(what, t.Say(analyzer.Msg("%d packets", m.Packets)))
			what = append(what, m.LinkTypes...)
			what = append(what, t.Say(analyzer.Msg("taken at: %s", analyzer.Msg("place|"+string(m.Role)))), b.period(m.Packets > 0, m.From, m.To))
			if m.Truncated {
				what = append(what, t.T("cut short"))
			}
			if m.Drops > 0 {
				what = append(what, t.Say(analyzer.Msg("%d frames lost by the capturing system", m.Drops)))
			}
		}
		if !m.Why.IsZero() {
			what = append(what, t.Say(m.Why))
		}
		hash := m.SHA256
		if hash == "" {
			hash = "–"
		}
		tab.Rows = append(tab.Rows, []string{clean(m.Name), t.T(string(m.Kind)), fmt.Sprint(m.Bytes), clean(strings.Join(what, t.T("; "))), hash})
	}
	if len(tab.Rows) == 0 {
		s.Text = []string{t.T("Nothing.")}
		return s
	}
	s.Table = b.full(tab, len(b.Members)-len(tab.Rows), longTable)
	return s
}

// health shows what makes each capture a better or worse witness. Columns that are zero throughout are named above the table.
func (b *builder) health() Section {
	t := b.lang
	s := Section{Title: t.T("Health of the captures")}
	if len(b.Captures) == 0 {
		s.Text = []string{t.T("The ticket holds no capture.")}
		return s
	}
	columns := []struct {
		title  string
		always bool
		count  func(*analyzer.Capture) uint64
	}{
		{"TCP", true, func(c *analyzer.Capture) uint64 { return c.Health.TCP }},
		{"UDP", true, func(c *analyzer.Capture) uint64 { return c.Health.UDP }},
		{"ICMP", true, func(c *analyzer.Capture) uint64 { return c.Health.ICMP }},
		{t.T("Connections"), true, func(c *analyzer.Capture) uint64 { return c.Health.TCPFlows }},
		{t.T("Resets"), true, func(c *analyzer.Capture) uint64 { return c.Health.Resets }},
		{t.T("Captured twice"), false, func(c *analyzer.Capture) uint64 { return c.Health.Duplicates }},
		{t.T("Unseen bytes acknowledged"), false, func(c *analyzer.Capture) uint64 { return c.Health.AcksUnseen }},
		{t.T("One direction only"), false, func(c *analyzer.Capture) uint64 { return c.Health.OneWayFlows }},
		{t.T("Without handshake"), false, func(c *analyzer.Capture) uint64 { return c.Health.MidStream }},
		{t.T("Offloaded"), false, func(c *analyzer.Capture) uint64 { return c.Health.Offloaded }},
		{t.T("Headers cut"), false, func(c *analyzer.Capture) uint64 { return c.Health.Cut }},
		{t.T("Cut to (bytes)"), false, func(c *analyzer.Capture) uint64 { return c.Health.CutTo }},
		{t.T("Interfaces"), false, func(c *analyzer.Capture) uint64 { return moreThanOne(c.Health.Interfaces) }},
		{t.T("Under two addresses"), false, func(c *analyzer.Capture) uint64 { return c.Health.Renamed }},
		{t.T("Clock tick (µs)"), false, func(c *analyzer.Capture) uint64 { return tick(&c.Health) }},
		{t.T("Fields all the same"), false, func(c *analyzer.Capture) uint64 { return c.Health.Edited.Fields() }},
		{t.T("Clock stepped back"), false, func(c *analyzer.Capture) uint64 { return c.Health.Backwards }},
		{t.T("Lost by the capturing system"), false, func(c *analyzer.Capture) uint64 { return c.Member.Drops }},
	}
	tab := &Table{Head: []string{t.T("Capture")}, Wide: []int{24}}
	shown := b.Captures[:min(len(b.Captures), maxRows)]
	for i := range shown {
		tab.Rows = append(tab.Rows, []string{b.capture(i)})
	}
	var absent []string
	for _, col := range columns {
		if !col.always && !slices.ContainsFunc(b.Captures, func(c *analyzer.Capture) bool { return col.count(c) > 0 }) {
			absent = append(absent, col.title)
			continue
		}
		tab.Mono, tab.Wide, tab.Head = append(tab.Mono, len(tab.Head)), append(tab.Wide, 9), append(tab.Head, col.title)
		for i, c := range shown {
			tab.Rows[i] = append(tab.Rows[i], fmt.Sprint(col.count(c)))
		}
	}
	if len(absent) > 0 {
		s.Text = []string{t.Say(analyzer.Msg("Counted and zero in every capture: %s.", strings.Join(absent, t.T(", "))))}
	}
	s.Table = b.full(tab, len(b.Captures)-len(shown), longTable)
	return s
}

// moreThanOne gives n, or 0 for the one interface that nearly all captures have.
func moreThanOne(n uint64) uint64 {
	if n > 1 {
		return n
	}
	return 0
}

// tick gives the step of a coarse clock in microseconds, or 0 for a fine one.
func tick(h *analyzer.Health) uint64 {
	if h.Coarse {
		return uint64(h.Resolution / 1000)
	}
	return 0
}

// caveats lists everything that was not seen or used.
func (b *builder) caveats() Section {
	t := b.lang
	s := Section{Title: t.T("What could not be seen or was not used")}
	if len(b.Caveats) == 0 {
		s.Text = []string{t.T("Nothing: every frame of every capture was read and followed.")}
		return s
	}
	tab := &Table{Head: []string{t.T("File"), t.T("Frame"), t.T("Caveat")}, Mono: []int{1}, Wide: []int{28, 8, 64}}
	for _, v := range b.Caveats[:min(len(b.Caveats), maxRows)] {
		frame := ""
		if v.Frame > 0 {
			frame = fmt.Sprint(v.Frame)
		}
		tab.Rows = append(tab.Rows, []string{clean(v.Member), frame, clean(t.Say(v.Text))})
	}
	s.Table = b.full(tab, len(b.Caveats)-len(tab.Rows), longTable)
	return s
}

// method says how a verdict is made and what it claims.
func (b *builder) method() Section {
	t := b.lang
	return Section{Title: t.T("How this verdict was made"), Text: []string{
		t.T("Every connection was rebuilt from the captures. Each rule compares packets of one connection with each other, with what else their host sent, or with the capture of the other end, and gives its finding a weight: how much more likely is what was seen if a device did it than if the host did it itself. Findings of one kind count together up to a cap; the sum starts from the expectation that most resets are genuine."),
		t.T("A weight of +1 means ten times, +2 a hundred times as likely if a device did it; a negative weight speaks for the host likewise. The percentage is the probability of the verdict's class that follows, and not a measured rate of error."),
		t.T("A device is accused only if one finding is proof by itself or two independent kinds agree, and nothing about the capture makes it a bad witness. Anything less is called undecided, with the capture that would settle it. That no trace of a device was found does not prove that there is none."),
		t.T("A frame is called forged only if the host it names did not send it. The verdict names neither the owner of a device nor a purpose: packets do not tell those."),
		t.T("Frame numbers count from 1 as Wireshark does, and fields carry Wireshark's names: every row of evidence can be looked up there. All times are UTC, by the clock of the capture."),
	}}
}
