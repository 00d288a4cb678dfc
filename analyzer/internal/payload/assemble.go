package payload

import "slices"

const (
	// maxHello is how much of a ClientHello that lies in several segments is kept: one record of the largest size (RFC 8446, section 5.1),
	// which is more than ten times what browsers send, post-quantum key shares included.
	maxHello = 1 << 14
	// maxOpen is how many such are waited for at a time. Their segments come right behind each other.
	maxOpen = 32
	// patience is how many segments that go on with no message are looked at before the oldest message is given up: the rest of it is lost.
	patience = 1 << 15
	// maxPieces is how many parts of a message that do not touch are kept: browsers cut the hello of QUIC into a dozen, in random order.
	maxPieces = 64
)

// Assembler joins the segments of messages that do not fit into one, in whatever order they come and however often; K names a flow and its
// direction. The zero value is ready.
type Assembler[K comparable] struct {
	open   []*opened[K]
	others int // segments that went on with none, since one did
}

type opened[K comparable] struct {
	key   K
	first uint32 // sequence number of the message's first byte
	stream
}

// Waiting says that any message is incomplete; where none is, Continue need not be asked.
func (a *Assembler[K]) Waiting() bool { return len(a.open) > 0 }

// Begin keeps the beginning of a message, and gives it with what of it had come before. Where too many messages are open, the one that has
// been waiting longest is given up.
func (a *Assembler[K]) Begin(key K, seq uint32, b []byte) []byte { return a.Keep(key, seq, seq, b) }

// Keep keeps a part of a message whose first byte has or will have the sequence number first, and gives the message as far as it is there
// from that byte on.
func (a *Assembler[K]) Keep(key K, first, seq uint32, b []byte) []byte {
	o := a.find(key)
	if o != nil && o.first != first {
		a.Drop(key)
		o = nil
	}
	if o == nil {
		if seq-first > maxHello || len(b) > maxHello {
			return nil
		}
		if len(a.open) == maxOpen {
			a.open = slices.Delete(a.open, 0, 1)
		}
		o = &opened[K]{key: key, first: first}
		a.open = append(a.open, o)
	}
	o.add(uint64(seq-first), b)
	return o.prefix()
}

// Continue adds a segment to the message that its flow has open, and gives all that there is of it; nil if the segment is no later part of
// one. A message that grows too long is given up.
func (a *Assembler[K]) Continue(key K, seq uint32, b []byte) []byte {
	o := a.find(key)
	if o == nil || seq == o.first || seq-o.first > maxHello {
		if a.others++; a.others == patience {
			a.open, a.others = slices.Delete(a.open, 0, 1), 0
		}
		return nil
	}
	if int(seq-o.first)+len(b) > maxHello {
		a.Drop(key)
		return nil
	}
	return a.Keep(key, o.first, seq, b)
}

func (a *Assembler[K]) find(key K) *opened[K] {
	for _, o := range a.open {
		if o.key == key {
			return o
		}
	}
	return nil
}

// Drop forgets the message that a flow has open.
func (a *Assembler[K]) Drop(key K) {
	a.open = slices.DeleteFunc(a.open, func(o *opened[K]) bool { return o.key == key })
}

// stream joins parts of a byte stream that come in any order, some of them twice.
type stream struct {
	bytes []byte
	have  []span // ascending, not touching
}

type span struct{ from, to int }

// add enters a part. What lies beyond the bounds is left out.
func (s *stream) add(offset uint64, b []byte) {
	if offset > maxHello || len(b) == 0 || len(b) > maxHello-int(offset) || len(s.have) >= maxPieces {
		return
	}
	at := span{int(offset), int(offset) + len(b)}
	if at.to > len(s.bytes) {
		s.bytes = append(s.bytes, make([]byte, at.to-len(s.bytes))...)
	}
	copy(s.bytes[at.from:], b)
	s.have = append(s.have, at)
	slices.SortFunc(s.have, func(a, b span) int { return a.from - b.from })
	joined := s.have[:1]
	for _, next := range s.have[1:] {
		if last := &joined[len(joined)-1]; next.from <= last.to {
			last.to = max(last.to, next.to)
		} else {
			joined = append(joined, next)
		}
	}
	s.have = joined
}

// prefix gives what is there from the beginning on.
func (s *stream) prefix() []byte {
	if len(s.have) == 0 || s.have[0].from > 0 {
		return nil
	}
	return s.bytes[:s.have[0].to]
}
