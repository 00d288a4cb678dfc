package analyzer

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// This file gathers what the way between two capture points does to the headers of the packets that both hold. None of it says who is to blame.

// Change is one thing that the way does to packets: a header field that they left with and arrived without.
type Change struct {
	From, To      int // indexes in Case.Captures, in the direction in which the packets went
	Side          flow.Side
	Kind          ChangeKind
	Field         string         // Wireshark's display filter name
	Left, Arrived string         // "—" for an option that is not there; those of the first packet if Varies
	Varies        bool           // other packets have other values: each address, number or time has its own
	Packets, Of   int            // that were changed, and all of that side of which both captures hold the field
	Routers       int            // ChangeTTL: that lower it so; 0 where none do
	First         [2]flow.Packet // the first of them, in From and To
}

// Compared is how many connections that two captures hold were compared packet by packet: all that a rule asks for, and a sample of the others.
type Compared struct{ Connections, Of int }

// ChangeKind is what a change is about.
type ChangeKind uint8

// The kinds, in the order of a report.
const (
	ChangeTTL ChangeKind = iota
	ChangeAddress
	ChangePort
	ChangeMSS
	ChangeWScale
	ChangeSACK
	ChangeTimestamps
	ChangeDSCP
	ChangeECN
	ChangeSeq
	ChangeTSval
	ChangeIPID
	ChangeDF
	ChangeWindow
	ChangeKinds // how many there are
)

var changeNames = [ChangeKinds]string{"TTL", "address", "port", "MSS", "window scale", "SACK permitted", "timestamps", "DSCP", "ECN", "sequence numbers", "timestamp values", "IP identification", "don't fragment", "window"}

// String names the header field as a report does.
func (k ChangeKind) String() string { return changeNames[k] }

// varies says that each packet has a value of its own: then one row tells of all.
func (k ChangeKind) varies() bool {
	switch k {
	case ChangeTimestamps, ChangeSeq, ChangeTSval, ChangeIPID, ChangeWindow:
		return true
	}
	return false
}

// field gives Wireshark's name.
func (k ChangeKind) field(p *flow.Packet, proto flow.Proto) string {
	name := [ChangeKinds]string{"ip.ttl", "ip.src", "tcp.srcport", "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.sack_perm", "tcp.options.timestamp.tsval",
		"ip.dsfield.dscp", "ip.dsfield.ecn", "tcp.seq_raw", "tcp.options.timestamp.tsval", "ip.id", "ip.flags.df", "tcp.window_size_value"}[k]
	switch v6 := fieldOfIPv6[name]; {
	case k == ChangePort && proto == flow.UDP:
		return "udp.srcport"
	case p.Marks.Has(flow.IPv6) && k == ChangeDSCP:
		return "ipv6.tclass.dscp"
	case p.Marks.Has(flow.IPv6) && k == ChangeECN:
		return "ipv6.tclass.ecn"
	case p.Marks.Has(flow.IPv6) && v6 != "":
		return v6
	}
	return name
}

// value is what a field holds: a number, or an address.
type value struct {
	n    int64 // absent for an option that is not there
	addr netip.Addr
}

const absent = -1

func (v value) String() string {
	switch {
	case v.addr.IsValid():
		return v.addr.String()
	case v.n == absent:
		return "—"
	}
	return fmt.Sprint(v.n)
}

// wayField is a field of the packets of one side between two captures.
type wayField struct {
	from, to int
	side     flow.Side
	kind     ChangeKind
}

type wayChange struct {
	wayField
	left, arrived value // zero where each packet has its own
}

// changes counts what was seen; it is kept small however many addresses a capture holds.
type changes struct {
	seen map[wayChange]*Change
	of   map[wayField]int
	many map[wayField]int // different values so far
}

// mostValues is how many different changes of one field are told apart: more lines nobody reads, and the rest is counted as one that varies.
const mostValues = 24

// add takes in the packets of a connection that both captures hold.
func (all *changes) add(p *pair) {
	if all.seen == nil {
		all.seen, all.of, all.many = make(map[wayChange]*Change), make(map[wayField]int), make(map[wayField]int)
	}
	var opened [2]bool
	for i, s := range p.seen[0] {
		if s.Fate != pairing.Same || s.Vague {
			continue
		}
		x, y := &p.flows[0].Packets[i], &p.flows[1].Packets[s.Other]
		if x.Differs(y) || (x.Flags ^ y.Flags).Any(flow.RST) || (x.Marks | y.Marks).Has(flow.Duplicate) {
			continue // another packet in its place
		}
		first := x.Flags.Any(flow.SYN) && !opened[x.Side] && !(x.Marks | y.Marks).Has(flow.Truncated)
		opened[x.Side] = opened[x.Side] || first
		left := 0 // the capture nearer to its sender
		if x.Side == flow.Client == (p.known && p.near == 1) {
			left = 1
		}
		all.packet(p, left, [2]*flow.Packet{x, y}, first)
	}
}

