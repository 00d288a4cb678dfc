package rules

import "github.com/capforensics/capforensics/analyzer/flow"

// This file tells what shows that a host is alive on a connection after a reset in its name.

// goesOn says that q shows its sender to be alive on this connection after the reset at index i, and cannot have been sent
// before the reset and overtaken by it.
func goesOn(f *flow.Flow, i int, q *flow.Packet, guard int64) bool {
	r := &f.Packets[i]
	if q.Flags.Any(flow.RST) || q.Flags&(flow.SYN|flow.ACK) == flow.SYN || q.Marks.Has(flow.Duplicate) {
		return false
	}
	late := q.Time - r.Time
	switch {
	case q.Flags.Has(flow.SYN | flow.ACK): // the SYN/ACK again, for a half-open connection said to be reset
		return late >= retransmitAfter && q.Seq == f.Half[q.Side].ISN
	case distance(q.Seq, r.Seq) > strayDistance && !refusal(r): // of another connection
		return false
	case q.Marks.Has(flow.Retransmitted):
		return late >= retransmitAfter && (q.End().LessEq(highest(f, i, q.Side)) || !beyondHole(f, i, q)) && !acknowledged(f, q)
	case q.Len > 0 || q.Flags.Any(flow.FIN):
		return late > guard && r.Seq.LessEq(q.Seq) && !beyondHole(f, i, q) && !acknowledged(f, q)
	case q.Flags.Any(flow.ACK): // acknowledges what the other side sent after the reset was seen
		t := lastSentAfter(f, i, q)
		return t != nil && late > guard
	}
	return false
}

// acknowledged says that the other side had acknowledged q before q was captured: it was sent earlier, and its place in the capture is not that of its
// time. What a host sends because a reset silenced its peer is not acknowledged.
func acknowledged(f *flow.Flow, q *flow.Packet) bool {
	for _, p := range f.From(q.Side.Other()) {
		if p.Frame >= q.Frame {
			return false
		}
		if p.Flags.Any(flow.ACK) && !p.Flags.Any(flow.RST|flow.SYN) && q.End().LessEq(p.Ack) {
			return true
		}
	}
	return false
}

// beyondHole says that the sender of the reset at index i left a hole in its numbers after it and before q, or that the other side acknowledges
// such: where the capture lost packets, the SYN of a new connection may be among them.
func beyondHole(f *flow.Flow, i int, q *flow.Packet) bool {
	for k := i + 1; k < len(f.Packets); k++ {
		p := &f.Packets[k]
		if p.Side == q.Side && p.Marks.Has(flow.AfterGap) || p.Side != q.Side && p.Marks.Has(flow.AcksUnseen) {
			return true
		}
		if p == q {
			break
		}
	}
	return false
}

// lastSentAfter gives a packet of the other side, sent after the reset at index i, that q acknowledges, or nil.
func lastSentAfter(f *flow.Flow, i int, q *flow.Packet) *flow.Packet {
	for k := i + 1; k < len(f.Packets); k++ {
		p := &f.Packets[k]
		if p == q {
			return nil
		}
		if p.IsTCP() && p.Side != q.Side && p.Carries() && !p.Flags.Any(flow.RST|flow.SYN) && p.Marks&(flow.Retransmitted|flow.Duplicate) == 0 && p.End() == q.Ack {
			return p
		}
	}
	return nil
}

// opening says that the reset at index i came while its sender, the client, waited for an answer to its SYN: it sends that again later.
func opening(f *flow.Flow, i int) bool {
	p := &f.Packets[i]
	syn := func(q *flow.Packet) bool {
		return q.Flags&(flow.SYN|flow.ACK) == flow.SYN && q.Seq == f.Half[p.Side].ISN && !q.Marks.Has(flow.Duplicate)
	}
	return p.Side == flow.Client && lastBefore(f, i, p.Side, syn) != nil && firstAfter(f, i, p.Side, syn) != nil
}

func describeTalk(p *flow.Packet) string {
	switch {
	case p.Flags.Any(flow.SYN):
		return "its SYN/ACK again"
	case p.Marks.Has(flow.Retransmitted):
		return "a retransmission"
	case p.Flags.Any(flow.FIN):
		return "a proper end (FIN)"
	case p.Len > 0:
		return "new data"
	}
	return "an acknowledgment of what came after the reset"
}
