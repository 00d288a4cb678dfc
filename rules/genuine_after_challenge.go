package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "genuine-after-challenge",
	Title: "Asked whether it meant the reset, the host repeated it",
	Doc: "A host that gets a reset at a number that it does not expect, because data before it was lost, does not believe it: it sends an acknowledgment as a challenge. Whoever really has no such connection any more " +
		"answers that with a reset at exactly the number of the challenge. A forger does not see the challenge, or does not answer it, and the host in whose name it spoke goes on.",
	Cause:  analyzer.AppAbort,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"A device on the path that answers every packet of the connection with a reset.",
	},
	Next:   "Look at the application on that host: it closed the connection with data unread, aborted it, or crashed. What it sent last was lost on the way.",
	Refs:   []string{"RFC 5961, section 3", "RFC 9293, section 3.10.7.4"},
	Needs:  flow.NeedRST,
	OnFlow: genuineAfterChallenge,
})

// challengedWithin is how soon a kernel challenges: at once, with the time that a busy host takes to handle a packet.
const challengedWithin = int64(3 * time.Millisecond)

func genuineAfterChallenge(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || refusal(p) || stale(f, p) {
			continue
		}
		victim := p.Side.Other()
		expects := lastBefore(f, i, victim, func(q *flow.Packet) bool { return q.Flags.Any(flow.ACK) })
		if expects == nil || expects.Flags.Any(flow.SYN) || expects.Ack == p.Seq {
			continue // the victim believed it at once
		}
		if !atHost(pass.Capture, f, victim) {
			pass.Skip("not captured at the host that the reset was sent to: what looks like a challenge may have been under way before")
			continue
		}
		challenge := firstAfter(f, i, victim, func(*flow.Packet) bool { return true })
		if challenge == nil || !pureACK(challenge) || challenge.Ack != expects.Ack || challenge.Time-p.Time > challengedWithin || !sameDistance(f, p) {
			continue
		}
		again := firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return q.Frame > challenge.Frame })
		if again == nil || !again.Flags.Any(flow.RST) || !passive(again) || again.Seq != challenge.Ack || !sameDistance(f, again) {
			pass.Skip("the challenge was not answered with a reset at its own number")
			continue
		}
		if float64(again.Time-challenge.Time) < tooFastShare*float64(minRTT(f, victim)) {
			continue // by something nearer than the host
		}
		if other := firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return !q.Flags.Any(flow.RST) && q.Time-p.Time > reorderGuard }); other != nil {
			pass.Skip("the host goes on after the reset: it has the connection")
			continue
		}
		// Just what a verdict needs, and only for the reset of a socket: a device that answers everything can answer this too.
		weight := analyzer.Weight(0.8)
		if p.Flags.Any(flow.ACK) && (p.Window == 0 || windowLive(f, i)) {
			weight = 1
		}
		found := pass.Report(weight, "frame %d, a reset of %v, did not stand at the number %d that the other side expected; challenged in frame %d, the host reset again in frame %d at exactly that number",
			p.Frame, f.Half[p.Side].Endpoint, uint32(challenge.Ack), challenge.Frame, again.Frame).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), uint32(challenge.Ack)).
			Cite(challenge, analyzer.Trigger, "tcp.ack_raw", uint32(challenge.Ack), uint32(challenge.Ack)).
			Cite(again, analyzer.Answer, "tcp.seq_raw", uint32(again.Seq), uint32(challenge.Ack))
		found.Cause = genuineCause(f, i)
	}
}

// pureACK says that a packet does nothing but acknowledge.
func pureACK(p *flow.Packet) bool {
	return p.Len == 0 && p.Flags.Any(flow.ACK) && !p.Flags.Any(flow.SYN|flow.FIN|flow.RST)
}
