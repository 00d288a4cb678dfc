package payload

import "slices"

const (
	// maxHello is how much of a ClientHello that lies in several segments is kept: one record of the largest size (RFC 8446, section 5.1),
	// which is more than ten times what browsers send, post-quantum key shares included.
	maxHello = 1 << 14
	// maxOpen is how many such are waited for at a time. Their segments come right behind each other.
	maxOpen = 32
)

// Assembler joins the segments of messages that do not fit into one; K names a flow and its direction. The zero value is ready.
type Assembler[K comparable] struct {
	open []opened[K]
}

type opened[K comparable] struct {
	key   K
	next  uint32 // sequence number that goes on
	bytes []byte
}

// Waiting says that any message is incomplete; where none is, Continue need not be asked.
func (a *Assembler[K]) Waiting() bool { return len(a.open) > 0 }

// Begin keeps the beginning of a message. Where too many are open, the one that has been waiting longest is given up.
func (a *Assembler[K]) Begin(key K, seq uint32, b []byte) {
	a.Drop(key)
	if len(b) > maxHello {
		return
	}
	if len(a.open) == maxOpen {
		a.open = slices.Delete(a.open, 0, 1)
	}
	a.open = append(a.open, opened[K]{key, seq + uint32(len(b)), slices.Clone(b)})
}

// Continue adds a segment to the message that its flow has open, and gives all that there is of it; nil if the segment does not go on
// with one.
func (a *Assembler[K]) Continue(key K, seq uint32, b []byte) []byte {
	for i := range a.open {
		o := &a.open[i]
		if o.key != key || o.next != seq {
			continue
		}
		if len(o.bytes)+len(b) > maxHello {
			a.Drop(key)
			return nil
		}
		o.bytes, o.next = append(o.bytes, b...), o.next+uint32(len(b))
		return o.bytes
	}
	return nil
}

// Drop forgets the message that a flow has open.
func (a *Assembler[K]) Drop(key K) {
	a.open = slices.DeleteFunc(a.open, func(o opened[K]) bool { return o.key == key })
}
