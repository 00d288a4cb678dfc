package report

import (
	"fmt"
	"time"

	"github.com/capforensics/capforensics/analyzer"
)

// onTheWay tells what is about the ticket as a whole: what the way does to packets, as two captures show it.
func (b *builder) onTheWay() Section {
	t := b.lang
	s := Section{Title: t.T("What the way does to packets"), Text: []string{t.T("Two captures of the same connections differ in these fields. None of it is a fault by itself.")}}
	tab := &Table{Head: []string{t.T("Finding"), t.T("What was seen")}, Wide: []int{30, 70}}
	for _, f := range b.Findings {
		if f.Flow < 0 && len(f.Rows) == 0 {
			tab.Rows = append(tab.Rows, []string{clean(t.T(f.Rule.Title)), clean(t.Say(f.Summary))})
		}
	}
	if len(tab.Rows) > 0 {
		s.Table = b.full(tab, 0, longTable)
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
