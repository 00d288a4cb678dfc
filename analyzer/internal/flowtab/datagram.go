package flowtab

import "github.com/capforensics/capforensics/analyzer/flow"

// hear keeps what a payload says.
func (t *Table) hear(l *slot, p *flow.Packet, m *flow.Message) {
	m.Flow, m.Side = l.ID, p.Side
	*t.said.add() = *m
	l.Said++
	if p.Side == flow.Client && l.Named.Name == 0 && m.Name != 0 && m.Talk != flow.SSHBanner {
		l.Named = flow.Named{Name: m.Name, Frame: m.Frame}
	}
}

// followUDP moves a flow's state by one datagram.
func (t *Table) followUDP(l *slot, p *flow.Packet, a *arrival) {
	me := &l.Half[p.Side]
	mine := &l.half[p.Side]
	host := &t.Hosts[me.Host]
	l.clock(p, me)
	host.Packets++
	// Datagrams have no numbers of their own: what they say tells them apart.
	if mine.isDuplicate(p, uint64(p.Digest)<<32|uint64(a.says.Answer)) {
		p.Marks |= flow.Duplicate
		me.Duplicates++
		t.Counts.Duplicates++
		return
	}
	if a.headersCut {
		t.Counts.Cut++
		me.Truncated++
	}
	me.TTL.Add(p.TTL)
	host.TTL.Add(p.TTL)
	if p.Len > 0 {
		me.DataPackets++
	}
	if p.Marks.Has(flow.DontFragment) {
		me.DF++
	} else {
		me.NotDF++
	}
	switch a.says.Talk {
	case flow.DNSQuery:
		mine.messages++
		mine.synTime = p.Time
	case flow.DNSAnswer:
		other := &l.half[p.Side.Other()]
		mine.messages++
		if mine.messages == 1 && other.messages == 1 {
			l.HandshakeRTT = max(1, p.Time-other.synTime)
		}
	}
}

// retireUDP says why a flow of datagrams needs a look.
func (t *Table) retireUDP(l *slot) {
	t.Counts.UDPFlows++
	if l.Said == 0 {
		t.Counts.Unheard++
		return
	}
	c, s := &l.half[flow.Client], &l.half[flow.Server]
	if c.messages > s.messages {
		l.Need |= flow.NeedAnswer
	}
	usual, _ := t.Hosts[l.Half[flow.Server].Host].TTL.Usual()
	if s.messages > c.messages || l.Half[flow.Server].TTL.Distinct() > 1 || s.messages > 0 && !hasTTL(&l.Half[flow.Server].TTL, usual) {
		l.Need |= flow.NeedAnswers
	}
}
