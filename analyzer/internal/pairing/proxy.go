package pairing

import "github.com/capforensics/capforensics/analyzer/flow"

// Link says how a flow of one capture came to be one of another.
type Link uint8

// The links.
const (
	Through   Link = iota // the packets of one are those of the other, whatever was rewritten in them
	SYNProxy              // the client's are, and something on the way answered its SYN in the server's name before it asked the server
	FullProxy             // each has a client's and a server's socket of its own: something on the way relays what they say
)

// LinkOf says how two flows go together that are known to.
func LinkOf(a, b *flow.Summary) Link {
	x, y := RefOf(0, a, nil), RefOf(1, b, nil)
	return x.link(&y)
}

func (r *Ref) link(o *Ref) Link {
	switch {
	case r.udp || !r.shook() || !o.shook() || r.passed(o, flow.Server):
		return Through // who answers in the server's name does not know the server's numbers
	case r.passed(o, flow.Client):
		return SYNProxy
	}
	return FullProxy
}

// passed says that the SYN of a side is one and the same packet in two captures: firewalls that rewrite its sequence number leave alone what else
// only its sender knows, the clock in its timestamp and its IP identification. Another socket has others; an identification agrees once in 2^16, and so
// counts only where the addresses and ports do too.
func (r *Ref) passed(o *Ref, side flow.Side) bool {
	return r.isn[side] == o.isn[side] || r.tsval[side] != 0 && r.tsval[side] == o.tsval[side] ||
		r.synID[side] != 0 && r.synID[side] == o.synID[side] && r.client == o.client && r.server == o.server
}
