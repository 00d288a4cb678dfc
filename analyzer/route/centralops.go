package route

import (
	"regexp"
	"strings"
	"time"
)

// What the page of centralops.net prints; its times are whole milliseconds without a unit.
//
//	Tracing route to example.com [192.0.2.1]...
//
//	hop	rtt	rtt	rtt	 	ip address	fully qualified domain name
//	1	1	0	0	 	169.254.158.58
//	2	*	2	*	 	169.48.118.162	r2.example
var _ = register(&format{
	name:   "CentralOps",
	begins: func(t *text, i int) bool { return centralHead.MatchString(t.at(i)) },
	read: func(t *text, i int) ([]*Report, int) {
		m := centralHead.FindStringSubmatch(t.at(i))
		r := &Report{Tool: CentralOps, Format: "text", Target: target(m[1], m[2], FromReport), Line: i + 1, Resolution: time.Millisecond}
		next := t.skipBlank(i + 1)
		if strings.HasPrefix(strings.TrimSpace(t.at(next)), "hop") {
			next++
		}
		for ; next < len(t.lines); next++ {
			m := centralRow.FindStringSubmatch(t.at(next))
			if m == nil {
				break
			}
			n, _ := whole(m[1]) // digits
			if n == 0 || len(r.Hops) > 0 && n <= r.Hops[len(r.Hops)-1].Number {
				break
			}
			h := t.add(r, n, next)
			if h == nil {
				continue
			}
			to := -1
			if k, ok := host(strings.Join(strings.Fields(m[5]), " ")); ok {
				to = t.router(h, k)
			}
			for _, c := range m[2:5] {
				p := Probe{Router: -1}
				if ms, ok := number(c); ok {
					p = Probe{Router: to, RTT: millis(ms)}
				}
				h.Probes = append(h.Probes, p)
			}
		}
		r.ended = strings.HasPrefix(t.at(next), "Trace ")
		return []*Report{r}, next
	},
})

var (
	centralHead = regexp.MustCompile(`^\s*Tracing route to (\S+)(?: \[([^\]]+)\])?\.\.\.$`)
	centralRow  = regexp.MustCompile(`^\s*(\d{1,3})\s+(\d{1,9}|\*)\s+(\d{1,9}|\*)\s+(\d{1,9}|\*)(?:\s+(\S.*))?$`)
)
