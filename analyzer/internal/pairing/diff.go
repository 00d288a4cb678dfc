package pairing

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Diff counts what two captures hold of one connection. Pure acknowledgments that only one holds are not counted: receivers and drivers join
// them. Data is compared byte by byte where no equal segment is found, as offload joins and cuts segments.
type Diff struct {
	Matched      int // packets of the first that the second holds
	OnlyA, OnlyB int // that carry something, or are resets, and are in one capture alone
	Modified     int // matched, and changed on the way beyond what every packet of that side is
}

// print is what a packet has in both captures, whatever translates addresses and initial sequence numbers.
type print struct {
	side     flow.Side
	seq, ack int32 // from the initial numbers; ack 0 without the flag
	len      uint32
	flags    flow.Flags
}

func printOf(f *flow.Flow, p *flow.Packet) print {
	k := print{side: p.Side, seq: p.Seq.Sub(f.Half[p.Side].ISN), len: p.Len, flags: p.Flags &^ (flow.ECE | flow.CWR)}
	if p.Flags.Any(flow.ACK) {
		k.ack = p.Ack.Sub(f.Half[p.Side.Other()].ISN)
	}
	return k
}

// Compare compares the packets of one connection in two captures; ok is false if the initial sequence numbers are not in both, by which packets
// are told.
func Compare(a, b *flow.Flow) (d Diff, ok bool) {
	for side := range a.Half {
		if a.Half[side].HasISN() != b.Half[side].HasISN() || !a.Half[side].HasISN() && a.Half[side].Packets+b.Half[side].Packets > 0 {
			return Diff{}, false
		}
	}
	waiting := make(map[print][]*flow.Packet)
	for i := range b.Packets {
		if p := &b.Packets[i]; p.IsTCP() && !p.Marks.Has(flow.Duplicate) {
			k := printOf(b, p)
			waiting[k] = append(waiting[k], p)
		}
	}
	type twin struct{ a, b *flow.Packet }
	var twins []twin
	var alone []*flow.Packet
	for i := range a.Packets {
		p := &a.Packets[i]
		if !p.IsTCP() || p.Marks.Has(flow.Duplicate) {
			continue
		}
		k := printOf(a, p)
		if same := waiting[k]; len(same) > 0 {
			twins, waiting[k] = append(twins, twin{p, same[0]}), same[1:]
		} else {
			alone = append(alone, p)
		}
	}
	d.Matched = len(twins)
	var rest [2][]*flow.Packet // of the second capture, in order
	for i := range b.Packets {
		p := &b.Packets[i]
		if !p.IsTCP() || p.Marks.Has(flow.Duplicate) {
			continue
		}
		if left := waiting[printOf(b, p)]; len(left) > 0 && left[0] == p {
			waiting[printOf(b, p)] = left[1:]
			rest[p.Side] = append(rest[p.Side], p)
		}
	}
	there, here := spansOf(b, append(rest[0][:len(rest[0]):len(rest[0])], rest[1]...)), spansOf(a, alone)
	for _, p := range alone {
		switch {
		case p.Len > 0 && holds(there[p.Side], spanOf(a, p)):
			d.Matched++
		case p.Carries() || p.Flags.Any(flow.RST):
			d.OnlyA++
		}
	}
	for side := range rest {
		for _, p := range rest[side] {
			if (p.Carries() || p.Flags.Any(flow.RST)) && !(p.Len > 0 && holds(here[p.Side], spanOf(b, p))) {
				d.OnlyB++
			}
		}
	}
	hops := [2]map[uint8]int{make(map[uint8]int), make(map[uint8]int)}
	for _, t := range twins {
		hops[t.a.Side][t.a.TTL-t.b.TTL]++
	}
	for _, t := range twins {
		usual, most := uint8(0), 0
		for by, n := range hops[t.a.Side] {
			if n > most || n == most && by < usual {
				usual, most = by, n
			}
		}
		if t.a.TTL-t.b.TTL != usual || t.a.Differs(t.b) {
			d.Modified++
		}
	}
	return d, true
}

// span is a stretch of a side's bytes, from its initial sequence number.
type span struct{ from, to int32 }

// spansOf gives what bytes of each side packets hold, in order and without overlap.
func spansOf(f *flow.Flow, packets []*flow.Packet) (spans [2][]span) {
	for _, p := range packets {
		if p.Len > 0 {
			spans[p.Side] = append(spans[p.Side], spanOf(f, p))
		}
	}
	for side, all := range spans {
		slices.SortFunc(all, func(x, y span) int { return cmp.Compare(x.from, y.from) })
		joined := all[:0]
		for _, s := range all {
			if n := len(joined); n > 0 && s.from <= joined[n-1].to {
				joined[n-1].to = max(joined[n-1].to, s.to)
			} else {
				joined = append(joined, s)
			}
		}
		spans[side] = joined
	}
	return spans
}

func spanOf(f *flow.Flow, p *flow.Packet) span {
	return span{p.Seq.Sub(f.Half[p.Side].ISN), p.End().Sub(f.Half[p.Side].ISN)}
}

// holds says that one of the spans has a byte of another: the same segment, cut or joined otherwise.
func holds(spans []span, s span) bool {
	i, _ := slices.BinarySearchFunc(spans, s.from, func(x span, from int32) int { return cmp.Compare(x.to, from+1) })
	return i < len(spans) && spans[i].from < s.to
}

// Lend gives two captures of a connection a number to count each side from, where one of them, or both, has missed its SYN. Both must have been
// matched by their very sequence numbers.
func Lend(a, b *flow.Flow) {
	for side := range a.Half {
		x, y := &a.Half[side], &b.Half[side]
		switch {
		case x.SeenSYN && y.SeenSYN:
		case x.SeenSYN:
			y.ISN, y.Lent = x.ISN, true
		case y.SeenSYN:
			x.ISN, x.Lent = y.ISN, true
		default:
			if p := firstFrom(a, flow.Side(side)); p != nil {
				x.ISN, x.Lent, y.ISN, y.Lent = p.Seq, true, p.Seq, true
			}
		}
	}
}

func firstFrom(f *flow.Flow, side flow.Side) *flow.Packet {
	for _, p := range f.From(side) {
		return p
	}
	return nil
}
