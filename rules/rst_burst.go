package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-burst",
	Title: "The same reset several times at once",
	Doc: "A kernel sends one reset for one reason. Devices send several, to be sure that one is accepted. Copies in the capture are ruled out by asking whether " +
		"ordinary packets of the same capture are doubled too.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyBurst,
	Innocent: []string{
		"The host answered several packets that arrived together, each with a reset.",
		"The network doubled the packet on the way.",
	},
	Next:   "Compare IP identification and TTL of the copies: a kernel numbers each packet anew.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009"},
	Needs:  flow.NeedRST,
	OnFlow: rstBurst,
})

// togetherWithin is how close resets of one burst follow each other: they are sent in one go, and cross the same path.
const togetherWithin = int64(5 * time.Millisecond)

func rstBurst(pass *analyzer.Pass, f *flow.Flow) {
	if duplicates(pass.Capture) {
		pass.Skip("the capture holds packets twice")
		return
	}
	for i := 0; i < len(f.Packets); i++ {
		first := &f.Packets[i]
		if !isReset(pass, first) || passive(first) && first.IPID == 0 {
			continue // a kernel answers each of several packets alike, and its answers cannot be told from copies
		}
		burst, last := []*flow.Packet{first}, i
		for k := i + 1; k < len(f.Packets) && f.Packets[k].Time-first.Time <= togetherWithin; k++ {
			if q := &f.Packets[k]; q.Side == first.Side && isReset(pass, q) && (!passive(q) || q.IPID == first.IPID) {
				burst, last = append(burst, q), k
			} else if q.IsTCP() && q.Side != first.Side && !q.Flags.Any(flow.RST) {
				break // the host may answer this one with a reset of its own
			}
		}
		if len(burst) < 2 || answersSeveral(f, i, len(burst)) || closing(f, i) {
			continue
		}
		if counted(burst) {
			pass.Skip("the resets are numbered one by one, as packets of one socket: another rule looks at that")
			i = last
			continue
		}
		weight := analyzer.Weight(0.5) // copies, equal to the identification: the network may have doubled one packet
		for _, p := range burst[1:] {
			if !p.Marks.Has(flow.Duplicate) {
				weight = 0.9 // no witness of its own: hosts answer several packets, and captures misplace them
			}
		}
		found := pass.Report(weight, "%d resets in the name of %v arrived within %v (frames %d to %d)",
			len(burst), f.Half[first.Side].Endpoint, dur(burst[len(burst)-1].Time-first.Time), first.Frame, burst[len(burst)-1].Frame).Explains(first)
		for _, p := range burst {
			found.Cite(p, analyzer.Forged, "tcp.flags", p.Flags, "—")
		}
		i = last
	}
}

// counted says that resets have one IP identification after the other, each the next.
func counted(burst []*flow.Packet) bool {
	for i, p := range burst {
		if p.IPID == 0 || p.Marks.Has(flow.IPv6) || i > 0 && p.IPID != burst[i-1].IPID+1 {
			return false
		}
	}
	return true
}

// answersSeveral says that the other side had sent at least n packets since the reset's sender last showed that it had received
// anything: a host without a socket answers each of them (RFC 9293, section 3.10.7.1).
func answersSeveral(f *flow.Flow, i, n int) bool {
	side := f.Packets[i].Side
	for k := i - 1; k >= 0 && n > 0; k-- {
		p := &f.Packets[k]
		if !p.IsTCP() {
			continue
		}
		if p.Side == side {
			return false
		}
		if !p.Flags.Any(flow.RST) {
			n--
		}
	}
	return n == 0
}

// closing says that the connection was already ending at index i, so that a kernel answers every packet still under way.
func closing(f *flow.Flow, i int) bool {
	side := f.Packets[i].Side
	return finBefore(f, i, side) || lastBefore(f, i, side.Other(), func(p *flow.Packet) bool { return p.Flags.Any(flow.RST) }) != nil
}
