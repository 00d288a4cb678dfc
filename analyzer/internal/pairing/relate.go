package pairing

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// This file finds flows that go together although addresses, ports and sequence numbers do not say it, by what else they have in common. It is
// less sure than Join, and so it takes a score that stands well above that of any other flow.

// Traits are what two flows have in common, as bits.
type Traits uint16

// The traits, the strongest first.
const (
	SameAddresses Traits = 1 << iota // addresses and ports of both sides
	SameClientISN
	SameServerISN
	SameClientData // what the client says first
	SameServerData
	SameTSval   // the clock in the client's SYN
	SameID      // the IP identification of the client's SYN
	SameService // the server's address and port, where the client's differ
	SameName
	SameTime // they begin together, as far as the clocks of the captures tell
)

// TraitNames are the traits in words, by the number of their bit.
var TraitNames = []string{"addresses and ports", "the client's initial sequence number", "the server's initial sequence number", "the client's first data", "the server's first data",
	"the timestamp of the SYN", "the IP identification of the SYN", "the server's address and port", "the name asked for", "the time"}

// Names gives the traits in words.
func (t Traits) Names() (all []string) {
	for bit, name := range TraitNames {
		if t&(1<<bit) != 0 {
			all = append(all, name)
		}
	}
	return all
}

// The weights: what a chance agreement is less likely by. Initial sequence numbers and the random numbers of TLS agree once in 2^32; what has no random number in it,
// as a request of HTTP or a banner, many connections begin with.
const (
	weighsAddresses = 10
	weighsISN       = 8
	weighsData      = 8
	weighsBegin     = 5 // of data of which both captures hold the first bytes alone, which are 2^16 to one
	weighsCommon    = 3 // of data without a random number
	weighsTSval     = 6
	weighsID        = 4
	weighsService   = 3
	weighsName      = 2
	weighsTime      = 2

	// leastScore is what it takes: no two features by which flows of one service resemble each other come to it.
	leastScore = 10
	// timesNext is how many times the score of the next best flow it must be.
	timesNext = 2
	// mostAlikeRefs is how many flows of another capture with one key a flow is compared with: what more of them share hardly tells them apart.
	mostAlikeRefs = 64
)

// Likeness is how well two flows go together.
type Likeness struct {
	Score, Next int // Next: of the next best flow, for either
	Traits      Traits
}

// Relation is two flows of different captures that go together.
type Relation struct {
	A, B Ref
	Link Link
	Likeness
}

// startsWithin is by how much the beginnings of flows may differ that begin together: a proxy opens its connection once it has the client's,
// and may have to look up a name.
const startsWithin = int64(2e9)

// likeness compares two flows; ok is false if they cannot go together. Clock is that of their captures, the lower first, and may be nil.
func (r *Ref) likeness(o *Ref, clock *Clock) (l Likeness, ok bool) {
	if r.Capture > o.Capture {
		r, o = o, r
	}
	add := func(has bool, t Traits, weight int) {
		if has {
			l.Score, l.Traits = l.Score+weight, l.Traits|t
		}
	}
	same := r.client == o.client && r.server == o.server
	add(same, SameAddresses, weighsAddresses)
	add(r.isn[flow.Client] == o.isn[flow.Client], SameClientISN, weighsISN)
	add(r.isn[flow.Server] == o.isn[flow.Server], SameServerISN, weighsISN)
	said, telling := false, false
	for side, trait := range [2]Traits{SameClientData, SameServerData} {
		weight, differ := r.opening[side].agrees(&o.opening[side])
		if differ {
			return l, false
		}
		add(weight > 0, trait, weight)
		said, telling = said || weight > 0, telling || weight > weighsCommon
	}
	add(r.tsval[flow.Client] != 0 && r.tsval[flow.Client] == o.tsval[flow.Client], SameTSval, weighsTSval)
	link := r.link(o)
	add(link != FullProxy && r.synID[flow.Client] != 0 && r.synID[flow.Client] == o.synID[flow.Client], SameID, weighsID) // a proxy's SYN is another
	add(!same && r.server == o.server, SameService, weighsService)
	add(r.name != "" && r.name == o.name, SameName, weighsName)
	low, high := int64(0), int64(0)
	if clock != nil {
		var known bool
		if low, high, known = clock.Bounds(r.from); known && (r.to+high < o.from || r.from+low > o.to) {
			return l, false // one had ended before the other began
		}
	}
	apart := o.from - r.from
	add(low-startsWithin <= apart && apart <= high+startsWithin, SameTime, weighsTime)
	if link == FullProxy { // else nothing says that one relays the other
		return l, said && (telling || l.Traits&SameTime != 0)
	}
	return l, true
}

