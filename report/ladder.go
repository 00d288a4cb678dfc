package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// Ladder shows the packets of a flow as arrows between its two ends.
type Ladder struct {
	Left, Right string
	Rows        []Rung
}

// Rung is one arrow, or a gap where packets are left out.
type Rung struct {
	Time     string
	Frame    uint32
	FromLeft bool
	Label    string
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
)

func (b *builder) ladder(e *analyzer.Exhibit, cited map[uint32]analyzer.Role) *Ladder {
	l := &Ladder{Left: e.Half[flow.Client].Endpoint.String(), Right: e.Half[flow.Server].Endpoint.String()}
	next := 0
	gap := func(to int) {
		hidden := uint64(to - next)
		if middle := len(e.Packets) / 2; next <= middle && middle < to {
			hidden += e.Omitted // they were left out of the middle
		}
		if hidden > 0 {
			l.Rows = append(l.Rows, Rung{Elided: b.lang.Say(analyzer.Msg("… %d packets …", hidden))})
		}
	}
	for _, i := range shown(e, cited) {
		gap(i)
		l.Rows = append(l.Rows, b.rung(e, &e.Packets[i], cited))
		next = i + 1
	}
	gap(len(e.Packets))
	return l
}

// shown picks the packets of a ladder, as indexes in order.
func shown(e *analyzer.Exhibit, cited map[uint32]analyzer.Role) []int {
	var notable []int
	for i := range e.Packets {
		p := &e.Packets[i]
		if len(notable) < ladderCited && (cited[p.Frame] != "" || p.Frame == e.FirstRSTFrame || !p.IsTCP()) {
			notable = append(notable, i)
		}
	}
	// The gravest first, so that a long burst of context does not push out what is accused.
	slices.SortStableFunc(notable, func(x, y int) int {
		return gravity(cited[e.Packets[y].Frame]) - gravity(cited[e.Packets[x].Frame])
	})
	var picked []int // in order
	pick := func(i int) {
		at, have := slices.BinarySearch(picked, i)
		if have || i < 0 || i >= len(e.Packets) {
			return
		}
		if more := slices.Insert(slices.Clone(picked), at, i); len(more)+gaps(more, len(e.Packets)) <= ladderMost {
			picked = more
		}
	}
	const ends = 2 // the first packets and the last come before the crowd, or the ladder shows no beginning and no end
	for i := range ends {
		pick(i)
		pick(len(e.Packets) - 1 - i)
	}
	for _, i := range notable {
		pick(i)
	}
	for i := range ladderHead {
		pick(i)
	}
	for i := range ladderTail {
		pick(len(e.Packets) - 1 - i)
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

func (b *builder) rung(e *analyzer.Exhibit, p *flow.Packet, cited map[uint32]analyzer.Role) Rung {
	r := Rung{Time: fmt.Sprintf("%.6f", float64(p.Time-e.First)/1e9), Frame: p.Frame, FromLeft: p.Side == flow.Client, Role: cited[p.Frame]}
	if r.Role != "" {
		r.RoleName = b.lang.T("role|" + string(r.Role))
	}
	if !p.IsTCP() {
		typ, code := p.ICMP()
		r.FromLeft = !r.FromLeft // it travels back to the sender of what it quotes
		from := ""
		if int(p.Len) < len(e.Senders) {
			from = e.Senders[p.Len].Addr().String()
		}
		r.Label = fmt.Sprintf("ICMP type=%d code=%d  %s  TTL=%d", typ, code, from, p.TTL)
		return r
	}
	me, peer := &e.Half[p.Side], &e.Half[p.Side.Other()]
	r.Label = p.Flags.String() + fmt.Sprintf("  Seq=%d", relative(p.Seq, me))
	if e.Proto == flow.UDP {
		r.Label = "UDP " + talkLabel(e.Flow, p)
	}
	if p.Flags.Any(flow.ACK) {
		r.Label += fmt.Sprintf(" Ack=%d", relative(p.Ack, peer))
	}
	if p.Len > 0 {
		r.Label += fmt.Sprintf(" Len=%d", p.Len)
	}
	r.Label += fmt.Sprintf(" TTL=%d", p.TTL)
	if !p.Marks.Has(flow.IPv6) {
		r.Label += fmt.Sprintf(" ID=0x%04x", p.IPID)
	}
	return r
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
