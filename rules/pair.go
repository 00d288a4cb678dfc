package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// oriented gives a pair as seen from a reset in f, which claims to come from a side that the other capture was taken at.
type oriented struct {
	f, peer     *flow.Flow
	capture, at *analyzer.Capture // of f, and of the sender's host
}

// eachReset calls visit with every reset of either flow of a pair whose claimed sender is the host of the other capture.
func eachReset(pass *analyzer.Pass, a, b *flow.Flow, visit func(o oriented, i int)) {
	for range 2 {
		o := oriented{a, b, pass.Capture, pass.Other()}
		for i := range a.Packets {
			p := &a.Packets[i]
			if isReset(pass, p) && atHost(o.at, b, p.Side) && !atHost(o.capture, a, p.Side) {
				visit(o, i)
			}
		}
		pass.Turn()
		a, b = b, a
	}
}

// sent gives the reset in the sender's own capture that is the one at index i, or nil: same side, same kind, same distance from the
// initial sequence number, which address translation and sequence randomisation keep.
func (o *oriented) sent(i int) (int, *flow.Packet) {
	p := &o.f.Packets[i]
	for k := range o.peer.Packets {
		q := &o.peer.Packets[k]
		if q.Side == p.Side && q.IsTCP() && q.Flags.Any(flow.RST) && q.Flags&flow.ACK == p.Flags&flow.ACK &&
			q.Seq.Sub(o.peer.Half[p.Side].ISN) == p.Seq.Sub(o.f.Half[p.Side].ISN) {
			return k, q
		}
	}
	return -1, nil
}

// rewritten gives the packet that the sender's own capture holds in the place of the reset at index i, with the same identification
// and sequence number and no RST flag, or nil.
func (o *oriented) rewritten(i int) *flow.Packet {
	p := &o.f.Packets[i]
	for k := range o.peer.Packets {
		q := &o.peer.Packets[k]
		if q.Side == p.Side && q.IsTCP() && !q.Flags.Any(flow.RST) && q.IPID == p.IPID && p.IPID != 0 && q.Len > 0 &&
			q.Seq.Sub(o.peer.Half[p.Side].ISN) == p.Seq.Sub(o.f.Half[p.Side].ISN) {
			return q
		}
	}
	return nil
}
