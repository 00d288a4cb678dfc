package analyzer

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// This file sets the packets of one connection side by side as two captures hold them, and says what follows where one alone holds a packet.

// Fate is what became of a packet between two captures.
type Fate uint8

// The fates. From FateNone nothing follows: an ICMP error, a packet captured twice, or a pure acknowledgment, which receivers and drivers join.
const (
	FateNone    Fate = iota
	FateSame         // both captures hold it
	FateRecut        // the other capture holds its bytes, cut into other segments
	FateMissing      // the other capture does not hold it, and does not prove that it never passed there
	FateLost         // it left its sender, and the receiver's own capture, which would hold it, does not
	FateUnsent       // it arrived, and the capture of the host that it names, which would hold it, does not
)

// Why says why nothing is said of a packet but that the other capture does not hold it.
type Why uint8

// The reasons.
const (
	WhyBlind     Why = iota + 1 // that capture misses packets; see OtherEnd.Blind
	WhyVague                    // it holds others that look like it
	WhyNoResets                 // it holds no resets at all: a filter may leave them out
	WhyNoClock                  // nothing tells whether it was running
	WhyBefore                   // it may not have begun
	WhyAfter                    // it may have ended
	WhyNotAtHost                // it was not taken on the host
	WhyProxied                  // a SYN proxy stands between, and sends packets of its own
)

// Step is a packet on its way past two capture points.
type Step struct {
	Here, There int32 // indexes in the Packets of the exhibit and of its other end; -1 where that capture does not hold it
	Fate        Fate
	Why         Why  // FateMissing
	Changed     bool // FateSame: on the way, beyond what every packet of that side is
}

// OtherEnd is the connection of an exhibit as a second capture holds it.
type OtherEnd struct {
	Capture int
	*flow.Flow
	Nearer   bool       // to the client than the exhibit's own capture
	Steps    []Step     // the packets of both, in the order of the exhibit's capture
	Lowered  [2]int     // by how much the TTL of most packets of a side is lower here than in the exhibit's capture
	Blind    [2]Message // why the exhibit's capture, and this one, do not prove that a packet never passed there; zero if they may
	HasClock bool
	Slack    int64 // nanoseconds by which Here may be wrong

	ahead int64 // of the exhibit's clock, when the connection began
	ppm   float64
}

// Here gives a time of the other capture by the clock of the exhibit's; ok is false if the two cannot be compared.
func (o *OtherEnd) Here(at int64) (here int64, ok bool) {
	return at - o.ahead - int64(o.ppm*1e-6*float64(at-o.First)), o.HasClock
}

// Elsewhere is where another capture holds a cited packet.
type Elsewhere struct {
	Capture int    // index in Case.Captures
	Frame   uint32 // 0: that capture would hold it if it had passed there, and does not
}

// pair is a connection as two captures hold it, packet by packet.
type pair struct {
	captures    [2]*Capture
	flows       [2]*flow.Flow
	seen        [2][]pairing.Passage
	lowered     [2]int // from the first to the second
	known       bool   // which of the captures is nearer to the client:
	near        int
	blind       [2]Message
	first, last [2]int // packets that both hold, in the order of each
	clocks      map[[2]int]*pairing.Clock
	proxied     bool // a SYN proxy opened the connection
}

// setBeside compares the packets of two sightings of a connection; ok is false if they cannot be told.
func (a *analysis) setBeside(c *Conn, x, y *Sighting, flows [2]*flow.Flow) (p *pair, d pairing.Diff, ok bool) {
	if flows[0] == nil || flows[1] == nil {
		return nil, d, false
	}
	if pairing.ByNumbers(&x.Summary, &y.Summary) {
		pairing.Lend(flows[0], flows[1])
	}
	m, ok := pairing.Match(flows[0], flows[1])
	if !ok {
		return nil, d, false
	}
	p = &pair{captures: [2]*Capture{a.Captures[x.Capture], a.Captures[y.Capture]}, flows: flows, seen: [2][]pairing.Passage{m.A, m.B}, lowered: m.Lowered, clocks: a.clocks,
		proxied: pairing.LinkOf(&x.Summary, &y.Summary) != pairing.Through}
	switch rank := cmp.Compare(a.rank(x.Capture), a.rank(y.Capture)); {
	case rank != 0:
		p.known, p.near = true, max(rank, 0)
	case m.Lowered[flow.Client] != 0: // routers lower the TTL on the way
		p.known = true
		if m.Lowered[flow.Client] < 0 {
			p.near = 1
		}
	}
	for k := range p.seen {
		p.blind[k] = blind(p.captures[k], flows[k])
		if len(c.disorder) > 0 {
			p.blind[k] = c.disorder[0]
		}
		p.first[k], p.last[k] = len(p.seen[k]), -1
		for i, s := range p.seen[k] {
			if s.Fate == pairing.Same {
				p.first[k], p.last[k] = min(p.first[k], i), max(p.last[k], i)
			}
		}
	}
	return p, m.Diff, true
}