// agrees gives what it weighs that two sides say the same first; differ is true where both have a random number, and not the same.
func (x *opening) agrees(y *opening) (weight int, differ bool) {
	if x.digest == 0 || y.digest == 0 {
		return 0, false
	}
	random := x.random && y.random
	whole, begin := x.heard == y.heard && x.digest == y.digest, x.digest>>16 == y.digest>>16 && min(x.heard, y.heard) >= flow.HeardFirst
	switch {
	case whole && random:
		return weighsData, false
	case begin && random && x.heard != y.heard:
		return weighsBegin, false
	case whole || begin && x.heard != y.heard:
		return weighsCommon, false
	}
	return 0, random && min(x.heard, y.heard) >= flow.HeardFirst
}

// key is something that flows have in common which may go together.
type key struct {
	capture        int
	kind           uint8
	a, b           uint32
	client, server flow.Endpoint
	name           string
}

// shares gives what flows have in common by a key that so many have, besides what all of a service may: no number that is random.
func (k key) shares() int {
	switch k.kind {
	case 3:
		return weighsAddresses
	case 4:
		return 2 * weighsCommon
	case 5, 6:
		return weighsCommon
	case 7:
		return weighsName
	}
	return weighsISN
}

// keys are what flows of a capture have that may go with r: each has one of them. The rarest come first.
func (r *Ref) keys(capture int) [7]key {
	c, s := &r.opening[flow.Client], &r.opening[flow.Server]
	return [7]key{
		{capture: capture, kind: 1, a: uint32(r.isn[flow.Client])},
		{capture: capture, kind: 2, a: uint32(r.isn[flow.Server])},
		{capture: capture, kind: 3, client: r.client, server: r.server},
		{capture: capture, kind: 4, a: c.digest >> 16, b: s.digest >> 16}, // as captures hold them that cut differently
		{capture: capture, kind: 5, a: c.digest, b: uint32(c.heard)},
		{capture: capture, kind: 6, a: s.digest, b: uint32(s.heard)},
		{capture: capture, kind: 7, name: r.name},
	}
}

// said says that a key is not of what was never said.
func (k key) said() bool {
	return k.kind <= 3 || k.kind == 7 && k.name != "" || k.a != 0 && (k.kind != 4 || k.b != 0)
}

// match is the best flow of another capture for one, and how well it and the next best fit.
type match struct {
	to int
	Likeness
}

// Relate finds among the connections that Join gives those that go together all the same: what a SYN proxy or a firewall has given other numbers is
// joined, and what a proxy relays on connections of its own is told. No flow is taken twice for one capture. Clocks are those of Clocks.
// Left counts flows beyond those that are compared: Relate takes some hundred bytes for each.
func Relate(groups [][]Ref, clocks map[[2]int]*Clock) (joined [][]Ref, found []Relation, left int) {
	r := related{clocks: clocks, buckets: make(map[key][]int), captures: make(map[int]bool), serves: make(map[service]bool)}
	for g := range groups {
		held := make(map[int]bool, len(groups[g]))
		for i := range groups[g] {
			held[groups[g][i].Capture] = true
			r.captures[groups[g][i].Capture] = true
		}
		r.held = append(r.held, held)
	}
	for g := range groups {
		for i := range groups[g] {
			if x := &groups[g][i]; !x.udp && x.shook() && len(r.held[g]) < len(r.captures) {
				if len(r.refs) == mostRelated {
					left++
					continue
				}
				for _, k := range x.keys(x.Capture) {
					if k.said() {
						r.buckets[k] = append(r.buckets[k], len(r.refs))
					}
				}
				r.serves[service{x.Capture, x.server}] = true
				r.refs, r.groupOf = append(r.refs, x), append(r.groupOf, g)
			}
		}
	}
	best := r.best()
	var at [][2]int // groups
	for i, x := range r.refs {
		for c, b := range best[i] {
			back, mutual := best[b.to][x.Capture]
			if l := b.Likeness; mutual && back.to == i && x.Capture < c {
				l.Next = max(l.Next, back.Next)
				if y := r.refs[b.to]; l.Score >= leastScore && l.Score >= timesNext*l.Next {
					found, at = append(found, Relation{*x, *y, x.link(y), l}), append(at, [2]int{r.groupOf[i], r.groupOf[b.to]})
				}
			}
		}
	}
	joined, found = r.merge(groups, found, at)
	return joined, found, left
}