// packet compares the headers of one packet at the two capture points.
func (all *changes) packet(p *pair, left int, at [2]*flow.Packet, first bool) {
	side, proto := at[0].Side, p.flows[0].Proto
	from, to := at[left], at[1-left]
	h, o := &p.flows[left].Half[side], &p.flows[1-left].Half[side]
	note := func(kind ChangeKind, was, is value) {
		k := wayField{p.captures[left].Index, p.captures[1-left].Index, side, kind}
		all.of[k]++
		if was != is {
			all.note(k, was, is, from, to, proto)
		}
	}
	number := func(kind ChangeKind, was, is int64) { note(kind, value{n: was}, value{n: is}) }
	number(ChangeTTL, int64(from.TTL), int64(to.TTL))
	note(ChangeAddress, value{addr: h.Addr()}, value{addr: o.Addr()})
	number(ChangePort, int64(h.Port), int64(o.Port))
	number(ChangeDSCP, int64(from.TOS>>2), int64(to.TOS>>2))
	number(ChangeECN, int64(from.TOS&3), int64(to.TOS&3))
	if !(from.Marks | to.Marks).Has(flow.IPv6) && !(from.Marks | to.Marks).Has(flow.Fragment) {
		number(ChangeIPID, int64(from.IPID), int64(to.IPID))
		number(ChangeDF, bit(from.Marks.Has(flow.DontFragment)), bit(to.Marks.Has(flow.DontFragment)))
	}
	if proto != flow.TCP {
		return
	}
	number(ChangeSeq, int64(from.Seq), int64(to.Seq))
	number(ChangeWindow, int64(from.Window), int64(to.Window))
	if from.Marks.Has(flow.HasTimestamps) && to.Marks.Has(flow.HasTimestamps) {
		number(ChangeTSval, int64(from.TSval), int64(to.TSval))
	}
	if first && h.SYNs == o.SYNs { // else a SYN is missing that may have had other options
		number(ChangeMSS, option(h.MSS > 0, int64(h.MSS)), option(o.MSS > 0, int64(o.MSS)))
		number(ChangeWScale, int64(h.WScale), int64(o.WScale)) // -1 if absent
		number(ChangeSACK, option(h.SACKPermitted, 1), option(o.SACKPermitted, 1))
		number(ChangeTimestamps, option(h.TimestampsOffered, int64(from.TSval)), option(o.TimestampsOffered, int64(from.TSval)))
	}
}

func bit(set bool) int64 {
	if set {
		return 1
	}
	return 0
}

func option(there bool, n int64) int64 {
	if there {
		return n
	}
	return absent
}

// note counts one change.
func (all *changes) note(f wayField, was, is value, from, to *flow.Packet, proto flow.Proto) {
	k := wayChange{f, was, is}
	varies := f.kind.varies() || f.kind == ChangePort && f.side == flow.Client // translation gives each connection its own
	if f.kind == ChangeTTL {
		k.left, k.arrived = value{}, value{n: is.n - was.n} // hosts begin at different TTLs, and probes anywhere
	}
	if varies || all.seen[k] == nil && all.many[f] >= mostValues {
		k.left, k.arrived, varies = value{n: absent}, value{n: absent}, true // no field changes from absent to absent
	}
	c := all.seen[k]
	if c == nil {
		c = &Change{From: f.from, To: f.to, Side: f.side, Kind: f.kind, Field: f.kind.field(from, proto), Varies: varies}
		if f.kind == ChangeTTL && !varies {
			c.Routers = int(max(0, was.n-is.n))
		}
		all.seen[k] = c
		all.many[f]++
	}
	c.Packets++
	c.Varies = c.Varies || f.kind == ChangeTTL && c.Packets > 1 && c.First[0].TTL != from.TTL
	if c.Packets == 1 || f.kind == ChangeTTL && c.First[0].TTL <= flow.MaxProbeTTL && from.TTL > flow.MaxProbeTTL { // a probe is no good example
		c.Left, c.Arrived, c.First = was.String(), is.String(), [2]flow.Packet{*from, *to}
	}
}

// list gives all changes in the order of a report: by captures, side and field, the most frequent first.
func (all *changes) list() (out []Change) {
	for k, c := range all.seen {
		c.Of = all.of[k.wayField]
		out = append(out, *c)
	}
	slices.SortFunc(out, func(x, y Change) int {
		return cmp.Or(cmp.Compare(min(x.From, x.To), min(y.From, y.To)), cmp.Compare(max(x.From, x.To), max(y.From, y.To)), cmp.Compare(x.Side, y.Side), cmp.Compare(x.Kind, y.Kind),
			cmp.Compare(y.Packets, x.Packets), cmp.Compare(x.First[0].Frame, y.First[0].Frame), cmp.Compare(x.First[1].Frame, y.First[1].Frame), cmp.Compare(x.Left, y.Left), cmp.Compare(x.Arrived, y.Arrived))
	})
	return out
}
