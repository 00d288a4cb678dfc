package pairing

import (
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Ref names a flow of a capture, with what it is matched by.
type Ref struct {
	Capture  int
	ID       uint32 // flow.Summary.ID
	client   flow.Endpoint
	server   flow.Endpoint
	isn      [2]flow.Seq
	seenSYN  [2]bool
	first    [2]int64 // when the capture saw the first packet of a side: its SYN, if seenSYN
	udp      bool
	opening  [2]opening
	next     [2]flow.Seq // after the highest byte of a side
	hasNext  [2]bool
	tsval    [2]uint32 // of the SYN; 0 without timestamps
	synID    [2]uint16 // its IP identification
	name     string    // what the client asks for; empty if it names nothing
	from, to int64     // when the capture saw its first and its last packet
}

// opening is what a side says first.
type opening struct {
	digest uint32 // 0: nothing, or it was not seen
	heard  uint8
	random bool // it has a random number in it
}

// RefOf makes a reference to a flow; names are those of its capture, by flow.Named.Name.
func RefOf(capture int, s *flow.Summary, names []string) Ref {
	r := Ref{Capture: capture, ID: s.ID, client: s.Half[flow.Client].Endpoint, server: s.Half[flow.Server].Endpoint, udp: s.Proto == flow.UDP, from: s.First, to: s.Last}
	for side := range s.Half {
		h := &s.Half[side]
		r.isn[side], r.seenSYN[side], r.first[side], r.next[side], r.hasNext[side] = h.ISN, h.SeenSYN, h.FirstTime, h.Next, h.HasNext
		r.opening[side] = opening{h.Opening, h.OpeningHeard, h.OpeningRandom}
		r.tsval[side], r.synID[side] = h.SYNTSval, h.SYNIPID
	}
	if n := s.Named.Name; n > 0 && int(n) < len(names) {
		r.name = names[n]
	}
	return r
}

// near says that two flows of the same addresses and ports stand at about the same sequence numbers, as those of one connection do that one capture
// holds from later on, or not to its end. Other connections on these ports begin at random numbers (RFC 6528).
func (r *Ref) near(o *Ref) bool {
	const window = 1 << 24 // bytes: more than is sent in the minutes by which captures begin apart, one in a hundred of what is possible
	known := 0
	for side := range r.next {
		if !r.hasNext[side] || !o.hasNext[side] {
			continue
		}
		if d := r.next[side].Sub(o.next[side]); d > window || d < -window {
			return false
		}
		known++
	}
	return known == 2
}

// shook says that both SYNs were seen.
func (r *Ref) shook() bool { return r.seenSYN[flow.Client] && r.seenSYN[flow.Server] }

// attempt says that the client asked, and no SYN/ACK was seen.
func (r *Ref) attempt() bool { return r.seenSYN[flow.Client] && !r.seenSYN[flow.Server] }

// sameAddresses is the key of flows that nothing between the capture points has renamed.
type sameAddresses struct {
	client, server flow.Endpoint
	isn            flow.Seq
}

// sameDatagrams is the key of flows over UDP that nothing has renamed; they have no numbers of their own. It serves for connections too of
// which a capture has missed the beginning.
type sameDatagrams struct{ client, server flow.Endpoint }

// sameOpening is the key of flows over UDP that were renamed: translation keeps what the first datagram says, in which DNS and QUIC have a
// random number, and the port that it goes to.
type sameOpening struct {
	digest uint32
	port   uint16
}

// sameNumbers is the key of flows that were renamed on the way: translation keeps both initial sequence numbers.
type sameNumbers [2]flow.Seq

// sameSYN is the key of attempts that nobody answered: translation keeps the client's initial sequence number, and the port that it asks for.
type sameSYN struct {
	isn  flow.Seq
	port uint16
}

// Join puts the references to one connection together, at most one of each capture. It takes references in any order; groups come
// in the order of their first reference. A key that is not unique within a capture joins nothing.
func Join(refs []Ref) [][]Ref {
	byAddress, byNumber, bySYN, byPorts, byOpening := newIndex[sameAddresses](refs), newIndex[sameNumbers](refs), newIndex[sameSYN](refs), newIndex[sameDatagrams](refs), newIndex[sameOpening](refs)
	byMiddle := newIndex[sameDatagrams](refs)
	for i := range refs {
		r := &refs[i]
		if !r.udp {
			byMiddle.add(sameDatagrams{r.client, r.server}, i)
		}
		if r.udp {
			byPorts.add(sameDatagrams{r.client, r.server}, i)
			if r.opening[flow.Client].digest != 0 {
				byOpening.add(sameOpening{r.opening[flow.Client].digest, r.server.Port}, i)
			}
		}
		if r.seenSYN[flow.Client] {
			byAddress.add(sameAddresses{r.client, r.server, r.isn[flow.Client]}, i)
		}
		if r.shook() {
			byNumber.add(sameNumbers(r.isn), i)
		}
		if r.attempt() {
			bySYN.add(sameSYN{r.isn[flow.Client], r.server.Port}, i)
		}
	}
	taken := make([]bool, len(refs))
	groups := make([][]Ref, 0, len(refs))
	for i := range refs {
		if taken[i] {
			continue
		}
		r := &refs[i]
		taken[i] = true
		group := []Ref{*r}
		held := map[int]bool{r.Capture: true}
		join := func(members []int) {
			for _, k := range members {
				if !taken[k] && !held[refs[k].Capture] {
					taken[k], held[refs[k].Capture] = true, true
					group = append(group, refs[k])
				}
			}
		}
		if r.udp {
			join(byPorts.unique(sameDatagrams{r.client, r.server}))
			if r.opening[flow.Client].digest != 0 {
				join(byOpening.unique(sameOpening{r.opening[flow.Client].digest, r.server.Port}))
			}
		}
		if r.seenSYN[flow.Client] {
			join(byAddress.unique(sameAddresses{r.client, r.server, r.isn[flow.Client]}))
		}
		if r.shook() {
			join(byNumber.unique(sameNumbers(r.isn)))
		}
		if r.attempt() {
			join(bySYN.unique(sameSYN{r.isn[flow.Client], r.server.Port}))
		}
		if !r.udp && len(group) == 1 {
			for _, k := range byMiddle.unique(sameDatagrams{r.client, r.server}) {
				if o := &refs[k]; (!r.shook() || !o.shook()) && r.near(o) {
					join([]int{k})
				}
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// index finds the references with a key, unless one capture has the key twice: those are not kept.
type index[K comparable] struct {
	refs []Ref
	of   map[K]candidates
}

// candidates are the references with one key, by their place in the list: in most tickets two captures hold a connection.
type candidates struct {
	members   []int
	ambiguous bool // a capture has the key twice
}

func newIndex[K comparable](refs []Ref) *index[K] {
	return &index[K]{refs, make(map[K]candidates)}
}

func (x *index[K]) add(k K, i int) {
	c := x.of[k]
	switch {
	case c.ambiguous:
		return // a client that tries one port again and again must not make this a matter of the square of its attempts
	case slices.ContainsFunc(c.members, func(m int) bool { return x.refs[m].Capture == x.refs[i].Capture }):
		c = candidates{ambiguous: true}
	default:
		c.members = append(c.members, i)
	}
	x.of[k] = c
}

func (x *index[K]) unique(k K) []int { return x.of[k].members }

// ByNumbers says that a connection was found to be the same by its very sequence numbers: a capture has missed its beginning.
func ByNumbers(a, b *flow.Summary) bool {
	x, y := RefOf(0, a, nil), RefOf(1, b, nil)
	return !x.udp && x.client == y.client && x.server == y.server && (!x.shook() || !y.shook()) && x.near(&y)
}

// Marks are what tells a connection from all others by itself, in words.
var Marks = []string{bySeq, byPorts, byDatagram, byAddresses, byISNs, bySYN}

const (
	bySeq       = "addresses, ports and the sequence numbers"
	byPorts     = "addresses and ports"
	byDatagram  = "the first datagram and the server's port"
	byAddresses = "addresses and the client's initial sequence number"
	byISNs      = "both initial sequence numbers"
	bySYN       = "the client's initial sequence number and the server's port"
)

// By says by what a connection was found to be the same in two captures: one of Marks, or traits with a semicolon between.
func By(a, b *flow.Summary) string {
	switch x, y := RefOf(0, a, nil), RefOf(1, b, nil); {
	case !(x.seenSYN[flow.Client] && y.seenSYN[flow.Client]) && ByNumbers(a, b):
		return bySeq
	case x.udp && x.client == y.client && x.server == y.server:
		return byPorts
	case x.udp:
		return byDatagram
	case x.client == y.client && x.server == y.server && x.isn[flow.Client] == y.isn[flow.Client]:
		return byAddresses
	case x.isn == y.isn && x.shook() && y.shook():
		return byISNs
	case x.shook() && y.shook():
		l, _ := x.likeness(&y, nil)
		return strings.Join(l.Traits.Names(), "; ")
	}
	return bySYN
}
