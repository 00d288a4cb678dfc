package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// Ladder shows the packets of a flow as arrows between its two ends, as one capture holds them or as two do.
type Ladder struct {
	Left, Right string
	Captures    [2]string // of two: what is left and right of the arrows; empty for one capture
	Notes       []string  // how to read it
	Rows        []Rung
}

// Two says that the ladder has a column of frames for each of two captures.
func (l *Ladder) Two() bool { return l.Captures != [2]string{} }

// Reach is how far an arrow is drawn.
type Reach uint8

// A half of an arrow is on the side of the capture that holds the packet.
const (
	Whole Reach = iota
	LeftHalf
	RightHalf
)

// Rung is one arrow, or a gap where packets are left out.
type Rung struct {
	Time     string // beside the left end
	Frame    uint32 // 0 where the capture of the left end does not hold it
	FarTime  string // beside the right end, in a ladder of two captures
	FarFrame uint32 // likewise
	Recut    bool   // the two frames hold the same bytes in other segments
	FromLeft bool
	Reach    Reach
	Cut      bool   // of half an arrow: what became of the packet in the middle is known, and marked
	Mark     string // beside half an arrow: why it is one
	Label    string
	Below    string        // what was changed on the way
	Role     analyzer.Role // empty for packets that nothing cites
	RoleName string
	Elided   string // "… 120 packets …"; then nothing else is set
}

// Bounds of a ladder: what is shown at its beginning, its end, and around each cited packet, and how many rows it may have with the
// gaps between them. Where not all fits, cited packets come first.
const (
	ladderHead   = 8
	ladderTail   = 6
	ladderAround = 3
	ladderMost   = 60
	ladderCited  = 300 // cited packets that are considered
	ladderOther  = 16  // and others that stand out, as many as leave room for what was around them
)

// step is a packet that may become a rung, as one capture or both hold it.
type step struct {
	here, there *flow.Packet // one of them may be nil
	fate        analyzer.Fate
	why         analyzer.Why
	changed     bool
	gone        bool // in one capture: known to have left and not to have arrived
	role        analyzer.Role
}

// notable says that a reader looks for the packet.
func (s *step) notable(e *analyzer.Exhibit) bool {
	return s.role != "" || s.here != nil && s.here.Frame == e.FirstRSTFrame || s.here != nil && !s.here.IsTCP() ||
		s.fate >= analyzer.FateMissing || s.altered()
}

// gravity orders what is notable: what is accused first, then what is cited, then what one capture alone holds.
func (s *step) gravity() int {
	g := 2 * gravity(s.role)
	if s.fate == analyzer.FateLost || s.fate == analyzer.FateUnsent || s.altered() {
		g++
	}
	return g
}

// stepsOf gives the packets of an exhibit. cited are the frames of each capture with the part that they play.
func stepsOf(e *analyzer.Exhibit, cited map[analyzer.FrameRef]analyzer.Role) []step {
	role := func(capture int, p *flow.Packet) analyzer.Role {
		if p == nil {
			return ""
		}
		return cited[analyzer.FrameRef{Capture: capture, Number: p.Frame}]
	}
	var all []step
	if e.Other == nil {
		for i := range e.Packets {
			all = append(all, step{here: &e.Packets[i], role: role(e.Capture, &e.Packets[i])})
		}
		markGone(all)
		return all
	}
	for _, x := range e.Other.Steps {
		s := step{fate: x.Fate, why: x.Why, changed: x.Changed}
		if x.Here >= 0 {
			s.here = &e.Packets[x.Here]
		}
		if x.There >= 0 {
			s.there = &e.Other.Packets[x.There]
		}
		s.role = role(e.Capture, s.here)
		if r := role(e.Other.Capture, s.there); gravity(r) > gravity(s.role) {
			s.role = r
		}
		all = append(all, s)
	}
	return all
}

