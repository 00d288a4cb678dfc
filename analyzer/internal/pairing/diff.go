package pairing

import "github.com/capforensics/capforensics/analyzer/flow"

// Diff counts what two captures hold of one connection. Pure acknowledgments that only one holds are not counted: receivers and drivers join
// them. Data is compared byte by byte where no equal segment is found, as offload joins and cuts segments.
type Diff struct {
	Matched      int // packets of the first that the second holds
	OnlyA, OnlyB int // that carry something, or are resets, and are in one capture alone
	Modified     int // matched, and changed on the way beyond what every packet of that side is
}

// Fate is what the comparison of two captures says of a packet.
type Fate uint8

// The fates. Nothing follows from it that one capture alone holds an ICMP error, a packet captured twice, or a pure acknowledgment.
const (
	NotCompared Fate = iota
	Same             // the other capture holds it
	Recut            // the other capture holds bytes of it in other segments, as offload joins and cuts them
	Alone            // it carries something, or is a reset, and the other capture does not hold it
)

// Passage is what became of one packet between two captures.
type Passage struct {
	Fate  Fate
	Other int  // index in the other flow's Packets: Same, the packet; Recut, one that holds bytes of it, or -1; -1 else
	Moved bool // Same: changed on the way beyond what every packet of that side is
	Vague bool // the captures hold packets like it in different numbers, and only their order tells which is which
}

// Matches are the passages of the packets of two flows, by their indexes.
type Matches struct {
	Diff
	A, B    []Passage
	Lowered [2]int // by how much the TTL of most packets of a side is lower in B than in A
}

// print is what a packet has in both captures, whatever translates addresses and initial sequence numbers.
type print struct {
	side     flow.Side
	seq, ack int32 // from the initial numbers; ack 0 without the flag
	len      uint32
	flags    flow.Flags
}

// numbered is a flow and the numbers that its sides are counted from.
type numbered struct {
	*flow.Flow
	from [2]flow.Seq
}

// odd says that a packet came another way than the others of its side, or from elsewhere: a forged one may have all that print holds.
func (f *numbered) odd(p *flow.Packet) bool {
	const detour = 3 // hops by which a change of route differs
	usual, n := f.Half[p.Side].TTL.Usual()
	if n == 0 {
		usual = f.Half[p.Side].TTL.Open
	}
	return usual != 0 && max(p.TTL, usual)-min(p.TTL, usual) > detour
}

func printOf(f *numbered, p *flow.Packet) print {
	if f.Proto == flow.UDP {
		return print{side: p.Side, len: p.Len}
	}
	k := print{side: p.Side, seq: p.Seq.Sub(f.from[p.Side]), len: p.Len, flags: p.Flags &^ (flow.ECE | flow.CWR)}
	if p.Flags.Any(flow.ACK) {
		k.ack = p.Ack.Sub(f.from[p.Side.Other()])
	}
	return k
}

// Compare counts what Match finds.
func Compare(a, b *flow.Flow) (Diff, bool) {
	m, ok := Match(a, b)
	return m.Diff, ok
}

// Match compares the packets of one connection in two captures. They are told by their distance from the initial sequence numbers; ok is false
// if one capture alone holds that of a side of which both hold packets. Where both lack it, as of a host that refused, the numbers themselves must
// do: nothing follows from it that a packet of that side is not found, as a device may have given it another. Datagrams are told by their payloads.
func Match(a, b *flow.Flow) (m Matches, ok bool) {
	x := matcher{a: numbered{Flow: a}, b: numbered{Flow: b}, Matches: Matches{A: passages(a), B: passages(b)}}
	for side := range a.Half {
		p, q := &a.Half[side], &b.Half[side]
		switch {
		case a.Proto == flow.UDP:
		case p.HasISN() && q.HasISN():
			x.a.from[side], x.b.from[side] = p.ISN, q.ISN
		case p.Packets > 0 && q.Packets > 0:
			if p.HasISN() || q.HasISN() {
				return Matches{}, false
			}
			x.raw[side] = true
		case p.HasISN():
			x.a.from[side], x.b.from[side] = p.ISN, p.ISN
		case q.HasISN():
			x.a.from[side], x.b.from[side] = q.ISN, q.ISN
		}
	}
	// A copy sent again keeps all that print holds: what is sent with a number or a time of its own is told by that first.
	x.pair(func(p, q *flow.Packet) bool {
		return (p.IPID != 0 || p.Marks.Has(flow.HasTimestamps)) && p.IPID == q.IPID && p.TSval == q.TSval && !p.Differs(q)
	})
	x.vague()
	x.pair(func(p, q *flow.Packet) bool { return !p.Differs(q) && x.a.odd(p) == x.b.odd(q) })
	x.pair(func(p, q *flow.Packet) bool { return !p.Differs(q) })
	if a.Proto != flow.UDP {
		x.pair(func(p, q *flow.Packet) bool { return true })
		x.pairRewritten()
	}
	x.pairDuplicates()
	x.pairBytes()
	x.count()
	return x.Matches, true
}