// blind says why a capture that lacks a packet of a connection does not prove that it never passed there; zero if it may prove it.
func blind(c *Capture, f *flow.Flow) Message {
	switch {
	case c.Health.Backwards > 0:
		return Msg("its clock steps back")
	case c.Misses() || f.Half[flow.Client].AcksUnseen+f.Half[flow.Server].AcksUnseen > 0:
		return Msg("it misses packets")
	case c.Member.Truncated:
		return Msg("it is cut short")
	case c.Health.Cut > 0:
		return Msg("it holds frames that are cut inside their headers")
	case f.Split || f.Omitted > 0 || f.Unheard > 0:
		return Msg("it holds so much that the connection was followed in parts")
	case f.Succeeded:
		return Msg("a later connection on the same ports may hold it")
	case f.OneWay():
		return Msg("it shows one direction only")
	case f.Proto == flow.TCP && !slices.ContainsFunc(f.Packets, func(p flow.Packet) bool { return p.IsTCP() && !p.Flags.Any(flow.SYN|flow.FIN|flow.RST) }):
		return Msg("it may hold only some kinds of packets")
	}
	return Message{}
}

// lateBy is how long after its expected arrival a packet is waited for in a capture: longer than any path takes.
const lateBy = int64(1e9)

// proves says that the capture other than k would hold packet i of k if it had passed there, as it misses nothing and was running; why says it
// if not.
func (p *pair) proves(k, i int) (why Why, ok bool) {
	other, x := p.captures[1-k], &p.flows[k].Packets[i]
	switch {
	case !p.blind[1-k].IsZero():
		return WhyBlind, false
	case p.proxied:
		return WhyProxied, false
	case p.seen[k][i].Vague || p.flows[k].Proto == flow.UDP && x.Marks.Has(flow.Truncated):
		return WhyVague, false
	case x.Flags.Any(flow.RST) && other.Health.Resets == 0:
		return WhyNoResets, false
	case p.first[k] < i && i < p.last[k]:
		return 0, true
	}
	earliest, latest, ok := translate(p.clocks, x.Time, p.captures[k].Index, other.Index)
	switch {
	case !ok:
		return WhyNoClock, false
	case earliest <= other.Member.From:
		return WhyBefore, false
	case latest+lateBy >= other.Member.To:
		return WhyAfter, false
	}
	return 0, true
}

// fate says what became of packet i of capture k, and why no more can be said of one that the other does not hold.
func (p *pair) fate(k, i int) (Fate, Why) {
	switch p.seen[k][i].Fate {
	case pairing.Same:
		return FateSame, 0
	case pairing.Recut:
		return FateRecut, 0
	case pairing.NotCompared:
		return FateNone, 0
	}
	if why, ok := p.proves(k, i); !ok {
		return FateMissing, why
	}
	sender := p.flows[k].Packets[i].Side
	atSender := k == p.near // the capture that holds it is the one nearer to its sender
	if sender == flow.Server {
		atSender = !atSender
	}
	switch other := 1 - k; {
	case !p.known:
	case atSender && p.captures[other].takenAt(p.flows[other], sender.Other()):
		return FateLost, 0
	case !atSender && p.captures[other].takenAt(p.flows[other], sender):
		return FateUnsent, 0
	}
	return FateMissing, WhyNotAtHost
}

