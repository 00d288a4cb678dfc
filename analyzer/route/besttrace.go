package route

import (
	"regexp"
	"strings"
	"time"
)

// BestTrace of ipip.net: a row a hop, its AS and its place behind the times. What it tells of places is not read.
//
//	traceroute to 192.0.2.1 (192.0.2.1), 30 hops max, 32 byte packets
//	 1  10.0.0.1  0.39 ms  *  LAN
//	 2  *
//	 3  r3.example (198.51.100.9)  146.15 ms  AS64500  place, carrier
var _ = register(&format{
	name: "BestTrace",
	begins: func(t *text, i int) bool {
		return tracerouteHead.MatchString(t.at(i)) && besttraceFollows(t, i) && !nexttraceFollows(t, i)
	},
	read: func(t *text, i int) ([]*Report, int) {
		m := tracerouteHead.FindStringSubmatch(t.at(i))
		r := &Report{Tool: "BestTrace", Format: "text", Target: target(m[2], m[3], FromReport), Line: i + 1, Resolution: 10 * time.Microsecond}
		r.MaxHops, _ = whole(m[5])
		t.called(r, i, "besttrace")
		next := i + 1
		for ; next < len(t.lines); next++ {
			m := tracerouteStart.FindStringSubmatch(t.at(next))
			if m == nil || m[2] == "" {
				break
			}
			n, _ := whole(m[1]) // digits
			if n == 0 || len(r.Hops) > 0 && n <= r.Hops[len(r.Hops)-1].Number {
				break
			}
			probes, as := m[2], ""
			if k := besttraceTail.FindStringSubmatch(probes); k != nil {
				probes, as = k[1], asNumber(strings.SplitN(k[2], ",", 2)[0])
			}
			if !traceLike(probes) {
				break
			}
			h := t.add(r, n, next)
			if h == nil {
				continue
			}
			(&traceRow{t: t, h: h, cur: -1}).words(probes)
			for i := range h.Routers {
				h.Routers[i].AS = as
			}
		}
		return []*Report{r}, next
	},
})

var besttraceTail = regexp.MustCompile(`^(.*\d ms)\s+(AS\d[\dAS,]*|\*)\s+[^\s\d*(]`)

// besttraceFollows says that the rows beneath a head "traceroute to" are those of BestTrace.
func besttraceFollows(t *text, i int) bool {
	for n := i + 1; n < min(i+31, len(t.lines)); n++ {
		m := tracerouteStart.FindStringSubmatch(t.at(n))
		if m == nil {
			return false
		}
		if k := besttraceTail.FindStringSubmatch(m[2]); k != nil {
			return !strings.Contains(m[2][len(k[0])-1:], " ms")
		}
		if m[2] != "*" {
			return false
		}
	}
	return false
}