type matcher struct {
	Matches
	a, b numbered
	raw  [2]bool // the side's numbers are compared as they are
}

func passages(f *flow.Flow) []Passage {
	all := make([]Passage, len(f.Packets))
	for i := range f.Packets {
		p := &f.Packets[i]
		all[i].Other = -1
		if p.IsTCP() && !p.Marks.Has(flow.Duplicate) {
			all[i].Fate = Alone // until it is found in the other
		}
	}
	return all
}

// pair finds the same packet for those that have none yet, among those with the same print, in order.
func (x *matcher) pair(alike func(p, q *flow.Packet) bool) {
	waiting := make(map[print][]int)
	for i := range x.B {
		if x.B[i].Fate == Alone {
			k := printOf(&x.b, &x.b.Packets[i])
			waiting[k] = append(waiting[k], i)
		}
	}
	for i := range x.A {
		if x.A[i].Fate != Alone {
			continue
		}
		k := printOf(&x.a, &x.a.Packets[i])
		left := waiting[k]
		for n, j := range left[:min(len(left), mostAlike)] {
			if alike(&x.a.Packets[i], &x.b.Packets[j]) {
				x.join(i, j)
				copy(left[1:n+1], left[:n]) // those before it stay in order
				waiting[k] = left[1:]
				break
			}
		}
	}
}

// mostAlike bounds the packets of one print that one is compared with: a host sends nothing so often before it gives up, unless it probes.
const mostAlike = 64

func (x *matcher) join(i, j int) {
	x.A[i].Fate, x.A[i].Other = Same, j
	x.B[j].Fate, x.B[j].Other = Same, i
}

// look is all by which copies of a packet are told apart when no number or time of their own does.
type look struct {
	print
	digest uint32
	odd    bool
}

func lookOf(f *numbered, p *flow.Packet) look {
	k := look{print: printOf(f, p), odd: f.odd(p)}
	if p.Heard >= flow.HeardFirst {
		k.digest = p.Digest >> 16 // which captures cut differently have in common
	} else if !p.Marks.Has(flow.Truncated) {
		k.digest = p.Digest
	}
	return k
}

// vague marks the packets of which both captures hold some, and different numbers, as far as nothing has told them apart.
func (x *matcher) vague() {
	count := func(f *numbered, all []Passage) map[look]int {
		n := make(map[look]int)
		for i := range all {
			if all[i].Fate == Alone {
				n[lookOf(f, &f.Packets[i])]++
			}
		}
		return n
	}
	ofA, ofB := count(&x.a, x.A), count(&x.b, x.B)
	mark := func(f *numbered, all []Passage) {
		for i := range all {
			if all[i].Fate == Alone {
				k := lookOf(f, &f.Packets[i])
				all[i].Vague = ofA[k] > 0 && ofB[k] > 0 && ofA[k] != ofB[k]
			}
		}
	}
	mark(&x.a, x.A)
	mark(&x.b, x.B)
}

