package flowtab

import (
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// Bounds of the live table. A slot takes at most 1 KiB.
const (
	maxLive  = 1 << 16 // connections followed at a time: more than a busy server's port has open
	someLive = 1 << 13 // from here on those that are long over leave as new ones come
	manyLive = 1 << 14 // and from here on those that are just over
	maxHosts = 1 << 14 // senders whose shared IP-ID counter is followed
	maxICMP  = 1 << 10 // distinct senders of ICMP errors kept
)

// Counts is what the whole capture showed, for its health.
type Counts struct {
	TCP, UDP, ICMP           uint64
	Resets                   uint64
	Duplicates               uint64 // resets left out: injectors repeat them
	AcksUnseen               uint64
	Offloaded, Cut           uint64
	Flows, OneWay, MidStream uint64 // TCP
	UDPFlows                 uint64
	Unheard                  uint64 // UDP flows whose payload nothing here understands
	Unnamed                  uint64 // names and answers in payloads that were not kept, as there are too many
	Evicted                  uint64 // flows that left the live table because it was full
	StrayICMP                uint64 // ICMP errors that quote a flow which this capture does not hold
	OtherICMP                uint64 // ICMP errors that quote neither TCP nor UDP, or too little of it
	CutICMP                  uint64 // those of them that quote a TCP segment and were cut before its ports
	CutICMPAt                int64  // time of the last of these
	CutICMPFrame             uint32 // its frame
	UnknownSenders           uint64 // ICMP errors whose sender was not kept
}

// Table follows the connections of one capture.
type Table struct {
	Counts  Counts
	Hosts   []flow.Host     // index 0 stands for all beyond maxHosts
	Senders []flow.Endpoint // of ICMP errors

	seed    maphash.Seed
	live    index
	slots   []*slot // used and free ones
	free    []*slot
	hand    int // of the clock that looks for a flow to evict
	hostOf  map[hostKey]uint32
	flows   *spool[flow.Summary]
	packets *spool[flow.Packet]
	said    *spool[flow.Message]
	nextID  uint32
	now     int64
	intake  intake
	listener
	touched uint8 // see slot.touch
	failed  error
}

// New makes a table that keeps at most memory bytes of flows and packets in memory and the rest in a file in dir.
func New(memory int64, dir string) *Table {
	return &Table{
		seed: maphash.MakeSeed(), hostOf: make(map[hostKey]uint32), Hosts: make([]flow.Host, 1),
		flows: newSpool[flow.Summary](memory/3, dir), packets: newSpool[flow.Packet](memory/2, dir),
		said: newSpool[flow.Message](memory-memory/3-memory/2, dir),
	}
}

// Close frees the table and removes its temporary files.
func (t *Table) Close() {
	t.settle()
	t.flows.close()
	t.packets.close()
	t.said.close()
	t.live, t.slots, t.hostOf = index{}, nil, nil
}

// slot is a live connection: what is reported of it and what following it needs.
type slot struct {
	key        key
	clientHigh bool // the client is the high end of the key
	used       bool
	compared   bool // with the timestamp of another SYN of the client's address
	hash       uint64
	kin        *kin // nil: seen without a tunnel only, and the only one with its key
	flow.Summary
	half [2]tracker
}

// tracker is what following one side of a connection needs beyond its summary.
type tracker struct {
	base              flow.Seq // ISN, or one below the first sequence number seen
	holeLow, holeHigh flow.Seq // last gap, until it is filled
	rttEnd            flow.Seq
	advanced          int64 // time of the last packet that moved Next
	rttSent           int64 // 0: no sample under way
	synTime           int64
	recent            [8]print // the last packets, to tell captured duplicates
	recentAt          uint8
	talk              flow.Talk // UDP: of the last message
	rttLen            uint16    // payload of the packet that is timed, at most
	asked             uint16    // UDP: ID of the last DNS query
	bits              flow.MessageBits
	hasBase, hole     bool
	lastData          int64  // time of the last packet with new data
	unanswered        uint32 // times the oldest unacknowledged data was sent again
	messages          uint32 // UDP: queries and requests of the client, answers of the server
}

// print tells one packet from another of the same flow and side.
type print struct {
	time uint32 // microseconds, which come round after 71 minutes
	mark uint32 // 0: none
}

// IP protocol numbers.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// slotFor finds or makes the connection of a segment.
func (t *Table) slotFor(a *arrival) (*slot, flow.Side) {
	l := a.likely
	if l == nil || !l.used || l.key != a.key { // it came, or left, within the batch
		l = t.live.find(a.hash, &a.key)
	}
	if l != nil && (l.kin != nil || a.tenant != 0) {
		l = l.of(a)
	}
	reused := false
	if l != nil {
		side := l.sideOf(a.fromHigh)
		// A SYN with another initial sequence number opens a new connection on the old ports.
		syn := a.Flags&(flow.SYN|flow.ACK|flow.RST) == flow.SYN
		// So does a second SYN/ACK where the capture shows one direction only.
		syn = syn || a.Flags&(flow.SYN|flow.ACK|flow.RST) == flow.SYN|flow.ACK && l.Half[side].SeenSYN && l.Half[side.Other()].Packets == 0
		if !syn || !l.half[side].hasBase || l.half[side].base == a.Seq || l.Half[side].SeenSYN && l.Half[side].ISN == a.Seq {
			return l, side
		}
		l.Succeeded = true
		t.retire(l)
		reused = true
	}
	t.makeRoom()
	l = t.newSlot()
	*l = slot{}
	l.key, l.hash, l.used = a.key, a.hash, true
	if a.tenant != 0 {
		l.see(a.tenant)
	}
	l.ID = t.nextID
	t.nextID++
	from, to := flow.Endpoint{IP: a.key.low, Port: a.key.lowPort, V4: a.v4}, flow.Endpoint{IP: a.key.high, Port: a.key.highPort, V4: a.v4}
	if a.fromHigh {
		from, to = to, from
	}
	if a.key.proto == protoUDP {
		l.Proto = flow.UDP
	}
	sourceIsClient, by := guessClient(a.Flags, from.Port, to.Port)
	l.clientHigh = a.fromHigh == sourceIsClient
	l.ClientBy, l.Reused, l.VLAN, l.Encap, l.EncapID = by, reused, a.vlan, uint8(a.encap), a.encapID
	side := l.sideOf(a.fromHigh)
	src, dst := &l.Half[side], &l.Half[side.Other()]
	src.Endpoint, dst.Endpoint = from, to
	src.Host, dst.Host = t.host(&from.IP, a.v4, a.tenant), t.host(&to.IP, a.v4, a.tenant)
	src.WScale, dst.WScale = -1, -1
	t.enter(l)
	return l, side
}

func (l *slot) sideOf(fromHigh bool) flow.Side {
	if fromHigh == l.clientHigh {
		return flow.Client
	}
	return flow.Server
}

// hostKey names a sender. In two tenants one address is two hosts.
type hostKey struct {
	ip     [16]byte
	tenant wire.Tenant
}

func (t *Table) host(ip *[16]byte, v4 bool, tenant wire.Tenant) uint32 {
	k := hostKey{*ip, tenant}
	if i, ok := t.hostOf[k]; ok {
		return i
	}
	if len(t.Hosts) >= maxHosts {
		return 0
	}
	i := uint32(len(t.Hosts))
	t.Hosts = append(t.Hosts, flow.Host{Addr: flow.Endpoint{IP: *ip, V4: v4}})
	t.hostOf[k] = i
	return i
}

// newSlot gives a free slot; slots are made in blocks, the larger the more there are, and never move.
func (t *Table) newSlot() *slot {
	if len(t.free) == 0 {
		block := make([]slot, min(max(len(t.slots), 64), 4096))
		for i := range block {
			t.slots, t.free = append(t.slots, &block[i]), append(t.free, &block[i])
		}
	}
	l := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	return l
}

// longOver is how long a connection that has ended is kept for what may still arrive: a minute covers retransmission timers up to the
// sixth, and TIME-WAIT of common stacks. When the table fills up, a second has to do: longer than any path.
const longOver, justOver = 60e9, 1e9

// makeRoom lets connections leave that are over, a few looks for each new one; when the table is full, the one that has been silent
// the longest among some.
func (t *Table) makeRoom() {
	if t.live.count < someLive {
		return
	}
	looks, quiet := 4, int64(longOver)
	full := t.live.count >= maxLive
	if t.live.count >= manyLive {
		quiet = justOver
	}
	if full {
		looks = 64
	}
	var oldest *slot
	for range looks {
		if t.hand++; t.hand >= len(t.slots) {
			t.hand = 0
		}
		l := t.slots[t.hand]
		if !l.used {
			continue
		}
		if l.over() && (full || t.now-l.Last > l.wait(quiet)) {
			t.retire(l)
			return
		}
		if oldest == nil || l.Last < oldest.Last {
			oldest = l
		}
	}
	if full && oldest != nil {
		oldest.Split = true
		t.Counts.Evicted++
		t.retire(oldest)
	}
}

// over says that the connection has ended: by a reset, or properly on both sides. Of datagrams there is no telling: any silence may be the
// end.
func (l *slot) over() bool {
	return l.Proto == flow.UDP || l.FirstRSTFrame > 0 || l.Half[flow.Client].FINs > 0 && l.Half[flow.Server].FINs > 0
}

// wait gives how long a connection that is over is kept: one of datagrams as long as an answer may take, whatever the need for room.
func (l *slot) wait(quiet int64) int64 {
	if l.Proto == flow.UDP {
		return max(quiet, 10e9) // stub resolvers wait for 5 s
	}
	return quiet
}

// retire writes the connection's summary away and frees its slot.
func (t *Table) retire(l *slot) {
	if l.Proto == flow.UDP {
		t.retireUDP(l)
	} else {
		t.retireTCP(l)
	}
	*t.flows.add() = l.Summary
	t.leave(l)
	l.used, l.kin = false, nil
	t.free = append(t.free, l)
}

func (t *Table) retireTCP(l *slot) {
	l.finish()
	if l.compared {
		l.fared(&t.Hosts[l.Half[flow.Client].Host].Stamps)
	}
	t.Counts.Flows++
	if l.OneWay() {
		t.Counts.OneWay++
	}
	if !l.Half[flow.Client].SeenSYN && !l.Half[flow.Server].SeenSYN {
		t.Counts.MidStream++
	}
}

// Finish ends the survey: the connections still open are closed, and what only following them needs is freed.
func (t *Table) Finish() {
	t.settle()
	t.guard(func() {
		for _, l := range t.slots {
			if l.used {
				t.retire(l)
			}
		}
	})
	t.Counts.Unnamed = t.listener.lost
	t.live, t.slots, t.free, t.hostOf, t.listener = index{}, nil, nil, nil, listener{names: t.listener.names}
}

// guard calls f. A panic is our bug: it ends the following of this capture, and Err tells it.
func (t *Table) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			t.failed = fmt.Errorf("a fault of this program: %v", v)
		}
	}()
	if t.failed == nil {
		f()
	}
}

// Memory gives the bytes of flows and packets held in memory.
func (t *Table) Memory() int64 { return t.flows.memory() + t.packets.memory() + t.said.memory() }

// Err gives the first failure to keep flows or packets; what came after it is lost.
func (t *Table) Err() error { return errors.Join(t.failed, t.flows.err, t.packets.err, t.said.err) }