// mostRelated bounds the flows that are compared by what they say.
const mostRelated = 1 << 17

// service is an address and port that a capture holds connections to.
type service struct {
	capture int
	server  flow.Endpoint
}

// related is what Relate works with: the flows that some capture may hold besides, by number, and how to find them.
type related struct {
	refs     []*Ref
	groupOf  []int
	held     []map[int]bool // by group
	captures map[int]bool
	buckets  map[key][]int
	serves   map[service]bool
	clocks   map[[2]int]*Clock
}

// best gives for each flow the best of each other capture.
func (r *related) best() []map[int]match {
	best := make([]map[int]match, len(r.refs))
	for i, x := range r.refs {
		best[i] = make(map[int]match)
		for c := range r.captures {
			if r.held[r.groupOf[i]][c] {
				continue
			}
			if m, ok := r.bestIn(c, i, x); ok {
				best[i][c] = m
			}
		}
	}
	return best
}

// bestIn gives the best flow of a capture for one.
func (r *related) bestIn(capture, i int, x *Ref) (m match, ok bool) {
	clock := r.clocks[[2]int{min(x.Capture, capture), max(x.Capture, capture)}]
	tried := make(map[int]bool)
	next, crowd := 0, 0 // crowd: what flows have in common at most that are left out as too many have a key
	for _, k := range x.keys(capture) {
		if !k.said() {
			continue
		}
		for n, j := range r.buckets[k] {
			if n == mostAlikeRefs {
				crowd += k.shares()
				break
			}
			if tried[j] || r.held[r.groupOf[j]][x.Capture] {
				continue
			}
			tried[j] = true
			l, fits := x.likeness(r.refs[j], clock)
			switch {
			case !fits:
			case !ok || l.Score > m.Score:
				if ok {
					next = max(next, m.Score)
				}
				m, ok = match{j, l}, true
			default:
				next = max(next, l.Score)
			}
		}
	}
	if crowd > 0 {
		if crowd += weighsTime; r.serves[service{capture, x.server}] {
			crowd += weighsService
		}
	}
	m.Next = max(next, crowd)
	return m, ok
}

// merge joins the groups of flows whose packets are the same, the best first.
func (r *related) merge(groups [][]Ref, found []Relation, at [][2]int) (joined [][]Ref, told []Relation) {
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	// The order of a map's captures must not show.
	slices.SortFunc(order, func(i, j int) int {
		x, y := &found[i], &found[j]
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.A.Capture, y.A.Capture), cmp.Compare(x.A.ID, y.A.ID), cmp.Compare(x.B.Capture, y.B.Capture))
	})
	into := make([]int, len(groups))
	for g := range into {
		into[g] = g
	}
	root := func(g int) int {
		for into[g] != g {
			g = into[g]
		}
		return g
	}
	for _, n := range order {
		f := &found[n]
		if f.Link != FullProxy {
			x, y := root(at[n][0]), root(at[n][1])
			if x > y {
				x, y = y, x
			}
			meet := x == y
			for c := range r.held[y] {
				meet = meet || r.held[x][c]
			}
			if meet {
				continue
			}
			groups[x], into[y] = append(groups[x], groups[y]...), x
			for c := range r.held[y] {
				r.held[x][c] = true
			}
		}
		told = append(told, *f)
	}
	for g := range groups {
		if into[g] == g {
			joined = append(joined, groups[g])
		}
	}
	return joined, told
}
