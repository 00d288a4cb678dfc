package rules

import (
	"fmt"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-rising-seq",
	Title: "Several resets with rising sequence numbers beyond anything sent",
	Doc: "A device that cannot stop the host's data guesses how far that host will have come, and sends resets with rising sequence numbers. A host knows " +
		"where it stands: it sends none beyond what it sent and what was acknowledged.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"Data between the resets was lost before the capture point, and each reset answers another packet.",
	},
	Next:   "Capture on the host that the resets claim to come from.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009 (RST_SEQ_CHANGE)"},
	Needs:  flow.NeedRST,
	OnFlow: rstRisingSeq,
})

// The two figures of the paper's rule: resets of one burst follow within two seconds, and two bytes of tolerance cover a SYN and a FIN.
const (
	burstWithin = int64(2 * time.Second)
	phantom     = 2
)

func rstRisingSeq(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		first := &f.Packets[i]
		if !isReset(pass, first) || refusal(first) || stale(f, first) {
			continue
		}
		if thinned(f) {
			pass.Skip("the capture holds no data and no acknowledgments of the connection, as a filter on flags leaves it")
			return
		}
		if f.Half[first.Side.Other()].Packets == 0 {
			pass.Skip("the capture shows only one direction")
			return
		}
		k, next := nextReset(f, i)
		if next == nil || next.Time-first.Time >= burstWithin || next.Seq.LessEq(first.Seq.Add(phantom)) {
			continue
		}
		if passive(first) != passive(next) {
			pass.Skip("a reset of the socket and one of the kernel without it, which may have overtaken it")
			continue
		}
		side := first.Side
		if lastBefore(f, i, side, func(p *flow.Packet) bool { return !p.Flags.Any(flow.RST) }) == nil {
			pass.Skip("the sender's sequence numbers before the reset are not known")
			continue
		}
		if f.Reused && passive(first) && passive(next) {
			pass.Skip("the resets belong to different connections")
			continue
		}
		// What was sent before the resets may have been overtaken by them.
		sent := lastBefore(f, len(f.Packets), side, func(p *flow.Packet) bool {
			return !p.Flags.Any(flow.RST) && next.Seq.LessEq(p.End()) && (p.Frame < next.Frame || p.Time-next.Time <= reordered(f, side))
		})
		acked := lastBefore(f, k, side.Other(), func(p *flow.Packet) bool {
			return p.Flags.Any(flow.ACK) && !p.Flags.Any(flow.RST) && next.Seq.LessEq(p.Ack.Add(phantom))
		})
		if sent != nil || acked != nil {
			continue
		}
		if lastBefore(f, i, side, func(p *flow.Packet) bool { return p.Flags.Any(flow.FIN) }) != nil ||
			lastBefore(f, i, side.Other(), func(p *flow.Packet) bool { return p.Flags.Any(flow.FIN | flow.RST) }) != nil {
			pass.Skip("the connection was closing before the resets")
			continue
		}
		if distance(next.Seq, first.Seq) > strayDistance {
			pass.Skip("the resets belong to different connections")
			continue
		}
		pass.Report(analyzer.Proof, "frames %d and %d, resets in the name of %v, rise in sequence number by %d, the second beyond all that host had sent or was acknowledged",
			first.Frame, next.Frame, f.Half[side].Endpoint, next.Seq.Sub(first.Seq)).
			Explains(first).
			Cite(first, analyzer.Forged, "tcp.seq_raw", uint32(first.Seq), reached(f, k, side)).
			Cite(next, analyzer.Forged, "tcp.seq_raw", uint32(next.Seq), reached(f, k, side))
	}
}

// reached tells how far a side had come before index i, by what it sent and by what the other side acknowledged.
func reached(f *flow.Flow, i int, side flow.Side) string {
	var far flow.Seq
	known := false
	reach := func(s flow.Seq) {
		if !known || far.Less(s) {
			far, known = s, true
		}
	}
	for k := range i {
		switch p := &f.Packets[k]; {
		case !p.IsTCP() || p.Flags.Any(flow.RST):
		case p.Side == side:
			reach(p.End())
		case p.Flags.Any(flow.ACK):
			reach(p.Ack)
		}
	}
	if !known {
		return "—"
	}
	return fmt.Sprintf("≤ %d", uint32(far))
}

// nextReset gives the first reset of the same side after index i that stands at another sequence number.
func nextReset(f *flow.Flow, i int) (int, *flow.Packet) {
	for k := i + 1; k < len(f.Packets); k++ {
		if q := &f.Packets[k]; q.Side == f.Packets[i].Side && q.IsTCP() && q.Flags.Any(flow.RST) && q.Seq != f.Packets[i].Seq {
			return k, q
		}
	}
	return -1, nil
}
