package report

import (
	"fmt"

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

// Bounds of a ladder: what is shown at its beginning, its end, and around each cited packet.
const (
	ladderHead   = 8
	ladderTail   = 6
	ladderAround = 3
	ladderMost   = 70
)

func (b *builder) ladder(e *analyzer.Exhibit, cited map[uint32]analyzer.Role) *Ladder {
	t := b.lang
	l := &Ladder{Left: e.Half[flow.Client].Endpoint.String(), Right: e.Half[flow.Server].Endpoint.String()}
	show := make([]bool, len(e.Packets))
	mark := func(i int) {
		if i >= 0 && i < len(show) {
			show[i] = true
		}
	}
	for i := range min(ladderHead, len(show)) {
		mark(i)
	}
	for i := range ladderTail {
		mark(len(show) - 1 - i)
	}
	for i := range e.Packets {
		if cited[e.Packets[i].Frame] != "" || e.Packets[i].Frame == e.FirstRSTFrame {
			for k := -ladderAround; k <= ladderAround; k++ {
				mark(i + k)
			}
		}
	}
	hidden := 0
	for i := range e.Packets {
		if !show[i] || len(l.Rows) >= ladderMost {
			hidden++
			continue
		}
		if hidden > 0 {
			l.Rows = append(l.Rows, Rung{Elided: t.Say(analyzer.Msg("… %d packets …", hidden))})
			hidden = 0
		}
		l.Rows = append(l.Rows, b.rung(e, &e.Packets[i], cited))
	}
	if hidden > 0 || e.Omitted > 0 {
		l.Rows = append(l.Rows, Rung{Elided: t.Say(analyzer.Msg("… %d packets …", uint64(hidden)+e.Omitted))})
	}
	return l
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
		r.Label = fmt.Sprintf("ICMP %d/%d %s  TTL=%d", typ, code, from, p.TTL)
		return r
	}
	me, peer := &e.Half[p.Side], &e.Half[p.Side.Other()]
	r.Label = p.Flags.String() + fmt.Sprintf("  Seq=%d", relative(p.Seq, me))
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

// relative gives a sequence number relative to the initial one, as Wireshark does; raw where the SYN was not seen.
func relative(s flow.Seq, h *flow.Half) int64 {
	if !h.SeenSYN {
		return int64(s)
	}
	return int64(s.Sub(h.ISN))
}
