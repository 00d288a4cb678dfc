package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "connection-froze",
	Title: "Where the connection froze",
	Doc: "The connection worked, and from one packet on nothing was acknowledged any more. Which packet was the last to be acknowledged, which the first that never was, how much had been delivered until then and " +
		"whether the other end was still heard tell a filter on content from one on size or amount, a dead host and a dead way. Equal amounts in several connections are no chance.",
	Cause:  analyzer.DataUnanswered,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The path failed at this moment, in one direction or both.",
		"The other host went down, or its own filter drops the packets.",
	},
	Next: "Look for the first packet that was never acknowledged in a capture of the other end: if it arrived there, the answers are lost, if not, the packet is. Then repeat the exchange with another name, another size or " +
		"another port, and see which of them decides.",
	Refs:   []string{"RFC 9293, section 3.8.1", "RFC 2923, section 2.1"},
	Needs:  flow.NeedUnanswered,
	OnFlow: connectionFroze,
})

// blackholeWeight is what it weighs that a host takes empty packets and never this one: a filter on content, which hosts seldom have
// below their kernel. Not proof, as one end does not see where it sits.
const blackholeWeight = 2

// mostCounted is how much sequence numbers tell before they come again, halved: comparisons hold within 2^31.
const mostCounted = 1<<31 - 1

func connectionFroze(pass *analyzer.Pass, f *flow.Flow) {
	if f.FirstRSTFrame > 0 || f.OneWay() || !f.Handshake() {
		pass.Skip("a reset, one direction only, or no handshake")
		return
	}
	if f.Omitted > 0 || f.Half[flow.Server].Bytes > mostCounted {
		pass.Skip("the connection is too long to tell how much was delivered")
		return
	}
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		me, peer := &f.Half[side], &f.Half[side.Other()]
		first, tries := neverAcknowledged(f, side)
		if first == nil || tries <= minTries {
			continue
		}
		if peer.Window.Seen && peer.Window.Last == 0 {
			pass.Skip("the other side's window was closed")
			continue
		}
		var lastAcked, acker *flow.Packet
		packets := 0                          // of the server, that brought what was delivered
		heard, inFlight := 0, minRTT(f, side) // what was under way when the first was sent says nothing of later
		for i := range f.Packets {
			p := &f.Packets[i]
			if p.IsTCP() && p.Side == flow.Server && p.Len > 0 && p.Marks&(flow.Retransmitted|flow.Duplicate|flow.KeepAlive) == 0 && p.End().LessEq(f.Half[flow.Client].Acked) {
				packets++
			}
			switch {
			case !p.IsTCP():
			case p.Side == side && p.Carries() && p.End().LessEq(peer.Acked):
				lastAcked = p
			case p.Side != side && p.Flags.Any(flow.ACK) && p.Ack == peer.Acked && acker == nil:
				acker = p
			}
			if p.IsTCP() && p.Side != side && p.Time > first.Time+inFlight && p != acker && !p.Marks.Has(flow.Duplicate) {
				heard++
			}
		}
		if lastAcked == nil || acker == nil {
			continue
		}
		delivered := uint32(f.Half[flow.Client].Acked.Sub(f.Half[flow.Server].ISN.Add(1)))
		var found *analyzer.Finding
		empty := heeded(pass, f, side, first.Frame, f.LastFrame+1)
		switch {
		case empty != nil && !first.Flags.Any(flow.FIN) && first.Len <= leastCarried(first) && atHost(pass.Capture, f, side) && tries > leastLarge:
			found = pass.Report(blackholeWeight, "%v sent frame %d (%s) %d times and it was never acknowledged, while %v took the empty packet in frame %d sent after it: what carries this data is dropped; the server had delivered %d bytes in %d packets until then",
				me.Endpoint, first.Frame, carried(f, first), tries, peer.Endpoint, empty.Frame, delivered, packets)
			found.Cause = analyzer.Blackhole
		case heard > 0:
			found = pass.Report(1, "frame %d is the last of %v that was acknowledged (frame %d), frame %d (%s), sent %d times, the first that never was; %v was still heard %d times after it, so that direction works, and the other is dead or this data is dropped; the server had delivered %d bytes in %d packets until then",
				lastAcked.Frame, me.Endpoint, acker.Frame, first.Frame, carried(f, first), tries, peer.Endpoint, heard, delivered, packets)
		default:
			found = pass.Report(1, "frame %d is the last of %v that was acknowledged (frame %d), frame %d (%s), sent %d times, the first that never was; after it nothing came from %v, so this end cannot tell which direction is dead; the server had delivered %d bytes in %d packets until then",
				lastAcked.Frame, me.Endpoint, acker.Frame, first.Frame, carried(f, first), tries, peer.Endpoint, delivered, packets)
		}
		found.Cite(first, analyzer.Trigger, "tcp.seq_raw", uint32(first.Seq), "< "+sprint(uint32(peer.Acked))).
			Cite(acker, analyzer.Answer, "tcp.ack_raw", uint32(acker.Ack), "≥ "+sprint(uint32(first.End()))).
			Cite(lastAcked, analyzer.Baseline, "tcp.seq_raw", uint32(lastAcked.Seq), ending(lastAcked, lastAcked.End()))
	}
}

// neverAcknowledged gives the first packet of a side that holds a byte which was never acknowledged, and how often that byte was sent; nil if
// the other side acknowledged nothing at all.
func neverAcknowledged(f *flow.Flow, side flow.Side) (first *flow.Packet, tries int) {
	if !f.Half[side.Other()].HasAcked {
		return nil, 0
	}
	first, _, tries = sentInVain(f, side)
	return first, tries
}

// sentInVain gives the first and the last packet of a side that hold its first byte which was never acknowledged, and how often that byte
// was sent. Where nothing at all was acknowledged, it is the first byte of data.
func sentInVain(f *flow.Flow, side flow.Side) (first, last *flow.Packet, tries int) {
	peer := &f.Half[side.Other()]
	lost, known := peer.Acked, peer.HasAcked
	for _, p := range f.From(side) {
		if !p.Carries() || p.Marks.Any(flow.Duplicate|flow.KeepAlive) || !known && p.Len == 0 {
			continue
		}
		if !known {
			lost, known = p.Seq, true
		}
		if p.Seq.LessEq(lost) && lost.Less(p.End()) {
			if tries++; first == nil {
				first = p
			}
			last = p
		}
	}
	return first, last, tries
}
