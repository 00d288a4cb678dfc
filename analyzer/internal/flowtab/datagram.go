package flowtab

import "github.com/capforensics/capforensics/analyzer/flow"

// leastMSS is what the first segment of a hello in several segments holds at least: RFC 9293, section 3.7.1.
const leastMSS = 536

// hear keeps what a payload says.
func (t *Table) hear(l *slot, p *flow.Packet, m *flow.Message) {
	m.Flow, m.Side = l.ID, p.Side
	*t.said.add() = *m
	l.Said++
	if m.Talk == flow.TLSClientHello || m.Talk == flow.TLSServerHello {
		if at := p.Seq.Sub(l.Half[p.Side].ISN.Add(1)); at == 0 || at >= leastMSS { // behind STARTTLS it is not what the side opened with
			l.Half[p.Side].OpeningRandom = true
		}
	}
	switch {
	case m.Talk == flow.TLSAlert && m.Code != flow.SecretAlert && m.Code>>8 == flow.FatalAlert, m.Talk == flow.QUICClose:
		l.Need |= flow.NeedAlert
	case m.Bits&flow.OtherKind != 0:
		l.Need |= flow.NeedAnswers
	}
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
	if mine.isDuplicate(p, datagram(a)) {
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
	if p.TTL > flow.MaxProbeTTL || a.says.Talk != flow.NoTalk { // a probe does not show how far its host is
		host.TTL.Add(p.TTL)
	}
	if p.Len > 0 {
		me.DataPackets++
	}
	opens(me, p)
	if p.Marks.Has(flow.DontFragment) {
		me.DF++
	} else {
		me.NotDF++
	}
	if a.says.Talk != flow.NoTalk {
		mine.talk = a.says.Talk
	}
	other := &l.half[p.Side.Other()]
	switch a.says.Talk {
	case flow.DNSQuery:
		again := mine.messages > 0 && mine.asked == a.says.ID
		mine.messages++
		mine.synTime, mine.asked, mine.bits = p.Time, a.says.ID, a.says.Bits
		mine.rttSent = p.Time
		if again {
			mine.rttSent = 0 // Karn: an answer no longer says which copy it answers
		}
	case flow.Request:
		mine.messages++
		mine.synTime = p.Time
	case flow.DNSAnswer, flow.Reply:
		mine.messages++
		if mine.messages == 1 && other.messages == 1 {
			l.HandshakeRTT = max(1, p.Time-other.synTime)
		}
		if a.says.Talk == flow.DNSAnswer && other.rttSent != 0 && other.asked == a.says.ID {
			resolved(host, p, a.says.Bits, other)
		}
	}
}

// resolved counts an answer that arrived as the resolver's packets do: how long it took, and whether it has the OPT record of its query.
func resolved(host *flow.Host, p *flow.Packet, bits flow.MessageBits, query *tracker) {
	if usual, _ := host.TTL.Usual(); usual != p.TTL {
		return
	}
	host.Asked.Add(max(1, p.Time-query.rttSent))
	query.rttSent = 0
	switch {
	case query.bits&flow.Extended == 0:
	case bits&flow.Extended != 0:
		host.Echoed++
	default:
		host.Bare++
	}
}

// retireUDP says why a flow of datagrams needs a look.
func (t *Table) retireUDP(l *slot) {
	t.Counts.UDPFlows++
	if l.Unheard() {
		t.Counts.Unheard++
		return
	}
	c, s := &l.half[flow.Client], &l.half[flow.Server]
	if c.messages > s.messages {
		l.Need |= flow.NeedAnswer
	}
	if c.talk.IsQUIC() && l.Half[flow.Client].LastTime-l.Half[flow.Server].LastTime >= stallNotable {
		l.Need |= flow.NeedAnswer
	}
	usual, _ := t.Hosts[l.Half[flow.Server].Host].TTL.Usual()
	if asked := &t.Hosts[l.Half[flow.Server].Host].Asked; asked.N > 0 && l.HandshakeRTT > 0 && l.HandshakeRTT < asked.Quantile(0) {
		l.Need |= flow.NeedAnswers
	}
	if s.messages > c.messages || l.Half[flow.Server].TTL.Distinct() > 1 || s.messages > 0 && !hasTTL(&l.Half[flow.Server].TTL, usual) {
		l.Need |= flow.NeedAnswers
	}
}
