package analyzer

import (
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/flowtab"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// This file tells captures that were edited: a program that hides addresses or repairs headers may also give every packet the same TTL, the same
// identification, or no checksum. Those fields then say nothing of the hosts.

const (
	// leastHosts is from how many hosts on it is no accident that all have the same.
	leastHosts = 4
	// leastEdited is likewise for packets.
	leastEdited = 50
)

// oddities is what reading a capture counts for this, frame by frame.
type oddities struct {
	cut, cutTo uint64 // frames that were cut, and the most that is left of one
	unsummed   uint64 // TCP frames whose checksum is 0, which it is by chance once in 65,536
	interfaces uint64 // a bit for each of the first 64
	ties       uint64 // frames with the very time of the one before
}

// note counts one frame that was understood: its checksum was captured.
func (o *oddities) note(seg *wire.Segment) {
	if seg.Proto == protoTCP && seg.Checksum == 0 {
		o.unsummed++
	}
}

const protoTCP = 6

// edited gives what says that a capture was edited. hosts[0] stands for those that are not kept one by one.
func edited(hosts []flow.Host, k *flowtab.Counts, o *oddities) Edited {
	e := Edited{NoChecksums: k.TCP >= leastEdited && o.unsummed >= k.TCP}
	senders, packets, numbered, constant := 0, uint64(0), 0, true
	var ttl uint8
	var id uint16
	same := true
	for i := range hosts[min(1, len(hosts)):] {
		h := &hosts[i+1]
		if n := h.TTL.Total(); n > 0 {
			if senders == 0 {
				ttl = h.TTL.Values[0]
			}
			senders++
			packets += uint64(n)
			same = same && h.TTL.Distinct() == 1 && h.TTL.Values[0] == ttl
		}
		if h.IPID.Policy() != flow.IPIDUnknown {
			if numbered == 0 {
				id = h.IPID.Last
			}
			numbered++
			constant = constant && h.IPID.Policy() == flow.IPIDConst && h.IPID.Last == id
		}
	}
	e.OneTTL = senders >= leastHosts && packets >= leastEdited && same
	e.OneIPID = numbered >= leastHosts && constant
	return e
}

// Edited says which fields all packets of a capture share that hosts fill by themselves.
type Edited struct {
	OneTTL      bool // all hosts' packets have one TTL, resets left out
	OneIPID     bool // all packets have one identification, not 0
	NoChecksums bool // no TCP segment has a checksum
}

// Fields counts them.
func (e Edited) Fields() (n uint64) {
	for _, b := range []bool{e.OneTTL, e.OneIPID, e.NoChecksums} {
		if b {
			n++
		}
	}
	return n
}

// Certain says that no capture of real hosts looks so. One TTL alone is that of one network, or of a capture halfway between two; no checksums alone
// those of a machine that talks with itself: nothing computes them there.
func (e Edited) Certain() bool { return e.OneIPID || e.Fields() > 1 }

// coarse says that a capture's clock ticks so seldom that frames of one exchange share a time.
func coarse(resolution int64, packets, ties uint64) bool {
	const (
		tick     = 1e6 // a millisecond; Windows' old timer has 15.6
		oneInTie = 5
	)
	return resolution >= tick && packets >= leastEdited && ties*oneInTie > packets
}

// renamed counts the connections that one capture holds under two pairs of addresses: before and after translation, as a router shows them.
type renamed struct {
	seen  map[[2]flow.Seq]bool // initial sequence numbers of both sides, which translation keeps
	count uint64
}

// mostRenamed bounds the connections that are compared.
const mostRenamed = 1 << 16

func (r *renamed) add(s *flow.Summary) {
	c, v := &s.Half[flow.Client], &s.Half[flow.Server]
	if !c.SeenSYN || !v.SeenSYN {
		return
	}
	k := [2]flow.Seq{c.ISN, v.ISN}
	switch {
	case r.seen[k]:
		r.count++
	case len(r.seen) < mostRenamed:
		r.seen[k] = true
	}
}
