package analyzer

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// clue is what one packet under suspicion tells of where it came from.
type clue struct {
	capture int
	frame   uint32
	to      flow.Side     // the host that it went to, on which the capture was taken
	router  flow.Endpoint // an ICMP error: who sent it
	refuses bool          // it is an ICMP error

	ttl   uint8 // as it arrived
	usual uint8 // as packets of the host in whose name it came arrive; 0: none did

	// delay is the time since the packet that it answers, at the client; longest is that since the first packet that it may answer, which is
	// the same where only one comes into question. At the server delay is the time since the packet arrived that it was answering.
	delay, longest int64
	timed          bool   // they are known
	first          uint32 // frame of the first packet that it may answer, at the client
	// behind is, where it may as well answer a packet of the server, the time since that came to the client; 0: it may not. A device speaks right
	// behind what it answers.
	behind int64
}

// maxClues bounds the clues of one connection: a device sends three or four resets, and more only repeat what they say.
const maxClues = 8

func compareClue(x, y clue) int {
	return cmp.Or(cmp.Compare(x.capture, y.capture), cmp.Compare(x.frame, y.frame))
}

// underSuspicion gives the frames that the findings against a device say the named sender did not send, and ICMP errors; sorted.
func (a *analysis) underSuspicion(c *Conn) []clue {
	var all []clue
	for _, i := range c.Findings {
		f := a.Findings[i]
		if !f.Accuses() {
			continue
		}
		if f.Event > 0 {
			all = append(all, clue{capture: f.Capture, frame: f.Event})
		}
		for _, e := range f.Evidence {
			if e.Role == Forged {
				all = append(all, clue{capture: e.Capture, frame: e.Frame})
			}
		}
	}
	slices.SortFunc(all, compareClue)
	return all
}

// clues gathers those of a connection while its packets are loaded: of every reset, ICMP error and packet that a rule suspects. Which of
// them stand under suspicion in the end is known only when the ticket's connections were compared.
func (a *analysis) clues(flows []*flow.Flow, found []*Finding) []clue {
	suspect := make(map[[2]uint32]bool)
	for _, f := range found {
		for _, e := range f.Evidence {
			if e.Role == Forged {
				suspect[[2]uint32{uint32(e.Capture), e.Frame}] = true
			}
		}
	}
	var all []clue
	for i, f := range flows {
		if f == nil {
			continue
		}
		at, n := a.Captures[i], 0
		for k := range f.Packets {
			p := &f.Packets[k]
			if p.Flags.Any(flow.RST) || !p.IsTCP() || suspect[[2]uint32{uint32(i), p.Frame}] {
				if one, ok := clueOf(at, f, k); ok && n < maxClues {
					all, n = append(all, one), n+1
				}
			}
		}
	}
	return all
}

func clueOf(at *Capture, f *flow.Flow, k int) (clue, bool) {
	p := &f.Packets[k]
	c := clue{capture: at.Index, frame: p.Frame, to: p.Side.Other(), ttl: p.TTL}
	if !p.IsTCP() {
		c.to, c.refuses = p.Side, true
		if int(p.Len) < len(f.Senders) {
			c.router = f.Senders[p.Len]
		}
	} else {
		c.usual, _ = usualTTL(at, &f.Half[p.Side])
	}
	if p.Marks.Has(flow.Duplicate) {
		return c, false
	}
	switch {
	case at.Member.Role == AtClient && c.to == flow.Client:
		c.timed = c.sinceTrigger(f, k)
	case at.Member.Role == AtServer && c.to == flow.Server && p.IsTCP():
		c.delay, c.timed = sinceArrival(f, p)
	default:
		return c, false
	}
	return c, true
}

// sinceTrigger sets how long before the packet at index k, which arrived at the client, the client sent what it answers: the first packet
// that it may answer and the last. A device that speaks in the server's name goes on where the packet that it saw stands: its numbers tell
// which that was (RFC 9293, section 3.10.7). Where only an acknowledgment of the client comes into question, the device may have seen what that
// acknowledges: see clue.behind.
func (c *clue) sinceTrigger(f *flow.Flow, k int) (known bool) {
	p := &f.Packets[k]
	var first, last, answered *flow.Packet
	for i := range f.Packets[:k] {
		switch q := &f.Packets[i]; {
		case !q.IsTCP() || q.Marks.Has(flow.Duplicate):
		case q.Side == flow.Client && mayAnswer(f, p, q):
			if first == nil {
				first = q
			}
			last = q
		case q.Side == flow.Server && q.Carries() && q.End() == p.Seq && !q.Flags.Any(flow.RST):
			answered = q
		}
	}
	if first == nil {
		return false
	}
	if !first.Carries() && f.Proto == flow.TCP && answered != nil {
		c.behind = max(1, p.Time-answered.Time)
	}
	c.delay, c.longest, c.first = p.Time-last.Time, p.Time-first.Time, first.Frame
	return true
}

// mayAnswer says that p, in the server's name or from a router, may have been sent because of q.
func mayAnswer(f *flow.Flow, p, q *flow.Packet) bool {
	switch {
	case f.Proto == flow.UDP:
		a, b := f.Says(p), f.Says(q)
		return a != nil && b != nil && a.ID == b.ID && a.Name == b.Name
	case !p.IsTCP():
		return !p.Marks.Has(flow.Truncated) && q.Seq == p.Seq
	case p.Flags.Any(flow.ACK):
		return q.End() == p.Ack && q.Ack == p.Seq
	}
	return q.Ack == p.Seq && q.Flags.Any(flow.ACK)
}

// sinceArrival gives how long after the client's packet that made the device speak a forged one in the client's name came to the server: it
// follows it on the same way, and continues its numbers. One that overtook it came no later.
func sinceArrival(f *flow.Flow, p *flow.Packet) (delay int64, ok bool) {
	for i := range f.Packets {
		q := &f.Packets[i]
		if q != p && q.IsTCP() && q.Side == flow.Client && q.Len > 0 && q.End() == p.Seq && !q.Marks.Any(flow.Retransmitted|flow.Duplicate) {
			return max(0, p.Time-q.Time), true
		}
	}
	return 0, false
}
