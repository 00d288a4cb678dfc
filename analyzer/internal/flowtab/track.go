package flowtab

import "github.com/capforensics/capforensics/analyzer/flow"

const (
	// duplicateWithin is how close two copies of one packet are: mirroring and bridges add microseconds, a router between the two
	// capture points a few milliseconds. A retransmission is further away: the least timer is 10 ms (RACK) on a path of no length.
	duplicateWithin = 5e3 // µs
	// reorderWithin is how late a packet may be and still be called out of order instead of retransmitted; Wireshark uses the
	// same 3 ms where it knows no round trip.
	reorderWithin = 3e6
	// idleNotable is a silence after which timers of devices matter: the shortest found in use is 30 s.
	idleNotable = 30e9
	// stallNotable is how long a request may be without answer before somebody waits for it.
	stallNotable = 1e9
	defaultMSS   = 1460
)

// follow moves the connection's state by one packet and marks what is odd about it.
func (t *Table) follow(l *slot, p *flow.Packet, a *arrival) {
	me, peer := &l.Half[p.Side], &l.Half[p.Side.Other()]
	mine := &l.half[p.Side]

	l.clock(p, me)
	host := &t.Hosts[me.Host]
	host.Packets++
	host.Last, host.LastAt = p.Time, p.Frame

	noteOptions(me, p, &a.options)
	if mine.isDuplicate(p, 0) {
		p.Marks |= flow.Duplicate
		me.Duplicates++
		if !p.Flags.Any(flow.RST) {
			t.Counts.Duplicates++
		}
	}
	if a.headersCut {
		t.Counts.Cut++
		me.Truncated++
	}
	if p.Flags.Any(flow.RST) {
		t.Counts.Resets++
		l.reset(p, me)
		return
	}
	if p.Marks.Any(flow.Duplicate) {
		return
	}
	l.tallies(t, p, me, peer)
	if p.Flags.Any(flow.SYN) {
		l.syn(p, me, mine)
		host := &t.Hosts[me.Host]
		if p.Flags.Any(flow.ACK) && l.HandshakeRTT > 0 && me.SYNs == 1 {
			host.RTT.Add(l.HandshakeRTT)
			host.MinRTT = host.RTT.Quantile(0)
		}
		if !p.Flags.Any(flow.ACK) && me.SYNs == 1 && me.Host != 0 && p.Marks.Has(flow.HasTimestamps) {
			l.stamp(p, &host.Newest)
		}
	}
	if p.Len > 0 && me.SeenSYN && p.Seq == me.ISN.Add(1) {
		opens(me, p)
	}
	l.sequence(p, me, mine)
	if p.Flags.Any(flow.ACK) {
		t.acknowledge(l, p, me, peer)
	}
}

// clock notes when a flow and a side of it were seen, and counts the packet.
func (l *slot) clock(p *flow.Packet, me *flow.Half) {
	if l.FirstFrame == 0 {
		l.First, l.FirstFrame = p.Time, p.Frame
	} else if idle := p.Time - l.Last; idle > l.LongestIdle {
		l.LongestIdle = idle
	}
	l.Last, l.LastFrame = max(l.Last, p.Time), p.Frame
	if me.Packets == 0 {
		me.FirstTime, me.FirstFrame = p.Time, p.Frame
	}
	me.LastTime, me.LastFrame = p.Time, p.Frame
	me.Packets++
	me.Bytes += uint64(p.Len)
}

// noteOptions keeps what the options of a segment tell of its sender.
func noteOptions(me *flow.Half, p *flow.Packet, o *options) {
	switch {
	case p.Marks.Has(flow.HasTimestamps):
		me.WithTimestamps++
		me.LastTSval = p.TSval
	case !p.Marks.Has(flow.HasOptions):
		me.NoOption++
		return
	}
	if p.Flags.Any(flow.SYN) {
		if o.mss > 0 {
			me.MSS = o.mss
		}
		if o.wscale >= 0 {
			me.WScale = o.wscale
		}
		me.SACKPermitted, me.TimestampsOffered = o.sackPermitted, p.Marks.Has(flow.HasTimestamps)
	}
}

