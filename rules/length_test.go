package rules

import (
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// longTransfer is a connection in which one side sends 50,000 packets that the other acknowledges, with losses and resets here and there.
func longTransfer(from flow.Side) *flow.Flow {
	const packets, size = 50_000, 1000
	f := &flow.Flow{}
	f.HandshakeRTT, f.ClientRTT, f.First = 30e6, 30e6, 1e18
	now, to := f.First, from.Other()
	for side := range f.Half {
		h := &f.Half[side]
		h.SeenSYN, h.SYNs, h.HasNext, h.TimestampsOffered, h.MSS = true, 1, true, true, 1460
		h.Retransmissions, h.AcksUnseen, h.SYNIPID, h.TTL.Open = packets/100, 1, uint16(side), 52
	}
	add := func(p flow.Packet) {
		now += 20_000
		p.Time, p.Frame, p.TTL = now, uint32(len(f.Packets)+1), 52
		p.IPID = uint16(p.Frame)
		f.Packets = append(f.Packets, p)
		h := &f.Half[p.Side]
		h.Packets++
		switch {
		case p.Flags.Any(flow.RST):
			h.RSTs++
		case !p.Flags.Any(flow.SYN):
			h.TTL.Add(p.TTL)
			h.Window.Add(p.Window)
		}
	}
	add(flow.Packet{Side: flow.Client, Flags: flow.SYN})
	add(flow.Packet{Side: flow.Server, Flags: flow.SYN | flow.ACK, Ack: 1})
	add(flow.Packet{Side: flow.Client, Flags: flow.ACK, Seq: 1, Ack: 1})
	add(flow.Packet{Side: to, Flags: flow.ACK, Seq: 1, Ack: 1, Len: 100})
	for i := range packets {
		p := flow.Packet{Side: from, Flags: flow.ACK, Seq: flow.Seq(1 + i*size), Ack: 101, Len: size, Heard: 64, Digest: uint32(i)}
		if i%100 == 7 {
			p.Marks = flow.Retransmitted
		}
		add(p)
		if i%2 == 1 {
			add(flow.Packet{Side: to, Flags: flow.ACK, Seq: 101, Ack: p.End()})
		}
		if i%(packets/10) == packets/10-1 {
			add(flow.Packet{Side: to, Flags: flow.RST, Seq: 101})
		}
	}
	return f
}

// TestNoRuleTakesTheSquareOfTheLength: a rule that looks back from each packet to the beginning takes half a minute for a long download.
func TestNoRuleTakesTheSquareOfTheLength(t *testing.T) {
	const enough = 20 * time.Second // the slowest takes a tenth of a second; this is no measurement, but a guard on a busy machine
	for _, from := range []flow.Side{flow.Client, flow.Server} {
		f := longTransfer(from)
		for _, r := range All() {
			if r.OnFlow == nil || r.Proto != flow.TCP {
				continue
			}
			pass := &analyzer.Pass{Rule: r, Case: &analyzer.Case{}, Capture: &analyzer.Capture{Member: &analyzer.Member{}, Hosts: make([]flow.Host, 1)}}
			began := time.Now()
			r.OnFlow(pass, f)
			if took := time.Since(began); took > enough {
				t.Errorf("%s took %v for %d packets, most of them sent by the %v", r.ID, took, len(f.Packets), from)
			}
		}
	}
}
