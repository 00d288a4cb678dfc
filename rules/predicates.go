package rules

import (
	"fmt"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// isReset says that a packet is a reset worth a look: captured duplicates of one are left out where the capture duplicates
// ordinary packets too, and kept where it does not, because injectors do repeat themselves.
func isReset(pass *analyzer.Pass, p *flow.Packet) bool {
	return p.IsTCP() && p.Flags.Any(flow.RST) && !(p.Marks.Has(flow.Duplicate) && duplicates(pass.Capture))
}

// duplicates says that the capture holds ordinary packets twice: more than one in a hundred. One network adapter that
// captures each packet once has none; a mirror port or bridge that doubles has half.
func duplicates(c *analyzer.Capture) bool {
	return c != nil && c.Health.DuplicateShare() > 0.01
}

// ordinary says that a packet shows how its sender usually sends: neither a reset nor a SYN, and captured once.
func ordinary(p *flow.Packet) bool {
	return p.IsTCP() && !p.Flags.Any(flow.RST|flow.SYN) && !p.Marks.Has(flow.Duplicate)
}

// passive says that a reset has the form in which a kernel without a socket answers: RFC 9293, section 3.10.7.1. Its
// sequence number comes from the packet it answers, so it carries no state of the sender at all. Windows repeats the
// sequence number in the acknowledgment field.
func passive(p *flow.Packet) bool {
	return p.Flags&(flow.RST|flow.ACK) == flow.RST && (p.Ack == 0 || p.Ack == p.Seq) && p.Window == 0 && p.Len == 0 && !p.Marks.Has(flow.HasOptions)
}

// refusal says that a reset has the form in which a kernel answers a SYN to a port where nothing listens.
func refusal(p *flow.Packet) bool {
	return p.Flags.Has(flow.RST|flow.ACK) && p.Seq == 0 && p.Window == 0 && p.Len == 0 && !p.Marks.Has(flow.HasOptions)
}

// oneOfTwo says that two packets are one, before and after a device that forwards it and changes what it says, on which the capture was taken: it keeps
// the identification and takes one from the TTL.
func oneOfTwo(pass *analyzer.Pass, p, q *flow.Packet) bool {
	const forwarded = int64(50 * time.Millisecond)
	return abs(int(p.TTL)-int(q.TTL)) == 1 && abs(int(p.Time-q.Time)) <= int(forwarded) && (p.IPID != 0 && p.IPID == q.IPID || p.IPID == 0 && q.IPID == 0 && duplicates(pass.Capture))
}

// usualTTL gives the most frequent TTL of a side, SYNs and resets left out, and how many packets had it; the tally covers flows of
// any length.
func usualTTL(h *flow.Half) (ttl uint8, times uint32) { return h.TTL.Usual() }

// sentWith gives the TTL of a side's packets, its SYN among them if that has the same, and how many there were.
func sentWith(h *flow.Half) (ttl uint8, times uint32) {
	ttl, times = h.TTL.Usual()
	if open := h.TTL.Open; open != 0 && (times == 0 || open == ttl) {
		return open, times + 1
	}
	return ttl, times
}

// farFromAll says that a TTL differs from all that a host's packets of other connections arrived with, by more than equal-cost paths
// do, in whatever way it is read.
func farFromAll(host *flow.Host, ttl uint8) bool {
	if host == nil || host.TTL.Total() < minTTLSamples || host.TTL.Others > 0 {
		return false
	}
	for k, v := range host.TTL.Values {
		if host.TTL.Counts[k] > 0 && min(abs(int(ttl)-int(v)), abs(flow.Hops(ttl)-flow.Hops(v))) <= nearTTL {
			return false
		}
	}
	return true
}

// local says that a side is the capturing host: all its packets left with an initial TTL, while the other side's did not.
func local(f *flow.Flow, side flow.Side) bool {
	mine, n := usualTTL(&f.Half[side])
	theirs, m := usualTTL(&f.Half[side.Other()])
	if n == 0 {
		mine = f.Half[side].TTL.Open
	}
	if m == 0 {
		theirs = f.Half[side.Other()].TTL.Open
	}
	return mine != 0 && flow.Hops(mine) == 0 && theirs != 0 && flow.Hops(theirs) != 0
}

// atHost says that a side of the flow is the host that the capture was taken on: the capture's vantage point where the whole
// capture showed it, and this flow does not contradict it.
func atHost(c *analyzer.Capture, f *flow.Flow, side flow.Side) bool {
	switch c.Member.Role {
	case analyzer.AtClient:
		return side == flow.Client && flow.Hops(openTTL(&f.Half[side])) == 0
	case analyzer.AtServer:
		return side == flow.Server && flow.Hops(openTTL(&f.Half[side])) == 0
	}
	return local(f, side)
}

// openTTL gives the TTL of a side's ordinary packets, or of its SYN if there are none; 0 if there is neither.
func openTTL(h *flow.Half) uint8 {
	if ttl, n := h.TTL.Usual(); n > 0 {
		return ttl
	}
	return h.TTL.Open
}

// lastBefore gives the last packet of a side before index i for which want holds, or nil.
func lastBefore(f *flow.Flow, i int, side flow.Side, want func(*flow.Packet) bool) *flow.Packet {
	for i--; i >= 0; i-- {
		if p := &f.Packets[i]; p.Side == side && p.IsTCP() && want(p) {
			return p
		}
	}
	return nil
}

// firstAfter gives the first packet of a side after index i for which want holds, or nil.
func firstAfter(f *flow.Flow, i int, side flow.Side, want func(*flow.Packet) bool) *flow.Packet {
	for i++; i < len(f.Packets); i++ {
		if p := &f.Packets[i]; p.Side == side && p.IsTCP() && want(p) {
			return p
		}
	}
	return nil
}

// indexOf gives where a packet of the flow stands in it.
func indexOf(f *flow.Flow, p *flow.Packet) int {
	for i := range f.Packets {
		if &f.Packets[i] == p {
			return i
		}
	}
	return len(f.Packets)
}

// trigger gives the packet that a reset seems to react to: the last of the other side that carried something.
func trigger(f *flow.Flow, i int) *flow.Packet {
	return lastBefore(f, i, f.Packets[i].Side.Other(), func(p *flow.Packet) bool { return p.Carries() && !p.Flags.Any(flow.RST) })
}

// minRTT gives the shortest time in which the far end ever answered the given side at this capture point, nanoseconds; 0 if
// nothing was measured. A handshake that a SYN proxy answered only makes it smaller, which errs on the side of silence.
func minRTT(f *flow.Flow, asking flow.Side) int64 {
	rtt := f.MinRTT[asking]
	shake := f.HandshakeRTT
	if asking == flow.Server {
		shake = f.ClientRTT
	}
	if shake > 0 && (rtt == 0 || shake < rtt) {
		rtt = shake
	}
	return rtt
}

// resolution gives the least difference between two times that this capture can show.
func resolution(pass *analyzer.Pass) int64 { return max(pass.Capture.Health.Resolution, 1000) }

// stale says that a reset may have come late, from an earlier connection on the same ports: it stands before this one's own numbers or far
// from them, or the earlier one is in the capture, and the reset's sender has only begun to open this one.
func stale(f *flow.Flow, p *flow.Packet) bool {
	half := &f.Half[p.Side]
	return !refusal(p) && (half.SeenSYN && p.Seq.LessEq(half.ISN) || half.HasNext && distance(p.Seq, half.Next) > strayDistance || f.Reused && !spoken(f, p))
}

// spoken says that the sender of a reset had sent anything but SYNs on this connection before it.
func spoken(f *flow.Flow, reset *flow.Packet) bool {
	for _, p := range f.From(reset.Side) {
		if p.Frame >= reset.Frame {
			return false
		}
		if ordinary(p) {
			return true
		}
	}
	return false
}

// thinned says that the capture holds neither data nor pure acknowledgments of a connection that was opened, or is known by its resets
// alone: a filter on flags, as in tcpdump 'tcp[13] & 7 != 0', leaves it so, and what was sent cannot be told.
func thinned(f *flow.Flow) bool {
	for i := range f.Packets {
		if p := &f.Packets[i]; p.IsTCP() && !p.Flags.Any(flow.SYN|flow.FIN|flow.RST) {
			return false
		}
	}
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	return s.SYNs > 0 || c.SYNs == 0 || s.Packets == 0
}

// scaled says that the capture shows how a side scales its windows: its SYN is in it, whole.
func scaled(f *flow.Flow, side flow.Side) bool {
	for _, p := range f.From(side) {
		if p.Flags.Any(flow.SYN) {
			return !p.Marks.Has(flow.Truncated)
		}
	}
	return false
}

// edge gives the end of the window that an acknowledgment leaves to the other side.
func edge(f *flow.Flow, p *flow.Packet) flow.Seq {
	window := uint32(p.Window)
	if me := &f.Half[p.Side]; me.WScale > 0 && f.Half[p.Side.Other()].WScale >= 0 && !p.Flags.Any(flow.SYN) { // never scaled in a SYN
		window <<= min(me.WScale, 14)
	}
	return p.Ack.Add(window)
}

// earlierReset gives the first reset of either side before index i, or nil.
func earlierReset(f *flow.Flow, i int) *flow.Packet {
	for k := range i {
		if p := &f.Packets[k]; p.IsTCP() && p.Flags.Any(flow.RST) {
			return p
		}
	}
	return nil
}

// since gives the time since a connection began, in seconds: tcp.time_relative in Wireshark.
func since(f *flow.Flow, t int64) string { return fmt.Sprintf("%.6f", float64(t-f.First)/1e9) }

// ending tells where a packet has to begin in order to end at a sequence number. Wireshark shows where a packet ends only relative to the
// initial sequence number, and raw where it begins.
func ending(p *flow.Packet, at flow.Seq) string {
	return fmt.Sprintf("%d - %d", uint32(at), p.End().Sub(p.Seq))
}

func dur(ns int64) time.Duration { return time.Duration(ns) }

func sprint(v any) string { return fmt.Sprint(v) }
