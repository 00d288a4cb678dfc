package pairing

import (
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
	b := whole()
	b.Half[c].SeenSYN = false
	if _, ok := Compare(whole(), b); ok {
		t.Error("compared without an initial sequence number")
	}
}
