package route

import (
	"math"
	"strings"
)

// Interval is a share, from 0 to 1, as far as a sample tells it.
type Interval struct{ Low, High float64 }

// Wilson gives the 95 % confidence interval of the share of probes that are lost, where some of those sent were (E. B. Wilson, 1927). It
// holds for few probes and for none lost as well, where the normal approximation has no width.
func Wilson(lost, sent int) Interval {
	if sent <= 0 {
		return Interval{0, 1}
	}
	const z = 1.96 // of the normal distribution, 2.5 % are above
	n := float64(sent)
	p := min(max(float64(lost), 0), n) / n
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Interval{max((middle-half)/(1+z*z/n), 0), min((middle+half)/(1+z*z/n), 1)}
}

// TargetRow gives the index in Hops of the row at which the target itself answered a probe, by its address or, where none is told, its
// name; -1 if there is none.
func (r *Report) TargetRow() int {
	for i := range r.Hops {
		if _, mark := r.Hops[i].Refusal(); mark != "" {
			continue
		}
		for _, k := range r.Hops[i].Routers {
			if r.Target.is(k) {
				return i
			}
		}
	}
	return -1
}

// TargetHop gives the hop at which the target itself answered a probe; 0 if it did not, or the report does not number its hops.
func (r *Report) TargetHop() int {
	if i := r.TargetRow(); i >= 0 {
		return r.Hops[i].Number
	}
	return 0
}

// is says that a router that answered is the target.
func (t Target) is(k Router) bool {
	return t.Addr.IsValid() && k.Addr == t.Addr || t.Name != "" && strings.EqualFold(k.Name, t.Name)
}

// SameProbes says that one of two reports was rebuilt from the packets that the other tells of, as its tool printed it: to one target, with the same
// answers from the same routers. A kind of probes that only one of them tells is no difference.
func (r *Report) SameProbes(o *Report) bool {
	if (r.Tool == Capture) == (o.Tool == Capture) || r.Target.Addr != o.Target.Addr || len(r.Hops) != len(o.Hops) ||
		r.Proto != "" && o.Proto != "" && r.Proto != o.Proto || r.Port != 0 && o.Port != 0 && r.Port != o.Port {
		return false
	}
	for i := range r.Hops {
		h, k := &r.Hops[i], &o.Hops[i]
		got, sent, ok := h.Answers()
		have, probes, known := k.Answers()
		if h.Number != k.Number || got != have || sent != probes || ok != known {
			return false
		}
		if len(h.Routers) > 0 && len(k.Routers) > 0 {
			if a, b := h.Routers[0].Addr, k.Routers[0].Addr; a.IsValid() && b.IsValid() && a != b {
				return false
			}
		}
	}
	return true
}

// LastAnswer gives the index in Hops of the last row that anything answered; -1 if there is none.
func (r *Report) LastAnswer() int {
	for i := len(r.Hops) - 1; i >= 0; i-- {
		if r.Hops[i].Answered() {
			return i
		}
	}
	return -1
}

// Refusal gives the mark of an ICMP error other than "time exceeded", as the tool prints it, and what it means: Prohibited or Unreachable. The
// mark is empty without one, and what it means NotTold where the mark is another.
func (h *Hop) Refusal() (Outcome, string) {
	for _, f := range h.Flags {
		one := Hop{Flags: []string{f}}
		switch {
		case one.marked(prohibitedMarks):
			return Prohibited, f
		case one.marked(unreachableMarks):
			return Unreachable, f
		}
	}
	for _, f := range h.Flags {
		if strings.HasPrefix(f, "!") {
			return NotTold, f
		}
	}
	return NotTold, ""
}
