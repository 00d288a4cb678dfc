package flowtab

import (
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// This file keeps connections of different tenants apart that have the same addresses and ports, and puts the frames of one connection together that a
// capture holds under several tenants: before and behind a tunnel's end, under the two labels of its two directions, or on a path that changed.
// The index knows a key once; connections with the same key hang at each other.

const (
	// maxTenants is under how many tenants a connection may be seen: two directions, at two places of the path.
	maxTenants = 4
	// maxSiblings is how many connections with the same addresses and ports are followed at a time, so that looking through them stays short. A monitor
	// that probes each customer's network of a router from one port has some dozens.
	maxSiblings = 64
	// joinWithin is how far the numbers of two halves may be from each other that belong together: a window's worth of data.
	// By chance the random numbers of two connections are so near once in 2^11.
	joinWithin = 1 << 20
	// joinClosely is likewise for two networks that are two by their numbers: an acknowledgment of something just sent, once in 2^16.
	joinClosely = 1 << 15
	// moveWithin is how far the timestamps of a connection may go on, in ticks of mostly a millisecond, where its tunnel changes.
	moveWithin = 60_000
)

// kin is what connections have that were seen in a tunnel, or that are not the only ones with their key.
type kin struct {
	sibling *slot                   // another connection with the same key
	tenants [maxTenants]wire.Tenant // that the connection was seen under
	seen    uint8                   // how many
}

// see notes that the connection was seen under a tenant.
func (l *slot) see(tenant wire.Tenant) {
	k := l.family()
	k.tenants[k.seen] = tenant
	k.seen++
}

// family gives a connection's kin, and makes it if there is none: then the connection was seen without a tunnel, or is new.
func (l *slot) family() *kin {
	if l.kin == nil {
		l.kin = &kin{}
		if l.FirstFrame != 0 {
			l.kin.seen = 1
		}
	}
	return l.kin
}

// tenants gives those that the connection was seen under.
func (l *slot) tenants() []wire.Tenant {
	if l.kin == nil {
		return noTunnel[:]
	}
	return l.kin.tenants[:l.kin.seen]
}

var noTunnel [1]wire.Tenant

// next gives another connection with the same key, or nil.
func (l *slot) next() *slot {
	if l.kin == nil {
		return nil
	}
	return l.kin.sibling
}

// enter makes a new connection findable. Those with the same key are found through the one that is in the index.
func (t *Table) enter(l *slot) {
	head := t.live.find(l.hash, &l.key)
	if head == nil {
		t.live.add(l)
		return
	}
	siblings, last := 1, head
	for last.next() != nil {
		siblings, last = siblings+1, last.next()
	}
	last.family().sibling = l
	if siblings >= maxSiblings {
		head.Split = true
		t.Counts.Evicted++
		t.retire(head)
	}
}

// leave takes a connection out of the index.
func (t *Table) leave(l *slot) {
	head := t.live.find(l.hash, &l.key)
	switch {
	case head == l && l.next() == nil:
		t.live.remove(l)
	case head == l:
		t.live.replace(l, l.next())
	default:
		for head.next() != l {
			head = head.next()
		}
		head.kin.sibling = l.next()
	}
}

// in says that the connection was seen under a tenant.
func (l *slot) in(tenant wire.Tenant) bool {
	for _, t := range l.tenants() {
		if t == tenant {
			return true
		}
	}
	return false
}

// of gives the connection that a frame belongs to among those with its key, or nil: the one that was seen under its tenant; one that
// had the very packet a moment ago; one whose side has been silent and that the numbers fit; or one that went on in another tunnel. Numbers
// have to agree the better the more the tenants say that these are two networks.
func (l *slot) of(a *arrival) *slot {
	for s := l; s != nil; s = s.next() {
		if s.in(a.tenant) {
			return s
		}
	}
	for _, same := range [...]func(*slot, *arrival) bool{(*slot).copied, (*slot).answered, (*slot).moved} {
		for s := l; s != nil; s = s.next() {
			if len(s.tenants()) < maxTenants && same(s, a) {
				s.see(a.tenant)
				return s
			}
		}
	}
	return nil
}

// quoted gives the connection that an ICMP error in a tenant is about: one seen in it, or else the only one.
func (l *slot) quoted(tenant wire.Tenant) *slot {
	for s := l; s != nil; s = s.next() {
		if s.in(tenant) {
			return s
		}
	}
	if l != nil && l.next() != nil {
		return nil
	}
	return l
}

// bare says that either the frame or the connection was seen without a tunnel only.
func (l *slot) bare(tenant wire.Tenant) bool {
	return tenant == 0 || len(l.tenants()) == 1 && l.tenants()[0] == 0
}

// foreign says that the tenants name two networks.
func (l *slot) foreign(tenant wire.Tenant) bool {
	if !tenant.Global() {
		return false
	}
	for _, t := range l.tenants() {
		if t.Global() {
			return true
		}
	}
	return false
}

// copied says that the connection had the very packet a moment ago. Of two tunnels only timestamps tell: two networks that are made alike
// may send packets that agree in all else.
func (l *slot) copied(a *arrival) bool {
	content := uint64(0)
	if l.Proto == flow.UDP {
		content = datagram(a)
	}
	if !l.bare(a.tenant) && !(a.Marks.Has(flow.HasTimestamps) && a.IPID != 0) {
		return false
	}
	return l.half[l.sideOf(a.fromHigh)].had(&a.Packet, printOf(&a.Packet, content))
}

// answered says that the frame comes from the side of which nothing was seen, and answers the other.
func (l *slot) answered(a *arrival) bool {
	side := l.sideOf(a.fromHigh)
	other := &l.Half[side.Other()]
	if l.Half[side].Packets > 0 || other.Packets == 0 {
		return false
	}
	if l.Proto == flow.UDP {
		return !l.foreign(a.tenant)
	}
	within := int32(joinWithin)
	if l.foreign(a.tenant) {
		within = joinClosely
	}
	switch {
	case a.Flags.Any(flow.ACK) && other.HasNext:
		return near(other.Next, a.Ack, within)
	case other.HasAcked:
		return near(other.Acked, a.Seq, within)
	}
	return false
}

// moved says that the connection goes on here, by the numbers of both sides, and by timestamps unless it only left or entered a tunnel
// between two hosts, as where a route changes.
func (l *slot) moved(a *arrival) bool {
	me, other := &l.Half[l.sideOf(a.fromHigh)], &l.Half[l.sideOf(a.fromHigh).Other()]
	if l.Proto == flow.UDP || !a.Flags.Any(flow.ACK) || !me.HasNext || !near(me.Next, a.Seq, joinWithin) {
		return false
	}
	switch {
	case other.HasNext && near(other.Next, a.Ack, joinWithin):
	case !other.HasNext && me.HasAcked && near(me.Acked, a.Ack, joinWithin):
	default:
		return false
	}
	if l.bare(a.tenant) && !a.tenant.Global() && !l.tenants()[0].Global() {
		return true
	}
	return !l.foreign(a.tenant) && a.Marks.Has(flow.HasTimestamps) && me.WithTimestamps > 0 && a.TSval-me.LastTSval < moveWithin
}

func near(a, b flow.Seq, within int32) bool {
	d := b.Sub(a)
	return d <= within && d >= -within
}

// datagram is what tells datagrams of one flow apart beside their headers.
func datagram(a *arrival) uint64 { return uint64(a.Digest)<<32 | uint64(a.says.Answer) }
