package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-too-fast",
	Title: "The reset came sooner than the host could have answered",
	Doc: "A reset that acknowledges a packet was sent by someone who had that packet. If it arrives in less time than the shortest round trip " +
		"that was ever measured to the host, it was sent by someone nearer.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTiming,
	Innocent: []string{
		"A proxy or load balancer of the server's operator stands nearer and answers in the server's name.",
	},
	Next:   "Compare the delay with the times of the hops in an mtr report: it shows which hops are near enough.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009"},
	Needs:  flow.NeedRST,
	OnFlow: rstTooFast,
})

const (
	// leastUsefulRTT: below it scheduling and interrupt moderation in the hosts are as long as the path.
	leastUsefulRTT = int64(4 * time.Millisecond)
	// tooFastShare of the shortest round trip: paths with load balancing differ by some percent, none by a fifth for one flow.
	tooFastShare = 0.8
)

func rstTooFast(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !p.Flags.Any(flow.ACK) || p.Ack == 0 {
			continue // without an acknowledgment it is bound to no packet
		}
		asking := p.Side.Other()
		rtt := minRTT(f, asking)
		if host := pass.Host(&f.Half[p.Side]); host != nil && host.MinRTT > 0 {
			rtt = min(rtt, host.MinRTT) // of its other connections
		}
		if rtt < leastUsefulRTT {
			pass.Skip("no round trip of at least 4 ms to compare with")
			continue
		}
		if half := &f.Half[p.Side]; half.TTL.Open != 0 && half.TTL.Total() > 0 && !seenTTL(half, half.TTL.Open) {
			pass.Skip("the handshake was answered from another distance than the data: the round trip may be a proxy's")
			continue
		}
		answered := answeredBy(f, i)
		if answered == nil {
			pass.Skip("the packet that the reset acknowledges is not in the capture, or was sent before")
			continue
		}
		took := p.Time - answered.Time
		if !tooSoon(pass, took, rtt) {
			continue
		}
		if quick := quickest(f, p.Side); quick > 0 && float64(quick) < tooFastShare*float64(rtt) {
			pass.Skip("an ordinary packet of the sender acknowledges another as soon after it: the measured round trips are too long")
			continue
		}
		weight := analyzer.Weight(2) // a radio that woke up for the SYN, an address to be resolved: the first round trip alone may be long
		if host := pass.Host(&f.Half[p.Side]); f.MinRTT[asking] > 0 || host != nil && host.RTT.N >= minRTTSamples {
			weight = analyzer.Proof
		}
		pass.Report(weight, "frame %d, a reset in the name of %v, acknowledges frame %d after %v, while no answer of that host ever took less than %v",
			p.Frame, f.Half[p.Side].Endpoint, answered.Frame, dur(took), dur(rtt)).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.time_relative", since(f, p.Time), "≥ "+since(f, answered.Time+rtt)).
			Cite(answered, analyzer.Trigger, "tcp.time_relative", since(f, answered.Time), "—").
			Cite(answered, analyzer.Trigger, "tcp.seq_raw", uint32(answered.Seq), ending(answered, p.Ack))
	}
}

// tooSoon says that an answer took clearly less than a round trip, whatever the capture's clock and an adapter's queue make of it.
func tooSoon(pass *analyzer.Pass, took, rtt int64) bool {
	return took >= 0 && float64(took) < tooFastShare*float64(rtt)-float64(max(int64(time.Millisecond), 2*resolution(pass)))
}

// quickest gives how soon after a packet of the other side one of this side, no reset, acknowledged its last byte, or 0. It needs no timer that
// runs for one packet at a time, as [flow.Summary.MinRTT] does: where the clock stepped or packets are missing, that one may be the wrong one.
func quickest(f *flow.Flow, side flow.Side) int64 {
	least := int64(0)
	sent := make(map[flow.Seq]*flow.Packet)
	for i := range f.Packets {
		switch p := &f.Packets[i]; {
		case !p.IsTCP() || p.Flags.Any(flow.RST) || p.Marks.Has(flow.Duplicate):
		case p.Side != side && p.Carries() && sent[p.End()] == nil:
			sent[p.End()] = p
		case p.Side == side && p.Flags.Any(flow.ACK):
			if q := sent[p.Ack]; q != nil && (least == 0 || p.Time-q.Time < least) {
				least = max(1, p.Time-q.Time)
			}
		}
	}
	return least
}

// answeredBy gives the packet that ends exactly where the reset acknowledges, if that packet was sent once, and nothing of the
// reset's side has acknowledged it before: only then the reset is bound to have come after it.
func answeredBy(f *flow.Flow, i int) *flow.Packet {
	r := &f.Packets[i]
	t := lastBefore(f, i, r.Side.Other(), func(p *flow.Packet) bool { return p.Carries() && p.End() == r.Ack })
	if t == nil || t.Marks.Any(flow.Retransmitted|flow.OutOfOrder|flow.KeepAlive) {
		return nil
	}
	if lastBefore(f, i, r.Side, func(p *flow.Packet) bool { return ordinary(p) && p.Flags.Any(flow.ACK) && t.End().LessEq(p.Ack) }) != nil {
		return nil
	}
	return t
}