// isDuplicate says that the same packet was captured a moment ago, and remembers this one. The IP-ID decides, as every stack that counts takes a new
// one for a retransmission; where it is zero or absent, only packets that carry something and agree in everything else count.
func (m *tracker) isDuplicate(p *flow.Packet, content uint64) bool {
	now := printOf(p, content)
	twice := m.had(p, now)
	m.recent[m.recentAt&7] = now
	m.recentAt++
	return twice
}

// had says that a packet with this print was captured a moment ago.
func (m *tracker) had(p *flow.Packet, now print) bool {
	for i := range m.recent {
		r := &m.recent[i]
		if r.mark == now.mark && now.time-r.time <= duplicateWithin {
			return p.IPID != 0 || p.Carries() || p.Flags.Any(flow.RST)
		}
	}
	return false
}

// printOf mixes all that two copies of a packet have in common. By chance two packets of a flow agree once in 2^32, and then have to be near in time.
func printOf(p *flow.Packet, content uint64) print {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(p.Seq)<<32 | uint64(p.Ack) ^ content
	for _, v := range [2]uint64{uint64(p.Len)<<32 | uint64(p.TSval), uint64(p.Flags)<<32 | uint64(p.IPID)<<16 | uint64(p.Window)} {
		h = (h ^ h>>29) * prime
		h ^= v
	}
	return print{uint32(p.Time / 1000), uint32((h^h>>32)*prime>>32) | 1}
}

// stamp compares the timestamp of a SYN with the highest that its address has sent of late.
func (l *slot) stamp(p *flow.Packet, newest *flow.Stamp) {
	l.compared = newest.Recent(p.Time)
	if newest.Before(p.TSval, p.Time) {
		l.Elder = *newest
	} else {
		*newest = flow.Stamp{TSval: p.TSval, Frame: p.Frame, Time: p.Time}
	}
}

// fared counts what became of a SYN whose address had sent another of late.
func (l *slot) fared(tally *flow.StampTally) {
	behind, answered := l.Elder.Frame != 0, l.Half[flow.Server].Packets > 0
	switch {
	case behind && answered:
		tally.BehindAnswered++
	case behind:
		tally.BehindIgnored++
	case answered:
		tally.AheadAnswered++
	default:
		tally.AheadIgnored++
	}
}

func (l *slot) reset(p *flow.Packet, me *flow.Half) {
	me.RSTs++
	l.Note('r', p.Side, 1)
	if l.FirstRSTFrame == 0 {
		l.FirstRSTFrame, l.FirstRSTTime, l.FirstRSTSide = p.Frame, p.Time, p.Side
	}
	l.Need |= flow.NeedRST
}

// tallies counts the fields by which a sender can be told from another.
func (l *slot) tallies(t *Table, p *flow.Packet, me, peer *flow.Half) {
	if p.TTL > flow.MaxProbeTTL || p.Flags&(flow.SYN|flow.ACK) != flow.SYN { // a probe does not show how far its host is
		t.Hosts[me.Host].TTL.Add(p.TTL)
	}
	if p.Flags.Any(flow.SYN) {
		if me.TTL.Open == 0 {
			me.TTL.Open = p.TTL
		}
	} else {
		me.TTL.Add(p.TTL)
		me.Window.Add(p.Window)
		if p.Window == 0 {
			l.Note('w', p.Side, me.Window.Zeros)
			l.Need |= flow.NeedStall
		}
	}
	if p.Marks.Has(flow.DontFragment) {
		me.DF++
		t.Hosts[me.Host].DF++
	} else {
		me.NotDF++
		t.Hosts[me.Host].NotDF++
	}
	mss := maxSegment(peer)
	wire := uint32(1)
	if p.Len > mss {
		p.Marks |= flow.Offloaded
		me.Offloads++
		t.Counts.Offloaded++
		wire = (p.Len + mss - 1) / mss
	}
	if p.Marks.Any(flow.IPv6|flow.Fragment) || p.Flags.Any(flow.SYN) || p.IPID == 0 && me.IPID.N > me.IPID.Zeros {
		return
	}
	me.IPID.Add(p.IPID, uint16(min(wire, 1<<15)))
	if me.Host != 0 {
		t.Hosts[me.Host].IPID.Add(p.IPID, uint16(min(wire, 1<<15)))
	}
}

