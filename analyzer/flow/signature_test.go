package flow_test

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

func TestSignatureOf(t *testing.T) {
	const c, s = flow.Client, flow.Server
	pkt := func(side flow.Side, flags flow.Flags, length uint32, ack flow.Seq) flow.Packet {
		return flow.Packet{Side: side, Flags: flags, Len: length, Ack: ack}
	}
	syn, synack, ack := pkt(c, flow.SYN, 0, 0), pkt(s, flow.SYN|flow.ACK, 0, 1), pkt(c, flow.ACK, 0, 1)
	data, more := pkt(c, flow.PSH|flow.ACK, 100, 1), pkt(c, flow.ACK, 50, 1)
	r, ra := pkt(s, flow.RST, 0, 7), pkt(s, flow.RST|flow.ACK, 0, 101)
	again := data
	again.Marks = flow.Retransmitted
	tests := []struct {
		name    string
		packets []flow.Packet
		want    string
		stage   string
	}{
		{"a SYN alone", []flow.Packet{syn, syn}, "SYN → null", "Post-SYN"},
		{"refused", []flow.Packet{syn, ra}, "SYN → RST+ACK", "Post-SYN"},
		{"both kinds after the SYN", []flow.Packet{syn, r, ra}, "SYN → RST; RST+ACK", "Post-SYN"},
		{"silence after the handshake", []flow.Packet{syn, synack, ack}, "SYN; ACK → null", "Post-ACK"},
		{"a request sent three times", []flow.Packet{syn, synack, ack, data, again, again}, "PSH+ACK → null", "Post-PSH"},
		{"three resets", []flow.Packet{syn, synack, ack, data, ra, ra, ra}, "PSH+ACK → RST+ACK; RST+ACK", "Post-PSH"},
		{"equal fields", []flow.Packet{syn, synack, ack, data, r, r}, "PSH+ACK → RST = RST", "Post-PSH"},
		{"different fields", []flow.Packet{syn, synack, ack, data, r, pkt(s, flow.RST, 0, 9)}, "PSH+ACK → RST ≠ RST", "Post-PSH"},
		{"one field 0", []flow.Packet{syn, synack, ack, data, r, pkt(s, flow.RST, 0, 0)}, "PSH+ACK → RST; RST0", "Post-PSH"},
		{"later", []flow.Packet{syn, synack, ack, data, more, ra}, "PSH+ACK; Data → RST+ACK", "Later"},
		{"what the client sends after the reset does not count", []flow.Packet{syn, synack, ack, data, ra, more, more}, "PSH+ACK → RST+ACK", "Post-PSH"},
		{"closed properly", []flow.Packet{syn, synack, ack, data, pkt(s, flow.FIN|flow.ACK, 0, 101)}, "", ""},
	}
	for _, tt := range tests {
		f := &flow.Flow{Packets: tt.packets}
		f.Half[c].SeenSYN, f.FirstRSTSide = true, s
		got := flow.SignatureOf(f)
		if got.String() != tt.want || got.Stage.String() != tt.stage && tt.want != "" {
			t.Errorf("%s: %q, stage %q; want %q, %q", tt.name, got, got.Stage, tt.want, tt.stage)
		}
	}
	if got := flow.SignatureOf(&flow.Flow{Packets: []flow.Packet{data, ra}}); got.String() != "" {
		t.Errorf("a connection without its beginning: %q", got)
	}
}
