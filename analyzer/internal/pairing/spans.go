package pairing

import (
	"cmp"
	"slices"
)

// span is a stretch of a side's bytes, from its initial sequence number, and the packet that holds it.
type span struct {
	from, to int32
	packet   int
}

// spans are the bytes that packets of a side hold: joined in order and without overlap, and each by itself in order of its beginning.
type spans struct{ joined, each []span }

// spansOf gives what bytes of each side packets hold.
func spansOf(f *numbered, packets []int) (of [2]spans) {
	for _, i := range packets {
		if p := &f.Packets[i]; p.Len > 0 {
			of[p.Side].each = append(of[p.Side].each, spanOf(f, i))
		}
	}
	for side := range of {
		all := of[side].each
		slices.SortFunc(all, func(x, y span) int { return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.packet, y.packet)) })
		var joined []span
		for _, s := range all {
			if n := len(joined); n > 0 && s.from <= joined[n-1].to {
				joined[n-1].to = max(joined[n-1].to, s.to)
			} else {
				joined = append(joined, s)
			}
		}
		of[side].joined = joined
	}
	return of
}

func spanOf(f *numbered, i int) span {
	p := &f.Packets[i]
	return span{p.Seq.Sub(f.from[p.Side]), p.End().Sub(f.from[p.Side]), i}
}

// holds says that one of the spans has a byte of another: the same segment, cut or joined otherwise.
func (x *spans) holds(s span) bool {
	i, _ := slices.BinarySearchFunc(x.joined, s.from, func(x span, from int32) int { return cmp.Compare(x.to, from+1) })
	return i < len(x.joined) && x.joined[i].from < s.to
}

// find gives a packet that holds a byte of a span, the first one if it is near; -1 where repeats overlap so much that it is not found.
func (x *spans) find(s span) int {
	const near = 8
	i, _ := slices.BinarySearchFunc(x.each, s.from, func(x span, from int32) int { return cmp.Compare(x.from, from) })
	for k := max(i-near, 0); k < min(i+near, len(x.each)); k++ {
		if e := x.each[k]; e.from < s.to && s.from < e.to {
			return e.packet
		}
	}
	return -1
}
