package report

import (
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// This file draws a connection that two captures hold: the frames of the one nearer to the client left, those of the other right.

// twoEnds names the ends and the captures of a ladder, and says how to read it.
func (b *builder) twoEnds(l *Ladder, e *analyzer.Exhibit) {
	t, o := b.lang, e.Other
	mine, theirs := b.capture(e.Capture), b.capture(o.Capture)
	l.Captures = [2]string{mine, theirs}
	if o.Nearer {
		l.Captures = [2]string{theirs, mine}
		l.Left = o.Half[flow.Client].Endpoint.String()
	} else {
		l.Right = o.Half[flow.Server].Endpoint.String()
	}
	l.Notes = append(l.Notes, t.Say(analyzer.Msg("Left are the frames of %s, right those of %s. An arrow from end to end is a packet that both hold; half an arrow is one that the capture on its side alone holds.", l.Captures[0], l.Captures[1])))
	if o.HasClock {
		l.Notes = append(l.Notes, t.Say(analyzer.Msg("Rows are in the order of %[1]s, and times seconds from the first packet in it, by its clock; those of %[2]s are translated to it, to within ±%[3]s.", mine, theirs, ahead(o.Slack))))
	} else {
		l.Notes = append(l.Notes, t.Say(analyzer.Msg("Rows are in the order of %s. The clocks cannot be compared: the times of each capture are seconds from its own first packet of the connection.", mine)))
	}
	var missing [2]bool // something in the exhibit's capture, and in the other
	recut := false
	for _, s := range o.Steps {
		if s.Fate == analyzer.FateMissing {
			missing[0], missing[1] = missing[0] || s.Here < 0, missing[1] || s.There < 0
		}
		recut = recut || s.Fate == analyzer.FateRecut
	}
	for i, name := range []string{mine, theirs} {
		if missing[i] && !o.Blind[i].IsZero() {
			l.Notes = append(l.Notes, t.Say(analyzer.Msg("That a packet is not in %s does not prove that it never passed there: %s.", name, o.Blind[i])))
		}
	}
	if recut {
		l.Notes = append(l.Notes, t.T("≈ stands before frames that hold the same bytes cut into other segments, as network cards do."))
	}
}

// bothEnds sets the frames and times of both captures, and what became of the packet in between.
func (b *builder) bothEnds(r *Rung, e *analyzer.Exhibit, s *step) {
	t, o := b.lang, e.Other
	var mine, theirs struct {
		frame uint32
		time  string
	}
	if p := s.here; p != nil {
		mine.frame, mine.time = p.Frame, since(p.Time, e.First)
	}
	if p := s.there; p != nil {
		theirs.frame, theirs.time = p.Frame, since(p.Time, o.First)
		if here, ok := o.Here(p.Time); ok {
			theirs.time = since(here, e.First)
		}
	}
	if o.Nearer {
		mine, theirs = theirs, mine
	}
	r.Frame, r.Time, r.FarFrame, r.FarTime = mine.frame, mine.time, theirs.frame, theirs.time
	r.Recut = s.fate == analyzer.FateRecut
	switch {
	case s.here == nil:
		r.Reach = half(o.Nearer)
	case s.there == nil && !r.Recut:
		r.Reach = half(!o.Nearer)
	}
	switch s.fate {
	case analyzer.FateLost:
		r.Cut, r.Mark = true, t.T("sent, never arrived")
	case analyzer.FateUnsent:
		if r.Mark = t.T("not in the other capture"); s.role == analyzer.Forged { // that a host did not send it the verdict decides
			r.Cut, r.Mark = true, t.T("arrived, never sent")
		}
	case analyzer.FateMissing:
		r.Mark = b.whyMissing(s.why)
	case analyzer.FateNone:
		r.Mark = b.whyNotCompared(s)
	}
	if s.changed {
		r.Below = b.changes(e, s)
	}
}

// whyMissing says of a packet that one capture alone holds why nothing follows from it. It is short: it stands beside half an arrow.
func (b *builder) whyMissing(why analyzer.Why) string {
	switch why {
	case analyzer.WhyVague:
		return b.lang.T("not told from its copies")
	case analyzer.WhyNoResets:
		return b.lang.T("the other may leave out resets")
	case analyzer.WhyBefore:
		return b.lang.T("the other may not have begun")
	case analyzer.WhyProxied:
		return b.lang.T("a SYN proxy stands between")
	case analyzer.WhyAfter:
		return b.lang.T("the other may have ended")
	}
	return b.lang.T("not in the other capture")
}

// whyNotCompared says why nothing follows from it that one capture alone holds a packet.
func (b *builder) whyNotCompared(s *step) string {
	p := s.here
	if p == nil {
		p = s.there
	}
	switch {
	case !p.IsTCP():
		return "" // the label says that a router sent it
	case p.Marks.Has(flow.Duplicate):
		return b.lang.T("captured twice")
	}
	return b.lang.T("pure ACK, may be merged")
}

// altered says that more than the way was another.
func (s *step) altered() bool {
	return s.changed && ((s.here.Flags ^ s.there.Flags).Any(flow.RST) || s.here.Len != s.there.Len || s.here.Differs(s.there))
}

// changes says what differs between the two sightings of a packet, beyond what differs for all: what was sent first.
func (b *builder) changes(e *analyzer.Exhibit, s *step) string {
	sent, came := s.here, s.there
	lowered := e.Other.Lowered[sent.Side]
	if (sent.Side == flow.Client) == e.Other.Nearer { // the other capture is nearer to the sender
		sent, came, lowered = came, sent, -lowered
	}
	t := b.lang
	var all []string
	if (sent.Flags ^ came.Flags).Any(flow.RST) {
		all = append(all, t.Say(analyzer.Msg("flags %s → %s", sent.Flags.String(), came.Flags.String())))
	}
	switch {
	case sent.Len != came.Len:
		all = append(all, t.Say(analyzer.Msg("payload of %d bytes → %d", sent.Len, came.Len)))
	case sent.Differs(came):
		all = append(all, t.T("other payload"))
	}
	if by := int(sent.TTL) - int(came.TTL); by != lowered {
		ttl := analyzer.Msg("TTL %d → %d, where others lose %d", sent.TTL, came.TTL, lowered)
		if len(all) == 0 { // routes change
			return t.Say(analyzer.Msg("came by another way, or was sent anew: %s", ttl))
		}
		all = append(all, t.Say(ttl))
	}
	return t.Say(analyzer.Msg("changed on the way: %s", strings.Join(all, t.T("; "))))
}
