package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-ignored",
	Title: "A reset that its receiver must ignore ended nothing",
	Doc: "A host obeys a reset only if its number lies within the window that the host has left. One below what it has acknowledged, or beyond the window, is dropped, whoever sent it: " +
		"whatever ended the connection, this was not it.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The reset is a late one of an earlier connection on the same ports.",
		"The host had acknowledged more, or left more room, in a packet that the capture lost.",
	},
	Next:   "Look for what came after this reset.",
	Refs:   []string{"RFC 9293, section 3.10.7.4", "RFC 5961, section 3"},
	Needs:  flow.NeedRST,
	OnFlow: rstIgnored,
})

func rstIgnored(pass *analyzer.Pass, f *flow.Flow) {
	var last *flow.Packet  // of the resets that were ignored
	var state *flow.Packet // of the one it was sent to
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || !p.Flags.Any(flow.RST) {
			continue
		}
		q := outside(f, i)
		if q == nil {
			if last == nil {
				return // the first may have done it
			}
			break
		}
		last, state = p, q
	}
	if last == nil {
		return
	}
	if c, s := &f.Half[flow.Client], &f.Half[flow.Server]; c.AcksUnseen+s.AcksUnseen > 0 || f.OneWay() {
		pass.Skip("the capture misses packets of this connection")
		return
	}
	receiver, from, to := f.Half[state.Side].Endpoint, uint32(state.Ack), uint32(edge(f, state))
	var found *analyzer.Finding
	if closed := f.Half[flow.Client].FINs > 0 && f.Half[flow.Server].FINs > 0; closed && f.Half[flow.Client].RSTs+f.Half[flow.Server].RSTs == 1 && wentOn(f, last) {
		found = pass.Report(2.5, "%v had acknowledged up to %d and left room up to %d; the reset in frame %d stands at %d, was ignored, and both sides went on to a proper end",
			receiver, from, to, last.Frame, uint32(last.Seq))
	} else {
		found = pass.Report(analyzer.Note, "%v had acknowledged up to %d and left room up to %d; the reset in frame %d stands at %d, and must be ignored",
			receiver, from, to, last.Frame, uint32(last.Seq))
	}
	found.Explains(last).
		Cite(last, analyzer.Context, "tcp.seq_raw", uint32(last.Seq), sprint(from)+" - "+sprint(to)).
		Cite(state, analyzer.Baseline, "tcp.ack_raw", from, from)
}

// outside gives the packet by which the receiver of the reset at index i had last told its window, if the reset lies outside that; else nil.
// Beyond the window counts only where it is far: the receiver may have moved it since.
func outside(f *flow.Flow, i int) *flow.Packet {
	p := &f.Packets[i]
	victim := p.Side.Other()
	state := lastBefore(f, i, victim, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && !q.Flags.Any(flow.RST|flow.SYN) })
	if state == nil || f.Half[p.Side].SYNs == 0 || !f.Half[victim].SeenSYN {
		return nil
	}
	if p.Seq.Less(state.Ack) || edge(f, state).Less(p.Seq) && distance(p.Seq, edge(f, state)) > strayDistance {
		return state
	}
	return nil
}

// wentOn says that after a reset both sides acknowledged what the other had sent after it.
func wentOn(f *flow.Flow, reset *flow.Packet) bool {
	var talked [2]bool
	for i := range f.Packets {
		if f.Packets[i].Frame != reset.Frame {
			continue
		}
		for _, side := range []flow.Side{flow.Client, flow.Server} {
			talked[side] = firstAfter(f, i, side, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) && lastSentAfter(f, i, q) != nil }) != nil
		}
	}
	return talked[flow.Client] && talked[flow.Server]
}