// markGone marks what is cited as dropped, and the copies between the first and the last of one thing that are: who cites these two speaks of all.
func markGone(steps []step) {
	type thing struct {
		side  flow.Side
		seq   flow.Seq
		len   uint32
		flags flow.Flags
	}
	of := func(s *step) thing { return thing{s.here.Side, s.here.Seq, s.here.Len, s.here.Flags} }
	last := make(map[thing]int)
	for i := range steps {
		if steps[i].role == analyzer.Dropped {
			last[of(&steps[i])] = i
		}
	}
	begun := make(map[thing]bool)
	for i := range steps {
		s := &steps[i]
		k := of(s)
		begun[k] = begun[k] || s.role == analyzer.Dropped
		s.gone = begun[k] && i <= last[k] && s.here.IsTCP()
	}
}

func (b *builder) ladder(e *analyzer.Exhibit, cited map[analyzer.FrameRef]analyzer.Role) *Ladder {
	l := &Ladder{Left: e.Half[flow.Client].Endpoint.String(), Right: e.Half[flow.Server].Endpoint.String()}
	omitted := e.Omitted
	if e.Other != nil {
		b.twoEnds(l, e)
		omitted = max(omitted, e.Other.Omitted)
	}
	steps := stepsOf(e, cited)
	next := 0
	gap := func(to int) {
		hidden, lost := uint64(to-next), 0
		for i := next; i < to; i++ {
			if steps[i].fate == analyzer.FateLost {
				lost++
			}
		}
		if middle := len(steps) / 2; next <= middle && middle < to {
			hidden += omitted // they were left out of the middle
		}
		switch {
		case lost > 0:
			l.Rows = append(l.Rows, Rung{Elided: b.lang.Say(analyzer.Msg("… %d packets, of which %d were sent and never arrived …", hidden, lost))})
		case hidden > 0:
			l.Rows = append(l.Rows, Rung{Elided: b.lang.Say(analyzer.Msg("… %d packets …", hidden))})
		}
	}
	for _, i := range shown(e, steps) {
		gap(i)
		l.Rows = append(l.Rows, b.rung(e, &steps[i]))
		next = i + 1
	}
	gap(len(steps))
	return l
}

// shown picks the packets of a ladder, as indexes in order.
func shown(e *analyzer.Exhibit, steps []step) []int {
	var notable []int
	cited := 0
	for i := range steps {
		if !steps[i].notable(e) {
			continue
		}
		if steps[i].role != "" {
			cited++
		} else if len(notable)-cited >= ladderOther {
			continue
		}
		if cited <= ladderCited {
			notable = append(notable, i)
		}
	}
	// The gravest first, so that a long burst of context does not push out what is accused.
	slices.SortStableFunc(notable, func(x, y int) int { return steps[y].gravity() - steps[x].gravity() })
	var picked []int // in order
	pick := func(i int) {
		at, have := slices.BinarySearch(picked, i)
		if have || i < 0 || i >= len(steps) {
			return
		}
		if more := slices.Insert(slices.Clone(picked), at, i); len(more)+gaps(more, len(steps)) <= ladderMost {
			picked = more
		}
	}
	const ends = 2 // the first packets and the last come before the crowd, or the ladder shows no beginning and no end
	for i := range ends {
		pick(i)
		pick(len(steps) - 1 - i)
	}
	for _, i := range notable {
		pick(i)
	}
	for i := range ladderHead {
		pick(i)
	}
	for i := range ladderTail {
		pick(len(steps) - 1 - i)
	}
	for k := 1; k <= ladderAround; k++ {
		for _, i := range notable {
			pick(i - k)
			pick(i + k)
		}
	}
	return picked
}

// gaps counts the holes between the picked of n packets.
func gaps(picked []int, n int) int {
	count, next := 0, 0
	for _, i := range picked {
		if i > next {
			count++
		}
		next = i + 1
	}
	if next < n {
		count++
	}
	return count
}

