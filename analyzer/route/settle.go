package route

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// settle concludes from a complete report what its rows tell together.
func (r *Report) settle() {
	for i := range r.Hops {
		r.Hops[i].sum()
	}
	last := &r.Hops[len(r.Hops)-1]
	if r.Target.From == "" && r.Tool != Ping && !r.piece && last.Answered() && len(last.Routers) == 1 && !last.refused() {
		to := last.Routers[0]
		if to.Addr.IsValid() || !to.Clipped {
			r.Target = Target{Name: to.Name, Addr: to.Addr, From: FromLastHop}
		}
	}
	if !r.Reached.OK {
		r.Reached = r.reached()
	}
	if r.Outcome == NotTold {
		r.Outcome = r.outcome()
	}
}

// reached says whether the target is among those that answered, where the report tells. Names prove only that it is: a host has many.
func (r *Report) reached() Known[bool] {
	if r.Target.From != FromReport && r.Target.From != FromCommand {
		return Known[bool]{}
	}
	for i := range r.Hops {
		for _, k := range r.Hops[i].Routers {
			if r.Target.is(k) {
				return known(true)
			}
		}
	}
	last := &r.Hops[len(r.Hops)-1]
	comparable := !last.Answered() || r.Target.Addr.IsValid() && !slices.ContainsFunc(last.Routers, func(k Router) bool { return !k.Addr.IsValid() })
	if comparable && (r.whole() || last.refused()) {
		return known(false)
	}
	return Known[bool]{}
}

// whole says that the report was not broken off: mtr writes a table when it has done, and others go on to the target or to the last hop
// that they are asked for.
func (r *Report) whole() bool {
	switch {
	case r.Cut:
		return false
	case r.Tool == "mtr":
		return r.Table()
	}
	return r.ended || r.MaxHops > 0 && r.Hops[len(r.Hops)-1].Number >= r.MaxHops
}

// Table says that the report is one that its tool writes when all is done, or keeps up to date as a whole (WinMTR): a hop that it does not
// show was not there.
func (r *Report) Table() bool {
	return r.Tool == "WinMTR" || r.Tool == "mtr" && r.Format != "screen" && r.Format != "raw" && r.Format != "split"
}

// The marks of traceroute(8) by what they mean; "!" and a number is a code of ICMP destination unreachable (RFC 1812, 5.2.7.1).
var (
	prohibitedMarks  = []string{"!X", "!A", "!Z", "!C", "!V", "!T", "!9", "!10", "!13", "!14", "!15", "!<9>", "!<10>", "!<13>"}
	unreachableMarks = []string{"!H", "!N", "!P", "!S", "!U", "!W", "!I", "!R", "!Q", "!<6>", "!<7>", "!<8>", "!6", "!7", "!8"}
)

// unreachableText is what ping and the programs of Windows say instead.
var unreachableText = regexp.MustCompile(`(?i)unreachable|no route|无法访问|недоступен`)

// refused says that an ICMP error other than "time exceeded" came from this hop.
func (h *Hop) refused() bool { return h.marked(prohibitedMarks) || h.marked(unreachableMarks) }

func (h *Hop) marked(marks []string) bool {
	return slices.ContainsFunc(h.Flags, func(f string) bool {
		return slices.Contains(marks, f) || slices.Contains(marks, "!H") && unreachableText.MatchString(f)
	})
}

func (r *Report) outcome() Outcome {
	last := &r.Hops[len(r.Hops)-1]
	switch has := func(s string) bool {
		return slices.ContainsFunc(last.Flags, func(f string) bool { return strings.HasPrefix(f, s) })
	}; {
	case has("<syn,ack"), has("[open"):
		return Open
	case has("<rst"), has("[closed"):
		return Closed
	case last.marked(prohibitedMarks):
		return Prohibited
	case last.marked(unreachableMarks):
		return Unreachable
	case r.Reached.OK && r.Reached.Value:
		return Answered
	case r.Reached.OK && !last.Answered():
		return Silent
	}
	return NotTold
}

// sum fills in what the probes of a hop tell, where the report does not say it itself.
func (h *Hop) sum() {
	if len(h.Probes) == 0 {
		return
	}
	var times []time.Duration
	answers := 0
	for _, p := range h.Probes {
		if p.Router >= 0 {
			answers++
		}
		if p.RTT.OK {
			times = append(times, p.RTT.Value)
		}
	}
	if !h.Sent.OK && len(h.Probes) < maxProbes {
		h.Sent, h.Received = known(len(h.Probes)), known(answers)
		h.Loss = known(100 * float64(len(h.Probes)-answers) / float64(len(h.Probes)))
	}
	if len(times) == 0 || h.Best.OK {
		return
	}
	var all time.Duration
	for _, d := range times {
		all += d
	}
	h.Last, h.Best, h.Worst, h.Avg = known(times[len(times)-1]), known(slices.Min(times)), known(slices.Max(times)), known(all/time.Duration(len(times)))
}
