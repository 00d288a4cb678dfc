package pairing

import (
	"slices"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// TestCompare compares one conversation as two captures hold it: numbers moved by a constant, and changed in one thing each.
func TestCompare(t *testing.T) {
	const c, s = flow.Client, flow.Server
	base := func(client, server flow.Seq, ttl uint8) *flow.Flow {
		f := &flow.Flow{}
		f.Half[c].ISN, f.Half[s].ISN, f.Half[c].SeenSYN, f.Half[s].SeenSYN = client, server, true, true
		add := func(side flow.Side, flags flow.Flags, seq, ack, length uint32) {
			isn := [2]flow.Seq{client, server}
			f.Packets = append(f.Packets, flow.Packet{Side: side, Flags: flags, Seq: isn[side].Add(seq), Ack: isn[side.Other()].Add(ack), Len: length, TTL: ttl, Digest: seq + length, Heard: uint8(length)})
		}
		add(c, flow.SYN, 0, 0, 0)
		add(s, flow.SYN|flow.ACK, 0, 1, 0)
		add(c, flow.ACK, 1, 1, 0)
		add(c, flow.PSH|flow.ACK, 1, 1, 100)
		add(s, flow.ACK, 1, 101, 100)
		add(s, flow.ACK, 101, 101, 100)
		return f
	}
	whole := func() *flow.Flow { return base(4_294_967_000, 9000, 52) }
	tests := []struct {
		name string
		b    func(*flow.Flow)
		want Diff
	}{
		{"the same", func(*flow.Flow) {}, Diff{Matched: 6}},
		{"a pure acknowledgment is missing", func(f *flow.Flow) { f.Packets = append(f.Packets[:2], f.Packets[3:]...) }, Diff{Matched: 5}},
		{"the request is missing", func(f *flow.Flow) { f.Packets = append(f.Packets[:3], f.Packets[4:]...) }, Diff{Matched: 5, OnlyA: 1}},
		{"a reset more", func(f *flow.Flow) {
			f.Packets = append(f.Packets, flow.Packet{Side: s, Flags: flow.RST, Seq: f.Half[s].ISN.Add(201), TTL: 52})
		}, Diff{Matched: 6, OnlyB: 1}},
		{"two segments joined by offload", func(f *flow.Flow) { f.Packets[4].Len, f.Packets = 200, f.Packets[:5] }, Diff{Matched: 6}},
		{"another TTL", func(f *flow.Flow) { f.Packets[5].TTL = 40 }, Diff{Matched: 6, Modified: 1}},
		{"other bytes", func(f *flow.Flow) { f.Packets[4].Digest++ }, Diff{Matched: 6, Modified: 1}},
	}
	for _, tt := range tests {
		b := base(77, 4_294_967_290, 60)
		tt.b(b)
		if got, ok := Compare(whole(), b); !ok || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, ok, tt.want)
		}
	}
	a, b := whole(), whole()
	a.Half[c].Packets, b.Half[c].Packets, b.Half[c].SeenSYN = 3, 3, false
	if _, ok := Compare(a, b); ok {
		t.Error("compared without an initial sequence number")
	}
}

