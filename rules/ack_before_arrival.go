package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "ack-before-arrival",
	Title: "The other side acknowledged the data before it can have arrived",
	Doc: "An acknowledgment takes a round trip, and ends where a packet that was sent ends. One that comes much sooner and ends within a packet is of other bytes for the same numbers: somebody nearer sent them in " +
		"this host's name. That is how injected data looks from the end that it was not sent to.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"A device that speeds connections up took the data, cut it anew and acknowledged it; with one packet only that cannot be told.",
	},
	Next:   "Capture on the host that acknowledged the data: the injected packets are there, and their TTL tells how far away they were made.",
	Refs:   []string{"RFC 9293, section 3.10.7.4", "Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  flow.NeedLoss | flow.NeedOverlap | flow.NeedRST | flow.NeedUnanswered | flow.NeedNoClose,
	OnFlow: ackBeforeArrival,
})

func ackBeforeArrival(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		rtt := f.ClientRTT // not MinRTT, in which the very acknowledgment would be a sample
		if side == flow.Server {
			rtt = f.HandshakeRTT
		}
		if rtt < leastUsefulRTT {
			continue
		}
		if f.Half[side].AcksUnseen+f.Half[side.Other()].AcksUnseen > 0 || pass.Capture.Health.Backwards > 0 || thinned(f) || f.Omitted > 0 {
			pass.Skip("the capture misses packets of this connection")
			continue
		}
		soon, sent, times := early(pass, f, side, rtt)
		if soon == nil || !within(f, soon) {
			continue
		}
		if times > 1 {
			pass.Skip("several acknowledgments come sooner than the path takes: a device in front of the host acknowledges for it")
			continue
		}
		pass.Report(analyzer.Proof, "frame %d acknowledges up to %d, within the %d bytes of frame %d, %v after they were sent; the handshake with %v took %v, so it received other bytes before",
			soon.Frame, uint32(soon.Ack), sent.Len, sent.Frame, dur(soon.Time-sent.Time), f.Half[side].Endpoint, dur(rtt)).
			Explains(soon).
			Cite(soon, analyzer.Answer, "tcp.time_relative", since(f, soon.Time), "≥ "+since(f, sent.Time+rtt)).
			Cite(soon, analyzer.Answer, "tcp.ack_raw", uint32(soon.Ack), uint32(sent.End())).
			Cite(sent, analyzer.Baseline, "tcp.time_relative", since(f, sent.Time), "—").
			Cite(sent, analyzer.Baseline, "tcp.seq_raw", uint32(sent.Seq), uint32(sent.Seq))
	}
}

// soonShare of the handshake's time: half of it leaves room for a handshake that was slow at one end.
const soonShare = 0.5

// early gives the first acknowledgment of a side that came too soon, the first packet that had brought what it acknowledges, and how many numbers
// were acknowledged too soon at all.
func early(pass *analyzer.Pass, f *flow.Flow, side flow.Side, rtt int64) (soon, sent *flow.Packet, times int) {
	limit := int64(soonShare*float64(rtt)) - max(int64(time.Millisecond), 2*resolution(pass))
	var acked flow.Seq
	known, from := false, 0 // what ends before an acknowledgment ends before all later ones
	for i := range f.Packets {
		p := &f.Packets[i]
		if p.Side != side || !p.IsTCP() || !p.Flags.Any(flow.ACK) || p.Flags.Any(flow.RST|flow.SYN) || known && p.Ack.LessEq(acked) {
			continue
		}
		acked, known = p.Ack, true
		brings := func(q *flow.Packet) bool {
			return q.Side != side && q.IsTCP() && q.Len > 0 && !q.Flags.Any(flow.RST|flow.SYN) && p.Ack.LessEq(q.End())
		}
		for from < i && !brings(&f.Packets[from]) {
			from++
		}
		for k := from; k < i; k++ {
			q := &f.Packets[k]
			if !brings(q) || !q.Seq.Less(p.Ack) {
				continue
			}
			if p.Time-q.Time < limit {
				if times++; soon == nil {
					soon, sent = p, q
				}
			}
			break
		}
	}
	return soon, sent, times
}

// mostCertain is what Ethernet carries: more, although the hosts agreed to it, may have been cut for the way after it was captured.
const mostCertain = 1460

// within says that an acknowledgment ends inside packets of the other side and at no edge of any, nor at the end of the window that its sender left.
func within(f *flow.Flow, ack *flow.Packet) bool {
	inside := false
	for i := range f.Packets {
		p := &f.Packets[i]
		switch {
		case !p.IsTCP() || p.Flags.Any(flow.RST):
		case p.Side == ack.Side && p.Flags.Any(flow.ACK) && edge(f, p) == ack.Ack:
			return false
		case p.Side == ack.Side || p.Len == 0:
		case p.Seq == ack.Ack || p.End() == ack.Ack || p.Seq.Add(p.Len) == ack.Ack, p.Marks.Any(flow.Offloaded | flow.Fragment):
			return false
		case p.Seq.Less(ack.Ack) && ack.Ack.Less(p.End()):
			if p.Len > mostCertain {
				return false
			}
			inside = true
		}
	}
	return inside
}
