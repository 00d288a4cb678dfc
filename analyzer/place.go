package analyzer

import (
	"net/netip"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// This file places devices on the path: each connection that one is accused of leaves clues while its packets are at hand (place_clue.go);
// those of the connections with one cause between the same hosts are taken together, as one device treats them all, and each kind of clue
// gives an interval of hops (place_ttl.go, place_time.go, place_port.go).

// Locus is where on the way from the client to the server a device stands.
type Locus struct {
	// From and To are hops, counted from the client: the first router is 1, and 0 is the client's own host or network before it. A device at a
	// hop sees what this router passes on: its packets to the client cross the routers before it.
	From, To  int
	Routers   int          // between the hosts, as the TTLs or path reports tell; 0: not known
	Addresses []netip.Addr // of these hops, as far as path reports name them
	Stretch   Message      // what kind of network that is, as far as the addresses honestly tell; zero if they do not
	Basis     []Message    // what it rests on, the strongest first
}

// interval is what one kind of clue says: a device is at one of the hops From to To.
type interval struct {
	from, to int
	rank     int // how far it is trusted, 0 most
	basis    Message
}

// The ranks of clues. A router that refuses gives its own name; the TTLs at both ends control each other.
const (
	byName = iota
	byTwoTTLs
	byPortTrace
	byOneTTL
	byDelay
	byBothEnds
)

// placeKey tells the connections that one device is thought to have treated.
type placeKey struct {
	cause          Cause
	client, server [16]byte
}

// place sets the locus of each connection that a device is accused of.
func (a *analysis) place() {
	groups := make(map[placeKey][]*Conn)
	var keys []placeKey
	for _, c := range a.Flows {
		if c.Class != Middlebox {
			continue
		}
		k := placeKey{c.Cause, c.Client().IP, c.Server().IP}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], c)
	}
	for _, k := range keys {
		s := a.scene(groups[k])
		locus := s.locate()
		for _, c := range groups[k] {
			c.Locus = locus
		}
	}
}

// scene is all that tells where the device of a group of connections stands.
type scene struct {
	cause              Cause
	toClient, toServer []clue        // the packets under suspicion, by the end whose capture holds them
	back, forth        int           // routers that the server's packets crossed to the client, and the client's to the server; -1: not known
	twoEnds            bool          // both hosts' captures hold the connections
	tick               time.Duration // of the coarsest of the captures' clocks
	way                *Way
}

func (a *analysis) scene(conns []*Conn) *scene {
	s := &scene{cause: conns[0].Cause, back: -1, forth: -1}
	for _, c := range conns {
		forged := a.underSuspicion(c)
		for _, k := range c.clues {
			if _, ok := slices.BinarySearchFunc(forged, k, compareClue); !ok {
				continue
			}
			if k.to == flow.Client {
				s.toClient = append(s.toClient, k)
			} else {
				s.toServer = append(s.toServer, k)
			}
		}
		atClient, atServer := false, false
		for i := range c.Seen {
			seen := &c.Seen[i]
			at := a.Captures[seen.Capture]
			s.tick = max(s.tick, at.tick())
			switch at.Member.Role {
			case AtClient:
				atClient, s.back = true, crossedBy(at, &seen.Half[flow.Server], s.back)
			case AtServer:
				atServer, s.forth = true, crossedBy(at, &seen.Half[flow.Client], s.forth)
			}
		}
		s.twoEnds = s.twoEnds || atClient && atServer
	}
	s.way = a.WayTo(conns...)
	return s
}

// crossedBy gives how many routers a host's packets crossed to a capture, by their usual TTL; known is what is given where that does not tell.
func crossedBy(at *Capture, h *flow.Half, known int) int {
	if usual, ok := usualTTL(at, h); ok {
		if n, ok := crossed(usual, flow.LongestPath); ok {
			return n
		}
	}
	return known
}

// usualTTL gives the TTL that most packets of a host arrived with.
func usualTTL(at *Capture, h *flow.Half) (ttl uint8, ok bool) {
	if int(h.Host) >= len(at.Hosts) || h.Host == 0 {
		return 0, false
	}
	ttl, times := at.Hosts[h.Host].TTL.Usual()
	return ttl, times > 0
}

// routers gives the number of routers between the hosts, and whether it is known.
func (s *scene) routers() (int, bool) {
	switch {
	case s.forth >= 0:
		return s.forth, true
	case s.way.Target > 0:
		return s.way.Target - 1, true
	case s.back >= 0:
		return s.back, true
	}
	return 0, false
}

// locate puts the clues together: the most trusted gives the interval, the others narrow it. Where two exclude each other, the interval of
// a clue that controls itself stands and the contradiction is said; otherwise it holds both.
func (s *scene) locate() *Locus {
	var all []interval
	all = append(all, s.byRefusal()...)
	all = append(all, s.byTTL()...)
	all = append(all, s.byPort()...)
	all = append(all, s.byTime()...)
	if len(all) == 0 {
		all = append(all, s.byEnds()...)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(x, y interval) int { return x.rank - y.rank })
	l := &Locus{From: all[0].from, To: all[0].to, Basis: []Message{all[0].basis}}
	for _, k := range all[1:] {
		switch {
		case k.from <= l.To && l.From <= k.to:
			l.From, l.To = max(l.From, k.from), min(l.To, k.to)
			l.Basis = append(l.Basis, k.basis)
		case all[0].rank <= byTwoTTLs:
			l.Basis = append(l.Basis, Msg("against it: %s", k.basis))
		default:
			l.From, l.To = min(l.From, k.from), max(l.To, k.to)
			l.Basis = append(l.Basis, Msg("this contradicts it, so that the interval holds both: %s", k.basis))
		}
	}
	if n, ok := s.routers(); ok {
		l.From, l.To, l.Routers = min(l.From, max(n, 1)), min(l.To, max(n, 1)), n
	}
	l.Addresses, l.Stretch = s.way.between(l.From, l.To), s.stretch(l)
	return l
}

// byEnds says no more than that the device is between two hosts whose own captures show what it did, on a way that path reports name.
func (s *scene) byEnds() []interval {
	if !s.twoEnds || s.way.Target == 0 {
		return nil
	}
	return []interval{{1, max(1, s.way.Target-1), byBothEnds, Msg("both hosts' own captures show it: nothing tells more than that it is between them, on a way of %d routers", s.way.Target-1)}}
}
