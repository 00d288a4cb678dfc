package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// twin is one connection as two captures hold it: a that of its client's end, if roles tell, and b the other.
type twin struct{ a, b *analyzer.Sighting }

// eachTwin visits the listed TCP connections that two captures hold.
func eachTwin(c *analyzer.Case, visit func(twin)) {
	for _, conn := range c.Flows {
		for i := range conn.Seen {
			for k := i + 1; k < len(conn.Seen) && conn.Proto() == flow.TCP; k++ {
				visit(twin{&conn.Seen[i], &conn.Seen[k]})
			}
		}
	}
}

// change is how a field of a side's packets differs between two captures.
type change struct {
	from, to int // captures, in the direction in which the packets went
	side     flow.Side
	was, is  string
}

// changes counts what two captures show of one field, with the first connection that shows it.
type changes struct {
	order []change
	count map[change]int
	first map[change]twin
	all   map[change]int // by from, to and side: connections of which the field is known
}

// collect takes from each twin, for each side, the field as it was sent and as it arrived; ok is false where a capture does not show it.
func collect(c *analyzer.Case, field func(sent, arrived *flow.Half) (was, is string, ok bool)) *changes {
	all := &changes{count: make(map[change]int), first: make(map[change]twin), all: make(map[change]int)}
	eachTwin(c, func(t twin) {
		for _, side := range []flow.Side{flow.Client, flow.Server} {
			sent, arrived := t.a, t.b
			if side == flow.Server {
				sent, arrived = t.b, t.a
			}
			was, is, ok := field(&sent.Half[side], &arrived.Half[side])
			if !ok || sent.Half[side].FirstFrame == 0 || arrived.Half[side].FirstFrame == 0 {
				continue
			}
			all.all[change{from: sent.Capture, to: arrived.Capture, side: side}]++
			if was == is {
				continue
			}
			k := change{sent.Capture, arrived.Capture, side, was, is}
			if all.count[k] == 0 {
				all.order, all.first[k] = append(all.order, k), t
			}
			all.count[k]++
		}
	})
	return all
}

// frames gives where the two captures hold the first packet of a side of the first connection that shows a change.
func (all *changes) frames(k change) (sent, arrived *flow.Packet) {
	t := all.first[k]
	x, y := t.a, t.b
	if k.side == flow.Server {
		x, y = t.b, t.a
	}
	return firstOf(&x.Half[k.side]), firstOf(&y.Half[k.side])
}

// of gives how many connections of the two captures show the field at all.
func (all *changes) of(k change) int { return all.all[change{from: k.from, to: k.to, side: k.side}] }

// firstOf gives what is known of the first packet of a side without its flow.
func firstOf(h *flow.Half) *flow.Packet {
	p := &flow.Packet{Frame: h.FirstFrame, Time: h.FirstTime}
	if !h.V4 {
		p.Marks = flow.IPv6
	}
	return p
}
