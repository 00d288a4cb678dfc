package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-never-left",
	Title: "The host's own capture never sent this reset",
	Doc: "With captures of both hosts, a reset that arrives at one end must have left the other. If the other end's capture holds that connection, was running, missed nothing, and has no " +
		"such reset, something in between sent it.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyPeer,
	Innocent: []string{
		"The host's network card, hypervisor or security group sent it below the point where tcpdump listens.",
		"The host's capture lost exactly this packet.",
	},
	Next:   "Ask the operators of the networks in between; where the report places the device, those of these hops first.",
	Refs:   []string{"Electronic Frontier Foundation: Detecting Packet Injection, 2007"},
	Needs:  flow.NeedRST,
	OnPair: rstNeverLeft,
})

// afterEvent is how long the sender's capture must have gone on after the last packet of the connection that it holds, so that a reset
// would be in it: longer than any path.
const afterEvent = int64(time.Second)

func rstNeverLeft(pass *analyzer.Pass, a, b *flow.Flow) {
	if pass.Proxied {
		pass.Skip(ofProxy)
		return
	}
	eachReset(pass, a, b, func(o oriented, i int) {
		p := &o.f.Packets[i]
		if _, q := o.sent(i); q != nil {
			return
		}
		if stale(o.f, p) {
			pass.Skip("the reset's sequence number is far from the connection's: it belongs to an earlier one")
			return
		}
		if o.missed(i) {
			pass.Skip("the reset has the next number or the time of the host, which no packet in the host's own capture has: that capture lost a packet")
			return
		}
		why := o.coverage(i)
		if why == captureEnds && o.when(i)-o.at.Member.To < stoppedTogether {
			// It may have been running, with nothing to hold: a device drops what it answers.
			pass.Report(1, "frame %d, a reset in the name of %v, is not in the capture of that host; the last packet there is older than the reset, so that it may have been stopped before",
				p.Frame, o.f.Half[p.Side].Endpoint).
				Explains(p).Cite(p, analyzer.Forged, "tcp.flags.reset", 1, 0)
			return
		}
		if why != "" {
			pass.Skip(why)
			return
		}
		before := lastBefore(o.f, i, p.Side, func(q *flow.Packet) bool { return !q.Flags.Any(flow.RST) })
		found := pass.Report(5, "frame %d, a reset in the name of %v, is not in the capture of that host, which holds the connection and has no reset with that sequence number",
			p.Frame, o.f.Half[p.Side].Endpoint).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.flags.reset", 1, 0)
		if q := o.rewritten(i); q != nil {
			found.Cause = analyzer.ResetRewrite
			found.CiteIn(o.at, q, analyzer.Baseline, "ip.id", hex(q.IPID), hex(p.IPID))
		}
		if before != nil {
			found.Cite(before, analyzer.Baseline, "tcp.seq_raw", uint32(before.Seq), uint32(before.Seq))
		}
	})
}

// stoppedTogether is how far apart the ends of two captures are that were stopped by hand after one failure.
const stoppedTogether = 5 * int64(time.Second)

// captureEnds is the one condition that leaves the other capture a witness, if a weak one.
const captureEnds = "the sender's capture ends with the connection"

// coverage says why the sender's capture cannot prove that its host did not send the reset at index i; empty if it can.
func (o *oriented) coverage(i int) string {
	side := o.f.Packets[i].Side
	mine, theirs := &o.f.Half[side], &o.peer.Half[side]
	switch {
	case !mine.HasISN() || !theirs.HasISN():
		return "the sender's initial sequence number is not in both captures"
	case o.at.Health.Resets == 0:
		return "the sender's capture holds no reset at all: a filter may leave them out"
	case o.at.Health.Backwards > 0:
		return "the clock of the sender's capture steps back"
	case theirs.AcksUnseen > 0 || o.peer.Half[side.Other()].AcksUnseen > 0 || o.at.Misses():
		return "the sender's capture misses packets"
	case o.at.Member.Truncated:
		return "the sender's capture is cut short"
	case o.peer.Split || o.f.Split || o.peer.Omitted > 0:
		return "the connection was followed in parts"
	case o.peer.Succeeded:
		return "a later connection on the same ports may hold the reset"
	case !o.matches(side):
		return "packets of the sender that arrived are missing in its own capture"
	case o.at.Member.To-o.when(i) < afterEvent:
		return captureEnds
	}
	return ""
}

// when gives the time of the reset at index i by the clock of the sender's capture, at the earliest the end of the connection there: the
// two clocks are set side by side by the last data that both captures hold, whichever side sent it. The error is the time on the way.
func (o *oriented) when(i int) int64 {
	r := &o.f.Packets[i]
	for k := i - 1; k >= 0; k-- {
		p := &o.f.Packets[k]
		if !p.IsTCP() || !p.Carries() || p.Flags.Any(flow.RST) || p.Marks.Any(flow.Retransmitted|flow.Duplicate) {
			continue
		}
		end := p.End().Sub(o.f.Half[p.Side].ISN)
		for n := range o.peer.Packets {
			q := &o.peer.Packets[n]
			if q.Side == p.Side && q.IsTCP() && q.Carries() && q.End().Sub(o.peer.Half[p.Side].ISN) == end {
				return max(o.peer.Last, q.Time+r.Time-p.Time)
			}
		}
	}
	return o.peer.Last
}
