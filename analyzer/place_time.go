package analyzer

import (
	"cmp"
	"slices"
	"time"
)

const (
	// reactsWithin is how long a device may take to answer a packet, where the other end's capture does not show it: those that filter by
	// content work in the packet's path or beside it, and have to be faster than the server whom they race.
	reactsWithin = 10 * time.Millisecond
	// leastJitter is how much times to one hop differ at least.
	leastJitter = time.Millisecond
	// enoughTimes make a median: then a hop to which not even the fastest probe was as fast is behind the device.
	enoughTimes = 3
)

// byTime places the device by how soon its packets came to the client: no sooner than from its hop, and hardly later.
func (s *scene) byTime() []interval {
	if s.cause == ResetRewrite || s.cause == Policing || len(s.way.hops) == 0 {
		return nil
	}
	reaction, measured := reactsWithin, false
	if atServer := slices.DeleteFunc(slices.Clone(s.toServer), func(c clue) bool { return !c.timed }); len(atServer) > 0 {
		if took := middle(atServer, func(c clue) int64 { return c.delay }); took < reaction {
			reaction, measured = took, true
		}
	}
	var all []clue
	for _, c := range s.toClient {
		if c.timed && (c.behind == 0 || time.Duration(c.behind) > reaction+leastJitter) {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(x, y clue) int { return cmp.Compare(x.longest, y.longest) })
	soonest := all[0]
	upper := time.Duration(soonest.longest)
	lower := middle(all, func(c clue) int64 { return c.delay })
	from, to := s.way.within(lower-reaction-s.tick, upper+s.tick)
	if len(all) >= enoughTimes {
		to = min(to, s.way.sooner(middle(all, func(c clue) int64 { return c.longest })+leastJitter+2*s.tick)) // both times are of that clock
	}
	n, known := s.routers()
	if !known {
		return nil
	}
	if to = min(to, n); from > to || from <= 1 && to >= n {
		return nil
	}
	hops := Msg("hops %d to %d", from, to)
	if from == to {
		hops = Msg("hop %d", from)
	}
	basis := Msg("frame %d came to the client %v after frame %d, the first that it may answer: that is the time to %s and back, if the device answers within %v", soonest.frame, round(upper), soonest.first, hops, round(reaction))
	switch {
	case measured && round(reaction) == 0:
		basis = Msg("frame %d came to the client %v after frame %d, the first that it may answer: that is the time to %s and back, as by the server's capture the device answers at once", soonest.frame, round(upper), soonest.first, hops)
	case measured:
		basis = Msg("frame %d came to the client %v after frame %d, the first that it may answer: that is the time to %s and back, as by the server's capture the device takes %v to answer", soonest.frame, round(upper), soonest.first, hops, round(reaction))
	}
	return []interval{{from, to, byDelay, basis}}
}

// middle gives the median of a time; of few the least.
func middle(all []clue, of func(clue) int64) time.Duration {
	var times []int64
	for _, c := range all {
		times = append(times, of(c))
	}
	slices.Sort(times)
	if len(times) < enoughTimes {
		return time.Duration(times[0])
	}
	return time.Duration(times[len(times)/2])
}

// round leaves what a reader can compare: steps of ten microseconds.
func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
