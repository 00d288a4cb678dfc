package rules

import (
	"math/bits"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// oddities are the ways in which one packet differs from the others of the host that it claims to come from. Hosts send an odd packet now and
// then; one that is odd in two independent ways was built elsewhere.
type oddities uint8

const (
	oddTTL    oddities = 1 << iota // another distance than the packets before and after it
	oddDF                          // may be fragmented, unlike the host's other packets
	oddStamps                      // without the timestamps that the host sends
	oddID                          // the IP identification of the packet that it answers
	oddWindow                      // a window in a reset that acknowledges nothing
	oddFlags                       // a reset with flags that no kernel sets
)

func (o oddities) count() int             { return bits.OnesCount8(uint8(o)) }
func (o oddities) any(want oddities) bool { return o&want != 0 }

// fewOdd is how many packets of a connection may share an oddity: an injected answer fills a segment or two, and resets come in threes. More of
// them are the host's own habit, or a second path.
const fewOdd = 3

// oddnessOf compares the packet at index i, which answers t if that is not nil, with the other packets of its sender on this connection.
func oddnessOf(pass *analyzer.Pass, f *flow.Flow, i int, t *flow.Packet) oddities {
	p := &f.Packets[i]
	half := &f.Half[p.Side]
	odd := oddities(0)
	if p.Flags.Any(flow.RST) {
		if !p.Flags.Any(flow.ACK) && p.Window != 0 {
			odd |= oddWindow
		}
		if p.Flags.Any(flow.Reserved|flow.SYN|flow.URG|flow.ECE|flow.CWR) && lastBefore(f, i, p.Side, func(q *flow.Packet) bool {
			return ordinary(q) && q.Flags.Any(p.Flags&^(flow.RST|flow.ACK|flow.PSH|flow.FIN))
		}) == nil {
			odd |= oddFlags
		}
	}
	usual, times := sentWith(half)
	if times >= minTTLSamples && p.TTL != usual && flow.Hops(p.TTL) != flow.Hops(usual) && half.TTL.Count(p.TTL) <= fewOdd && half.TTL.Open != p.TTL &&
		!(abs(int(p.TTL)-int(usual)) == 1 && duplicates(pass.Capture)) {
		if p.Flags.Any(flow.RST) || firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return ordinary(q) && q.TTL == usual }) != nil {
			odd |= oddTTL
		}
	}
	if half.DF >= minDFSamples && half.NotDF <= fewOdd && !p.Marks.Any(flow.DontFragment|flow.IPv6|flow.Fragment) {
		odd |= oddDF
	}
	if !p.Marks.Any(flow.HasTimestamps|flow.Truncated) && !(p.Flags.Any(flow.RST) && (passive(p) || refusal(p) || bsd(half))) && stampsBut(f, p.Side, fewOdd) {
		odd |= oddStamps
	}
	if t != nil && p.IPID != 0 && p.IPID == t.IPID && !p.Marks.Has(flow.IPv6) && !near(half, p.IPID) &&
		f.Half[t.Side].IPID.Policy() != flow.IPIDConst && half.SYNIPID != f.Half[t.Side].SYNIPID { // a proxy that does so in the handshake already is no forger
		odd |= oddID
	}
	return odd
}

// near says that a host's own counter stands where an identification is.
func near(half *flow.Half, id uint16) bool {
	policy := half.IPID.Policy()
	return policy == flow.IPIDConst || policy.Counts() && min(step(policy, half.IPID.Last, id), step(policy, id, half.IPID.Last)) <= maxLostIDs
}

// stampsBut says that a side sends timestamps (RFC 7323, section 3.2: once agreed upon, in every segment), and that at most so many of its
// packets are without.
func stampsBut(f *flow.Flow, side flow.Side, few int) bool {
	half := &f.Half[side]
	if !half.TimestampsOffered || !f.Half[side.Other()].TimestampsOffered || int64(half.Packets)-int64(half.WithTimestamps)-int64(half.RSTs+half.Duplicates) > int64(few) {
		return false // by what was counted already, whatever the length of the connection
	}
	with, without := 0, 0
	for _, p := range f.From(side) {
		switch {
		case !ordinary(p) || p.Marks.Has(flow.Truncated):
		case p.Marks.Has(flow.HasTimestamps):
			with++
		default:
			without++
		}
	}
	return with >= minTTLSamples && without <= few
}

// oddAnswers gives the packets with data or FIN that were built unlike the others of their sender: odd in two ways at least, one of them among want.
func oddAnswers(pass *analyzer.Pass, f *flow.Flow, want oddities) (found []*flow.Packet, odd oddities) {
	var last [2]*flow.Packet // of each side, that carried something: looking back from each packet would take time by the square of their number
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || !p.Carries() || p.Flags.Any(flow.RST) {
			continue
		}
		last[p.Side] = p
		if !ordinary(p) || p.Marks.Has(flow.KeepAlive) {
			continue
		}
		if o := oddnessOf(pass, f, i, last[p.Side.Other()]); o.count() >= 2 && o.any(want) && len(found) < fewOdd {
			found, odd = append(found, p), odd|o
		}
	}
	return found, odd
}