// TestMatch: which packet is which, where several look alike, and what stands alone.
func TestMatch(t *testing.T) {
	const c, s = flow.Client, flow.Server
	type sent struct {
		side     flow.Side
		flags    flow.Flags
		seq, len uint32
		id       uint16
		digest   uint32
	}
	make := func(proto flow.Proto, all ...sent) *flow.Flow {
		f := &flow.Flow{}
		f.Proto = proto
		if proto != flow.UDP {
			f.Half[c].SeenSYN, f.Half[s].SeenSYN = true, true
		}
		for _, p := range all {
			f.Packets = append(f.Packets, flow.Packet{Side: p.side, Flags: p.flags, Seq: flow.Seq(p.seq), Len: p.len, IPID: p.id, Digest: p.digest << 16, Heard: uint8(min(p.len, 64)), TTL: 60})
		}
		return f
	}
	tests := []struct {
		name  string
		proto flow.Proto
		a, b  []sent
		want  []Passage // of a
	}{
		{"the first of two copies was lost, by their identification", flow.TCP,
			[]sent{{c, flow.ACK, 1, 100, 7, 1}, {c, flow.ACK, 1, 100, 8, 1}}, []sent{{c, flow.ACK, 1, 100, 8, 1}},
			[]Passage{{Fate: Alone, Other: -1}, {Fate: Same, Other: 0}}},
		{"one of two copies was lost, and nothing tells which", flow.TCP,
			[]sent{{c, flow.ACK, 1, 100, 0, 1}, {c, flow.ACK, 1, 100, 0, 1}}, []sent{{c, flow.ACK, 1, 100, 0, 1}},
			[]Passage{{Fate: Same, Other: 0, Vague: true}, {Fate: Alone, Other: -1, Vague: true}}},
		{"both copies were lost", flow.TCP,
			[]sent{{c, flow.ACK, 1, 100, 0, 1}, {c, flow.ACK, 1, 100, 0, 1}}, nil,
			[]Passage{{Fate: Alone, Other: -1}, {Fate: Alone, Other: -1}}},
		{"forged bytes before the real ones", flow.TCP,
			[]sent{{s, flow.ACK, 1, 100, 0, 9}, {s, flow.ACK, 1, 100, 0, 1}}, []sent{{s, flow.ACK, 1, 100, 0, 1}},
			[]Passage{{Fate: Alone, Other: -1}, {Fate: Same, Other: 0}}},
		{"an acknowledgment alone", flow.TCP, []sent{{c, flow.ACK, 1, 0, 3, 0}}, nil, []Passage{{Fate: NotCompared, Other: -1}}},
		{"a reset alone", flow.TCP, []sent{{s, flow.RST, 1, 0, 3, 0}}, nil, []Passage{{Fate: Alone, Other: -1}}},
		{"data turned into a reset", flow.TCP, []sent{{s, flow.RST | flow.ACK, 1, 0, 3, 0}}, []sent{{s, flow.ACK, 1, 100, 3, 1}}, []Passage{{Fate: Same, Other: 0, Moved: true}}},
		{"an acknowledgment turned into a reset", flow.TCP, []sent{{s, flow.RST | flow.ACK, 1, 0, 3, 0}}, []sent{{s, flow.ACK, 1, 0, 3, 0}}, []Passage{{Fate: Same, Other: 0, Moved: true}}},
		{"a reset with the number of an acknowledgment that came too", flow.TCP, []sent{{s, flow.ACK, 1, 0, 3, 0}, {s, flow.RST | flow.ACK, 1, 0, 3, 0}}, []sent{{s, flow.ACK, 1, 0, 3, 0}},
			[]Passage{{Fate: Same, Other: 0}, {Fate: Alone, Other: -1}}},
		{"a reset and other data", flow.TCP, []sent{{s, flow.RST | flow.ACK, 1, 0, 3, 0}}, []sent{{s, flow.ACK, 1, 100, 4, 1}}, []Passage{{Fate: Alone, Other: -1}}},
		{"joined by offload", flow.TCP, []sent{{s, flow.ACK, 1, 100, 3, 1}, {s, flow.ACK, 101, 100, 4, 2}}, []sent{{s, flow.ACK, 1, 200, 3, 1}},
			[]Passage{{Fate: Recut, Other: 0}, {Fate: Recut, Other: 0}}},
		{"datagrams, by what they say", flow.UDP, []sent{{s, 0, 0, 90, 0, 5}, {s, 0, 0, 90, 0, 6}}, []sent{{s, 0, 0, 90, 0, 6}},
			[]Passage{{Fate: Alone, Other: -1}, {Fate: Same, Other: 0}}},
	}
	// A forged reset with all that the host's own has, but its distance.
	genuine := sent{c, flow.RST, 94, 0, 0, 0}
	own, came := make(flow.TCP, genuine), make(flow.TCP, genuine, genuine)
	own.Half[c].TTL.Open, came.Half[c].TTL.Open = 60, 60
	came.Packets[0].TTL = 176
	if m, ok := Match(own, came); !ok || m.B[0] != (Passage{Fate: Alone, Other: -1}) || m.B[1] != (Passage{Fate: Same, Other: 0}) {
		t.Errorf("a forged reset before the real one: %+v, want the second to be the host's own", m.B)
	}
	refused := func(seq uint32) *flow.Flow {
		f := make(flow.TCP, sent{c, flow.SYN, 0, 0, 7, 0}, sent{s, flow.RST | flow.ACK, seq, 0, 0, 0})
		f.Half[s].SeenSYN, f.Half[s].Packets = false, 1
		return f
	}
	if m, ok := Match(refused(0), refused(0)); !ok || m.Matched != 2 || m.A[1].Vague {
		t.Errorf("a refusal in both captures: %+v, %v, want two packets matched", m, ok)
	}
	if m, ok := Match(refused(0), refused(99)); !ok || !m.A[1].Vague || m.A[1].Fate != Alone {
		t.Errorf("a refusal with another number: %+v, %v, want that nothing follows from it", m, ok)
	}
	silent := make(flow.TCP, sent{c, flow.SYN, 0, 0, 7, 0})
	silent.Half[s].SeenSYN = false
	if m, ok := Match(silent, make(flow.TCP, sent{c, flow.SYN, 0, 0, 7, 0}, sent{s, flow.SYN | flow.ACK, 0, 0, 0, 0})); !ok || m.Matched != 1 || m.OnlyB != 1 {
		t.Errorf("the SYN/ACK is in one capture alone: %+v, %v", m, ok)
	}
	twice := make(flow.TCP, sent{s, flow.RST, 1, 0, 0, 0}, sent{s, flow.RST, 1, 0, 0, 0})
	twice.Packets[1].Marks |= flow.Duplicate
	if m, ok := Match(twice, twice); !ok || m.Matched != 1 || m.A[1] != (Passage{Fate: Same, Other: 1}) {
		t.Errorf("a reset twice in both captures: %+v, want one counted and both matched", m)
	}
	once := make(flow.TCP, sent{s, flow.RST, 1, 0, 0, 0}, sent{s, flow.RST, 1, 0, 0, 0})
	if m, ok := Match(twice, once); !ok || m.Matched != 2 || m.OnlyB != 0 {
		t.Errorf("resets that seem captured twice at one end: %+v, want both matched", m)
	}
	for _, tt := range tests {
		m, ok := Match(make(tt.proto, tt.a...), make(tt.proto, tt.b...))
		if !ok || !slices.Equal(m.A, tt.want) {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, m.A, ok, tt.want)
		}
		back, _ := Match(make(tt.proto, tt.b...), make(tt.proto, tt.a...))
		if !slices.Equal(back.B, tt.want) {
			t.Errorf("%s, the captures exchanged: %+v; want %+v", tt.name, back.B, tt.want)
		}
	}
}

// TestMatchManyAlike: probes that repeat one print without end take no time by the square of their number.
func TestMatchManyAlike(t *testing.T) {
	const n = 100_000
	a, b := &flow.Flow{}, &flow.Flow{}
	for _, f := range []*flow.Flow{a, b} {
		f.Half[0].SeenSYN, f.Half[1].SeenSYN = true, true
		for i := range n {
			f.Packets = append(f.Packets, flow.Packet{Flags: flow.ACK, Seq: 1, IPID: uint16(i)})
		}
		slices.Reverse(f.Packets[:len(f.Packets)/2])
	}
	b.Packets = b.Packets[:n-1]
	if m, ok := Match(a, b); !ok || m.Matched != n-1 {
		t.Errorf("%d of %d packets are matched, %v", m.Matched, n-1, ok)
	}
}
