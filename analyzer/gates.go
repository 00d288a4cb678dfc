package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

// This file says what makes captures worse witnesses. While such a gate is open, only a finding that is proof by itself accuses; see decide.

const (
	// maxUnseen is the share of segments that may acknowledge unseen bytes before a capture counts as lossy: one in a hundred is above what
	// a capture without drops shows at its very beginning, and below what a dropping one shows.
	maxUnseen = 0.01
	// droppedOneIn is likewise for the frames that the capturing system says it lost: one in a thousand.
	droppedOneIn = 1000
)

// gates gives what makes the captures of a connection worse witnesses.
func (a *analysis) gates(c *Conn) []Message {
	var open []Message
	for i := range c.Seen {
		s := &c.Seen[i]
		m, h := a.Captures[s.Capture].Member, &a.Captures[s.Capture].Health
		if h.UnseenShare() > maxUnseen {
			open = append(open, Msg("the capture misses packets: %.1f %% of its segments acknowledge bytes that it does not hold", 100*h.UnseenShare()))
		}
		if m.Drops > m.Packets/droppedOneIn {
			open = append(open, Msg("the capturing system says that it lost %d frames", m.Drops))
		}
		if hole := a.Captures[s.Capture].holeIn(&s.Summary); hole > 0 {
			open = append(open, Msg("a file of the capture seems to be missing before its frame %d", hole))
		}
		if h.Edited.Certain() {
			open = append(open, Msg("the capture was edited: %d fields that hosts fill by themselves are the same in all packets", h.Edited.Fields()))
		}
		if h.Backwards > 0 {
			open = append(open, Msg("the capture's clock stepped back %d times", h.Backwards))
		}
		if s.OneWay() {
			open = append(open, Msg("the capture shows only one direction of the connection"))
		}
		if s.Split {
			open = append(open, Msg("the connection was followed in parts, as too many were open at once"))
		}
	}
	return open
}

// disorder says why the captures of a connection do not show what came after what: their packets are of two clocks, or were put in another order.
func (a *analysis) disorder(flows []*flow.Flow) []Message {
	var why []Message
	for i, f := range flows { // by capture
		switch {
		case f == nil:
		case twoClocks(f, a.Captures[i].Hosts):
			why = append(why, Msg("the capture holds the same packets from two places whose clocks differ, as when two captures were merged"))
		case disordered(f):
			why = append(why, Msg("the capture holds the opening of the connection behind what answers it: its frames are not in the order in which they passed"))
		}
	}
	return why
}

// mute takes the weight from accusations where the captures do not show what came after what: nobody is accused then, whatever the rules saw.
func (c *Conn) mute(found []*Finding) {
	if len(c.disorder) == 0 {
		return
	}
	for _, f := range found {
		if !f.Accuses() {
			continue
		}
		f.Weight = Note
		if !c.muted {
			c.gates, c.muted = append(c.gates, c.disorder...), true
		}
	}
}
