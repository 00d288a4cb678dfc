package analyzer

import (
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/container"
)

// This file tells where a file of a ring buffer is missing: the capture was not running there, as far as this ticket goes. Connections that
// reach over such a hole are judged as those of any capture that lost packets, and that a packet is not in it proves nothing.

const filesMissing = "the numbers of the files skip %d between %s and %s: if there are files in between, ask for them; what happened there is not judged"

// findHoles looks at the joints between the files of a capture.
func (a *analysis) findHoles(o *reading) {
	names := make([]string, len(o.Parts))
	for i, p := range o.Parts {
		names[i] = p.Member.Name
	}
	skipped, h := container.Skipped(names), &o.Health
	longest, at := o.silence, 0
	for i := 1; i < len(o.Parts); i++ {
		before, p := o.before(i), &o.Parts[i]
		silence := p.Member.From - before.Member.To
		switch {
		case skipped[i] > 0:
			a.caveat(p.Member, 1, true, filesMissing, skipped[i], before.Member.Base(), p.Member.Base())
			h.Holes, o.holes = h.Holes+1, append(o.holes, uint32(p.First))
		case skipped[i] < 0 && p.Frames > 0 && before.Frames > 0 && silence > longest && silence > before.Member.To-before.Member.From:
			longest, at = silence, i
		}
	}
	if at > 0 {
		// Numbers do not tell. A file that is missing took about as long as the one before; but tcpdump -G begins a file with the first packet that is
		// due, so that every long silence is at a joint. That a packet is not in the capture proves nothing then, and no more is concluded.
		a.caveat(o.Parts[at].Member, 1, false, "nothing was captured for %v between %s and %s, longer than ever within a file: if there is a file in between, ask for it", time.Duration(longest), o.before(at).Member.Base(), o.Parts[at].Member.Base())
		h.Holes++
	}
}

// findGap tells of files that are missing between a capture and one of the same ring that does not continue it, as too much time is in between.
func (a *analysis) findGap(o *reading, m *Member) {
	if container.SeriesOf(m.Name) != o.series || len(o.Parts) == 0 {
		return
	}
	var names []string
	for _, p := range o.Parts {
		names = append(names, p.Member.Name)
	}
	if skipped := container.Skipped(append(names, m.Name)); skipped[len(names)] > 0 {
		a.caveat(m, 1, true, filesMissing, skipped[len(names)], o.Parts[len(o.Parts)-1].Member.Base(), m.Base())
	}
}

// before gives the last file with a frame before one.
func (o *reading) before(i int) *Part {
	for i--; i > 0 && o.Parts[i].Frames == 0; i-- {
	}
	return &o.Parts[i]
}

// muteBehindHoles takes the weight from what is said of who did something to a connection by what a capture shows behind a hole that it reaches over:
// a reset behind a FIN that is not there looks like that of a host which aborted. What two captures show together counts unless both have such a hole.
func (a *analysis) muteBehindHoles(c *Conn, found []*Finding, together bool) {
	holes := make(map[int]uint32) // by capture
	for i := range c.Seen {
		if hole := a.Captures[c.Seen[i].Capture].holeIn(&c.Seen[i].Summary); hole > 0 {
			holes[c.Seen[i].Capture] = hole
		}
	}
	if together && len(holes) < len(c.Seen) {
		return
	}
	for _, f := range found {
		hole, over := holes[f.Capture]
		if class := f.Cause.Class(); over && f.Weight > Note && (f.Event == 0 || f.Event >= hole) && (class == Middlebox || class == Endpoint) {
			f.Weight, c.overHole = Note, symptomOf(f.Cause)
		}
	}
}

// holeIn gives the first frame behind the first hole that a flow reaches over, or may have begun in; 0 if there is none. That it has ended before
// is no matter: a reset may lie in the hole.
func (c *Capture) holeIn(s *flow.Summary) uint32 {
	began := s.FirstFrame
	if s.Proto == flow.TCP && !s.Half[flow.Client].SeenSYN {
		began = 0
	}
	for _, hole := range c.holes {
		if began < hole {
			return hole
		}
	}
	return 0
}