// pairDuplicates pairs what seems captured twice, in both captures or in one: resets that a kernel sends in a row look so, and may look so at one
// end alone.
func (x *matcher) pairDuplicates() {
	type copied struct {
		print
		id uint16
	}
	of := func(f *numbered, p *flow.Packet) copied { return copied{printOf(f, p), p.IPID} }
	for _, both := range []bool{true, false} {
		waiting := make(map[copied][]int)
		for j := range x.B {
			if p := &x.b.Packets[j]; p.IsTCP() && x.B[j].Fate != Same && (!both || p.Marks.Has(flow.Duplicate)) {
				waiting[of(&x.b, p)] = append(waiting[of(&x.b, p)], j)
			}
		}
		for i := range x.A {
			p := &x.a.Packets[i]
			if !p.IsTCP() || x.A[i].Fate == Same || both && !p.Marks.Has(flow.Duplicate) {
				continue
			}
			k := of(&x.a, p)
			if left := waiting[k]; len(left) > 0 && (p.Marks | x.b.Packets[left[0]].Marks).Has(flow.Duplicate) {
				x.join(i, left[0])
				waiting[k] = left[1:]
			}
		}
	}
}

// rewritten is what a packet keeps that is turned into a reset on the way.
type rewritten struct {
	side flow.Side
	seq  int32
	id   uint16
}

// pairRewritten pairs resets with the packets in whose place they are: those came nowhere else, and a host gives no number twice in a row.
func (x *matcher) pairRewritten() {
	of := func(f *numbered, p *flow.Packet) rewritten {
		return rewritten{p.Side, p.Seq.Sub(f.from[p.Side]), p.IPID}
	}
	waiting := make(map[rewritten]int)
	for j := range x.B {
		if p := &x.b.Packets[j]; x.B[j].Fate == Alone && p.IPID != 0 {
			waiting[of(&x.b, p)] = j
		}
	}
	for i := range x.A {
		p := &x.a.Packets[i]
		if x.A[i].Fate != Alone || p.IPID == 0 {
			continue
		}
		j, ok := waiting[of(&x.a, p)]
		if !ok || x.B[j].Fate != Alone {
			continue
		}
		if q := &x.b.Packets[j]; p.Flags.Any(flow.RST) != q.Flags.Any(flow.RST) {
			x.join(i, j)
		}
	}
}

// pairBytes finds the bytes of what is left in other segments, and lets what carries nothing go.
func (x *matcher) pairBytes() {
	left := func(all []Passage) (of []int) {
		for i := range all {
			if all[i].Fate == Alone {
				of = append(of, i)
			}
		}
		return of
	}
	ofA, ofB := left(x.A), left(x.B)
	here, there := spansOf(&x.a, ofA), spansOf(&x.b, ofB)
	settle := func(f *numbered, all []Passage, of []int, other *[2]spans) {
		for _, i := range of {
			p, told := &f.Packets[i], &all[i]
			switch s := spanOf(f, i); {
			case f.Proto == flow.UDP:
			case p.Len > 0 && other[p.Side].holds(s):
				told.Fate, told.Other = Recut, other[p.Side].find(s)
			case !p.Carries() && !p.Flags.Any(flow.RST):
				told.Fate = NotCompared
			default:
				told.Vague = told.Vague || x.raw[p.Side]
			}
		}
	}
	settle(&x.a, x.A, ofA, &there)
	settle(&x.b, x.B, ofB, &here)
}

// count counts the fates, and marks what was changed more than other packets of its side.
func (x *matcher) count() {
	hops := [2]map[int]int{make(map[int]int), make(map[int]int)}
	lowered := func(i int) int { return int(x.a.Packets[i].TTL) - int(x.b.Packets[x.A[i].Other].TTL) }
	for i := range x.A {
		switch x.A[i].Fate {
		case Same:
			if (x.a.Packets[i].Marks & x.b.Packets[x.A[i].Other].Marks).Has(flow.Duplicate) {
				continue
			}
			x.Matched++
			hops[x.a.Packets[i].Side][lowered(i)]++
		case Recut:
			x.Matched++
		case Alone:
			x.OnlyA++
		}
	}
	for j := range x.B {
		if x.B[j].Fate == Alone {
			x.OnlyB++
		}
	}
	for side, all := range hops {
		most := 0
		for by, n := range all {
			if n > most || n == most && by < x.Lowered[side] {
				x.Lowered[side], most = by, n
			}
		}
	}
	for i := range x.A {
		if x.A[i].Fate != Same {
			continue
		}
		j := x.A[i].Other
		p, q := &x.a.Packets[i], &x.b.Packets[j]
		if lowered(i) != x.Lowered[p.Side] || p.Differs(q) || (p.Flags ^ q.Flags).Any(flow.RST) {
			x.A[i].Moved, x.B[j].Moved = true, true
			x.Modified++
		}
	}
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