// maxSegment gives how much a side takes in one segment.
func maxSegment(h *flow.Half) uint32 {
	if h.MSS > 0 {
		return uint32(h.MSS)
	}
	return defaultMSS
}

// opens keeps what a side says first.
func opens(me *flow.Half, p *flow.Packet) {
	if me.Opening == 0 {
		me.Opening, me.OpeningHeard = p.Digest, p.Heard
	}
}

func (l *slot) syn(p *flow.Packet, me *flow.Half, mine *tracker) {
	me.SYNs++
	if !me.SeenSYN {
		me.SeenSYN, me.ISN, me.SYNIPID, me.SYNWindow, me.SYNTSval = true, p.Seq, p.IPID, p.Window, p.TSval
	}
	switch {
	case !p.Flags.Any(flow.ACK):
		l.Note('s', p.Side, 1)
		mine.synTime = p.Time // of the last one: a SYN/ACK answers the SYN that arrived
	case l.HandshakeRTT == 0 && l.Half[flow.Client].SYNs == 1:
		l.HandshakeRTT = p.Time - l.half[flow.Client].synTime
		fallthrough
	default:
		l.Note('h', p.Side, 1)
		mine.synTime = p.Time
	}
}

// sequence compares the packet with what its side sent before.
func (l *slot) sequence(p *flow.Packet, me *flow.Half, mine *tracker) {
	end := p.End()
	if !mine.hasBase {
		mine.base, mine.hasBase = p.Seq, true
		if !p.Flags.Any(flow.SYN) {
			mine.base--
		}
	}
	switch {
	case p.Len > 0:
		me.DataPackets++
		l.Note('d', p.Side, 1)
	case !p.Flags.Any(flow.SYN | flow.FIN):
		me.PureACKs++
		l.Note('a', p.Side, 1)
	}
	if p.Flags.Any(flow.FIN) {
		me.FINs++
		l.Note('f', p.Side, 1)
	}
	if !me.HasNext || p.Flags.Any(flow.SYN) && p.Seq == me.ISN && me.SYNs == 1 { // what came before its SYN was late, of an earlier connection
		me.Next, me.HasNext, mine.advanced = end, true, p.Time
		mine.sample(p, end)
		if p.Len > 0 {
			mine.lastData = p.Time
		}
		return
	}
	switch {
	case p.Len <= 1 && p.Seq == me.Next-1 && !p.Flags.Any(flow.SYN|flow.FIN) && me.Packets > 2:
		p.Marks |= flow.KeepAlive
		me.KeepAlives++
	case !p.Carries():
		if me.Next.Less(p.Seq) { // a pure ACK sits at the next sequence number: what came before it is missing here
			l.gap(p, me, mine)
			me.Next = p.Seq
		}
	case end.LessEq(me.Next):
		if mine.hole && mine.holeLow.LessEq(p.Seq) && end.LessEq(mine.holeHigh) && p.Time-mine.advanced < max(reorderWithin, l.HandshakeRTT/4) {
			p.Marks |= flow.OutOfOrder
			me.OutOfOrders++
		} else {
			p.Marks |= flow.Retransmitted
			me.Retransmissions++
			l.Note('t', p.Side, me.Retransmissions)
			mine.rttSent = 0 // Karn: an ACK no longer says which copy it answers
			mine.unanswered++
		}
	case p.Seq.Less(me.Next):
		p.Marks |= flow.Overlapping
		me.Overlaps++
		me.Next, mine.advanced = end, p.Time
	default:
		if me.Next.Less(p.Seq) {
			l.gap(p, me, mine)
		}
		me.Next, mine.advanced = end, p.Time
		mine.sample(p, end)
	}
	if p.Len > 0 && p.Marks&(flow.Retransmitted|flow.KeepAlive) == 0 {
		if p.Side == flow.Server {
			l.slow(p.Time, mine.lastData)
		}
		mine.lastData = p.Time
	}
}

// slow notices that the server's data came long after the client's, to which it is the first.
func (l *slot) slow(now, before int64) {
	if asked := l.half[flow.Client].lastData; asked > before && now-asked >= stallNotable {
		l.Need |= flow.NeedStall
	}
}