// rung draws a packet. Its label is that of the exhibit's capture, if that holds it.
func (b *builder) rung(e *analyzer.Exhibit, s *step) Rung {
	r := Rung{Role: s.role}
	if r.Role != "" {
		r.RoleName = b.lang.T("role|" + string(r.Role))
	}
	p, f := s.here, e.Flow
	if p == nil {
		p, f = s.there, e.Other.Flow
	}
	r.FromLeft = p.Side == flow.Client != !p.IsTCP() // an ICMP error travels back to the sender of what it quotes
	r.Label = label(f, p)
	if e.Other != nil {
		b.bothEnds(&r, e, s)
		return r
	}
	r.Time, r.Frame = since(p.Time, e.First), p.Frame
	switch {
	case s.gone:
		r.Cut, r.Reach, r.Mark = true, half(r.FromLeft), b.lang.T("sent, never arrived")
	case s.role == analyzer.Forged:
		r.Cut, r.Reach = true, half(!r.FromLeft)
	case !p.IsTCP() && int(p.Len) < len(f.Senders) && f.Senders[p.Len].Addr() != f.Half[p.Side.Other()].Addr():
		r.Reach = half(!r.FromLeft) // a router on the way sent it
	}
	return r
}

func half(left bool) Reach {
	if left {
		return LeftHalf
	}
	return RightHalf
}

func since(at, first int64) string { return fmt.Sprintf("%.6f", float64(at-first)/1e9) }

// label names what a packet says.
func label(f *flow.Flow, p *flow.Packet) string {
	if !p.IsTCP() {
		typ, code := p.ICMP()
		from := ""
		if int(p.Len) < len(f.Senders) {
			from = f.Senders[p.Len].Addr().String()
		}
		return fmt.Sprintf("ICMP type=%d code=%d  %s  TTL=%d", typ, code, from, p.TTL)
	}
	me, peer := &f.Half[p.Side], &f.Half[p.Side.Other()]
	text := p.Flags.String() + fmt.Sprintf("  Seq=%d", relative(p.Seq, me))
	if f.Proto == flow.UDP {
		text = "UDP " + talkLabel(f, p)
	}
	if p.Flags.Any(flow.ACK) {
		text += fmt.Sprintf(" Ack=%d", relative(p.Ack, peer))
	}
	if p.Len > 0 {
		text += fmt.Sprintf(" Len=%d", p.Len)
	}
	text += fmt.Sprintf(" TTL=%d", p.TTL)
	if !p.Marks.Has(flow.IPv6) {
		text += fmt.Sprintf(" ID=0x%04x", p.IPID)
	}
	return text
}

// quicNames are the kinds of QUIC's messages, as Wireshark writes them.
var quicNames = map[flow.Talk]string{flow.QUICInitial: "QUIC Initial", flow.QUICHandshake: "QUIC Handshake", flow.QUICRetry: "QUIC Retry",
	flow.QUICVersions: "QUIC Version Negotiation", flow.QUICClose: "QUIC CONNECTION_CLOSE"}

// talkLabel gives what a datagram asks or answers; empty if it is not understood.
func talkLabel(f *flow.Flow, p *flow.Packet) string {
	m := f.Says(p)
	switch {
	case m == nil:
		return ""
	case m.Talk == flow.DNSQuery:
		return "DNS? " + clean(named(f, m.Name))
	case m.Talk.IsQUIC():
		return strings.TrimSpace(quicNames[m.Talk] + " " + clean(named(f, m.Name)))
	case m.Talk == flow.Request:
		return flow.ServiceName(m.Code) + "?"
	case m.Talk == flow.Reply:
		return flow.ServiceName(m.Code)
	}
	if m.Answer == 0 {
		return "DNS answer"
	}
	return "DNS: " + clean(f.Names[m.Answer])
}

// named gives a text of the capture; empty if it was not kept.
func named(f *flow.Flow, i uint32) string {
	if int(i) < len(f.Names) {
		return f.Names[i]
	}
	return ""
}

// relative gives a sequence number relative to the initial one, without a sign, as Wireshark does; raw where the SYN was not seen.
func relative(s flow.Seq, h *flow.Half) uint32 {
	if !h.SeenSYN {
		return uint32(s)
	}
	return uint32(s - h.ISN)
}