// takenAt says that a capture was taken on the host of one side of a connection that it holds.
func (c *Capture) takenAt(f *flow.Flow, side flow.Side) bool {
	mine, theirs := openTTL(&f.Half[side]), openTTL(&f.Half[side.Other()])
	switch c.Member.Role {
	case AtClient:
		return side == flow.Client && (mine == 0 || initial(mine))
	case AtServer:
		return side == flow.Server && (mine == 0 || initial(mine))
	}
	return initial(mine) && theirs != 0 && !initial(theirs)
}

// frame gives the index of a frame among the packets of capture k.
func (p *pair) frame(k int, number uint32) (int, bool) {
	return slices.BinarySearchFunc(p.flows[k].Packets, number, func(x flow.Packet, n uint32) int { return cmp.Compare(x.Frame, n) })
}

// cite tells for the cited packets of findings where the other capture of the pair holds them.
func (p *pair) cite(found []*Finding) {
	for _, f := range found {
		for n := range f.Evidence {
			x := &f.Evidence[n]
			for k := range p.captures {
				i, ok := p.frame(k, x.Frame)
				other := p.captures[1-k].Index
				if x.Capture != p.captures[k].Index || !ok || slices.ContainsFunc(x.Elsewhere, func(e Elsewhere) bool { return e.Capture == other }) {
					continue
				}
				if j := p.seen[k][i].Other; j >= 0 && !p.seen[k][i].Vague {
					x.Elsewhere = append(x.Elsewhere, Elsewhere{other, p.flows[1-k].Packets[j].Frame})
				} else if fate, _ := p.fate(k, i); fate == FateLost || fate == FateUnsent {
					x.Elsewhere = append(x.Elsewhere, Elsewhere{other, 0})
				}
			}
		}
	}
}

// otherEnd gives the pair as an exhibit of its first capture shows it.
func (p *pair) otherEnd(clocks []Clock) *OtherEnd {
	here, there := p.captures[0].Index, p.captures[1].Index
	o := &OtherEnd{Capture: there, Flow: p.flows[1], Nearer: p.near == 1, Lowered: p.lowered, Blind: p.blind}
	if earliest, latest, ok := translate(p.clocks, o.First, there, here); ok {
		o.HasClock, o.Slack, o.ahead = true, (latest-earliest)/2, o.First-earliest-(latest-earliest)/2
		for _, c := range clocks {
			switch {
			case c.HasPPM && c.A == here && c.B == there:
				o.ppm = c.PPM
			case c.HasPPM && c.A == there && c.B == here:
				o.ppm = -c.PPM
			}
		}
	}
	o.Steps = p.steps(o)
	return o
}

// steps puts the packets of both captures into one order: that of the first, and what the second alone holds behind what it holds before, by
// its time if the clocks can be compared.
func (p *pair) steps(o *OtherEnd) []Step {
	mine, theirs := p.seen[0], p.seen[1]
	shown := make([]bool, len(theirs)) // in a row of the first capture
	for _, s := range mine {
		if s.Other >= 0 {
			shown[s.Other] = true
		}
	}
	until := make([]int, len(theirs)+1) // the earliest place of what the second capture holds from here on
	until[len(theirs)] = len(mine)
	for j := len(theirs) - 1; j >= 0; j-- {
		until[j] = until[j+1]
		if theirs[j].Fate == pairing.Same {
			until[j] = min(until[j], theirs[j].Other)
		}
	}
	inserted := make([][]int, len(mine)+1) // before each of the first capture
	at := 0
	for j, s := range theirs {
		if s.Other >= 0 {
			at = max(at, s.Other+1)
		}
		if shown[j] {
			continue
		}
		if when, ok := o.Here(p.flows[1].Packets[j].Time); ok {
			for at < until[j] && p.flows[0].Packets[at].Time <= when {
				at++
			}
		}
		inserted[at] = append(inserted[at], j)
	}
	steps := make([]Step, 0, len(mine)+len(theirs))
	for i := range inserted {
		for _, j := range inserted[i] {
			fate, why := p.fate(1, j)
			steps = append(steps, Step{Here: int32(theirs[j].Other), There: int32(j), Fate: fate, Why: why})
		}
		if i < len(mine) {
			fate, why := p.fate(0, i)
			steps = append(steps, Step{Here: int32(i), There: int32(mine[i].Other), Fate: fate, Why: why, Changed: mine[i].Moved})
		}
	}
	return steps
}