func (l *slot) gap(p *flow.Packet, me *flow.Half, mine *tracker) {
	p.Marks |= flow.AfterGap
	me.Gaps++
	l.Note('g', p.Side, me.Gaps)
	mine.hole, mine.holeLow, mine.holeHigh = true, me.Next, p.Seq
}

// sample begins a round-trip measurement if none is under way.
func (m *tracker) sample(p *flow.Packet, end flow.Seq) {
	if m.rttSent == 0 && p.Len > 0 {
		m.rttEnd, m.rttSent, m.rttLen = end, p.Time, uint16(min(p.Len, 1<<16-1))
	}
}

// acknowledge compares the acknowledgment number with what the other side sent.
func (t *Table) acknowledge(l *slot, p *flow.Packet, me, peer *flow.Half) {
	other := &l.half[p.Side.Other()]
	if peer.HasNext && peer.Next.Less(p.Ack) {
		p.Marks |= flow.AcksUnseen
		me.AcksUnseen++
		t.Counts.AcksUnseen++
		peer.Next = p.Ack
	} else if !peer.HasNext && (me.HasAcked && me.Acked.Less(p.Ack) || !me.HasAcked && me.SeenSYN) { // of the latter the SYN/ACK is missing
		p.Marks |= flow.AcksUnseen
		me.AcksUnseen++
		t.Counts.AcksUnseen++
	}
	if !me.HasAcked || me.Acked.Less(p.Ack) {
		me.Acked, me.HasAcked = p.Ack, true
		other.unanswered = 0
	}
	if other.rttSent != 0 && other.rttEnd.LessEq(p.Ack) {
		rtt := p.Time - other.rttSent
		if least := &l.MinRTT[p.Side.Other()]; rtt > 0 && (*least == 0 || rtt < *least) {
			*least = rtt
		}
		host := &t.Hosts[me.Host]
		host.Took = max(host.Took, min(uint32(other.rttLen), maxSegment(me)))
		other.rttSent = 0
	}
	if p.Side == flow.Client && l.ClientRTT == 0 && peer.SYNs == 1 && p.Ack == peer.ISN.Add(1) && !p.Flags.Any(flow.SYN) {
		l.ClientRTT = max(1, p.Time-l.half[flow.Server].synTime)
	}
}

// finish says why the connection needs a look.
func (l *slot) finish() {
	for side := range l.Half {
		me, peer := &l.Half[side], &l.Half[1-side]
		if me.Retransmissions+me.Gaps+me.OutOfOrders > 0 {
			l.Need |= flow.NeedLoss
		}
		if me.Overlaps > 0 {
			l.Need |= flow.NeedOverlap
		}
		if me.TTL.Distinct() > 1 || me.SeenSYN && me.TTL.Total() > 0 && !hasTTL(&me.TTL, me.TTL.Open) {
			l.Need |= flow.NeedTTL
		}
		if me.HasNext && me.Bytes > 0 && (!peer.HasAcked || peer.Acked.Less(me.Next)) && l.half[side].unanswered > 0 {
			l.Need |= flow.NeedUnanswered
		}
		if me.SYNs > 0 && peer.Packets == 0 {
			l.Need |= flow.NeedUnanswered
		}
	}
	c, s := &l.Half[flow.Client], &l.Half[flow.Server]
	// Most of what is open when a capture ends is alive and well.
	if l.FirstRSTFrame == 0 && c.FINs+s.FINs == 0 && (c.Bytes+s.Bytes == 0 || c.AcksUnseen+s.AcksUnseen > 0) {
		l.Need |= flow.NeedNoClose
	}
	if asked := l.half[flow.Client].lastData; asked > l.half[flow.Server].lastData && l.Last-asked >= stallNotable {
		l.Need |= flow.NeedStall
	}
	if l.LongestIdle > idleNotable {
		l.Need |= flow.NeedIdle
	}
}

func hasTTL(t *flow.TTLTally, ttl uint8) bool {
	for i, v := range t.Values {
		if v == ttl && t.Counts[i] > 0 {
			return true
		}
	}
	return false
}
