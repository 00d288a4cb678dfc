package route

import (
	"net/netip"
	"strings"
	"time"
)

// mtr --raw: what happened, line by line; positions count from 0. Old versions have no x, and no number of the probe behind p.
//
//	x 0 33000          a probe was sent
//	h 0 10.99.1.2      the address at the position, often told twice
//	d 0 gw.example     and its name
//	p 0 71 33000       an answer came, after so many microseconds
//	m 0 24005 0 1 1    MPLS: label, traffic class, bottom of stack, TTL
var _ = register(&format{
	name: "mtr raw",
	begins: func(t *text, i int) bool {
		if _, f := rawLine(t.at(i)); f == nil {
			return false
		}
		kind, f := rawLine(t.at(i + 1))
		return f != nil && (kind != 'p' || t.at(i)[0] != 'p')
	},
	read: readMTRRaw,
})

// rawLine splits a line; nil if it is none.
func rawLine(line string) (kind byte, fields []string) {
	if len(line) < 5 || line[1] != ' ' || strings.IndexByte("xhdpmt", line[0]) < 0 {
		return 0, nil
	}
	f := strings.Fields(line[2:])
	if len(f) < 2 || len(f) > 5 {
		return 0, nil
	}
	if n, ok := whole(f[0]); !ok || n >= maxHopsRead {
		return 0, nil
	}
	_, figure := whole(f[1])
	switch line[0] {
	case 'h':
		if !address(f[1]).IsValid() {
			return 0, nil
		}
	case 'd':
		if !hostShape(f[1]) {
			return 0, nil
		}
	default:
		if !figure {
			return 0, nil
		}
	}
	return line[0], f
}

// rawHop counts what happened at a position.
type rawHop struct {
	line, sent, received int
	inFlight             int // probes after the last answer of all: they may still have been on their way
	sum                  time.Duration
	hop                  Hop
}

func readMTRRaw(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "mtr", Format: "raw", Line: i + 1, Resolution: time.Microsecond}
	t.called(r, i, "mtr")
	var hops [maxHopsRead]*rawHop
	next := i
	for ; next < len(t.lines); next++ {
		kind, f := rawLine(t.at(next))
		if f == nil {
			break
		}
		n, _ := whole(f[0]) // rawLine has seen it
		k := hops[n]
		if k == nil {
			k = &rawHop{line: next}
			hops[n] = k
		}
		switch kind {
		case 'x':
			k.sent++
			k.inFlight++
		case 'h':
			t.router(&k.hop, Router{Addr: address(f[1])})
		case 'd':
			if len(k.hop.Routers) > 0 && !address(f[1]).IsValid() {
				k.hop.Routers[len(k.hop.Routers)-1].Name = short(f[1])
			}
		case 'm':
			if len(f) < 5 {
				continue
			}
			if l, ok := mplsLabel(mplsWords(f[1:])); ok && len(k.hop.Routers) > 0 && len(k.hop.Routers[0].Labels) < 16 {
				k.hop.Routers[0].Labels = append(k.hop.Routers[0].Labels, l)
			}
		case 'p':
			for _, o := range hops {
				if o != nil {
					o.inFlight = 0
				}
			}
			us, _ := whole(f[1]) // rawLine has seen it
			k.answer(time.Duration(us) * time.Microsecond)
		}
	}
	var to netip.Addr
	for n, k := range hops {
		if k == nil { // old versions tell nothing of what does not answer
			continue
		}
		h := t.add(r, n+1, k.line)
		if h == nil {
			break
		}
		k.close(h)
	}
	if to = r.Target.Addr; !to.IsValid() {
		for n := len(r.Hops) - 1; n > 0 && !to.IsValid(); n-- {
			if here, before := r.Hops[n].Routers, r.Hops[n-1].Routers; len(here) > 0 {
				if len(before) == 0 || before[0].Addr != here[0].Addr || r.Hops[n-1].Number != r.Hops[n].Number-1 {
					break
				}
				to = here[0].Addr // answers at two positions: the destination
			}
		}
	}
	r.endAt(to)
	return []*Report{r}, next
}

func (k *rawHop) answer(d time.Duration) {
	h := &k.hop
	k.received++
	k.sum += d
	if !h.Best.OK {
		h.Best, h.Worst = known(d), known(d)
	}
	h.Last, h.Best, h.Worst = known(d), known(min(h.Best.Value, d)), known(max(h.Worst.Value, d))
	h.Avg = known(k.sum / time.Duration(k.received))
}

// close writes the counts into the row.
func (k *rawHop) close(h *Hop) {
	number, line := h.Number, h.Line
	*h = k.hop
	h.Number, h.Line = number, line
	if sent := k.sent - k.inFlight; k.sent > 0 && sent >= k.received {
		h.Sent, h.Received = known(sent), known(k.received)
		if sent > 0 {
			h.Loss = known(100 * float64(sent-k.received) / float64(sent))
		}
	} else if k.sent == 0 {
		h.Received = known(k.received)
	}
}

// endAt drops the rows beyond the first of the destination: mtr asks further until that has answered, and it answers those too.
func (r *Report) endAt(to netip.Addr) {
	if !to.IsValid() {
		return
	}
	end := -1
	for i := range r.Hops {
		switch k := r.Hops[i].Routers; {
		case len(k) > 0 && k[0].Addr == to && end < 0:
			end = i
		case len(k) > 0 && k[0].Addr != to:
			end = -1
		}
	}
	if end >= 0 {
		r.Hops = r.Hops[:end+1]
	}
}
