package route

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// NextTrace: the address first in its head, and two lines for each router. What it tells of places is not read.
//
//	NextTrace v1.3.0 2024-04-18T06:38:21Z 2cb13be
//	traceroute to 192.0.2.1 (example.com), 30 hops max, 52 bytes payload, ICMP mode
//	1   10.0.0.1        *        [RFC1918]        LAN
//	                                              0.81 ms / 0.71 ms / * ms
//	2   *
var _ = register(&format{
	name:   "NextTrace",
	begins: func(t *text, i int) bool { return tracerouteHead.MatchString(t.at(i)) && nexttraceFollows(t, i) },
	read: func(t *text, i int) ([]*Report, int) {
		r := &Report{Tool: "NextTrace", Format: "text", Line: i + 1, Resolution: 10 * time.Microsecond}
		m := tracerouteHead.FindStringSubmatch(t.at(i))
		r.Target = target(m[2], m[3], FromReport)
		r.MaxHops, _ = whole(m[5])
		if k := nexttraceMode.FindStringSubmatch(t.at(i)); k != nil {
			r.Proto = Proto(strings.ToLower(k[1]))
		}
		r.nexttraceBanner(t, i)
		t.called(r, i, "nexttrace")
		return []*Report{r}, readNexttrace(t, r, i+1)
	},
})

var (
	nexttraceMode    = regexp.MustCompile(`(?i), (icmp|udp|tcp) mode`)
	nexttraceVersion = regexp.MustCompile(`^\s*NextTrace\s+v?(\d\S*)`)
	nexttraceRow     = regexp.MustCompile(`^\s{0,3}(\d{1,3})\s+(\*|[0-9A-Fa-f.:]+)(?:\s+(\S.*))?$`)
	nexttraceTimes   = regexp.MustCompile(`^\s*(?:(\S+)\s+)?((?:\d{1,9}\.\d+|\*) ms(?: / (?:\d{1,9}\.\d+|\*) ms)*)(?:\s|$)`)
	nexttraceMore    = regexp.MustCompile(`^\s+([0-9A-Fa-f.:]{3,45})(?:\s+(\S.*))?$`)
)

// nexttraceFollows says that the rows beneath a head "traceroute to" are those of NextTrace.
func nexttraceFollows(t *text, i int) bool {
	for n := i + 1; n < min(i+8, len(t.lines)); n++ {
		if m := nexttraceTimes.FindStringSubmatch(t.at(n)); m != nil && nexttraceRow.MatchString(t.at(n-1)) && !nexttraceRow.MatchString(t.at(n)) {
			return true
		}
	}
	for n := i - 1; n >= max(t.from, i-8); n-- {
		if nexttraceVersion.MatchString(t.at(n)) {
			return true
		}
	}
	return false
}

func (r *Report) nexttraceBanner(t *text, i int) {
	for n := i - 1; n >= max(t.from, i-12); n-- {
		if m := nexttraceVersion.FindStringSubmatch(t.at(n)); m != nil {
			r.Version, r.Line = short(m[1]), n+1
			return
		}
	}
}

func readNexttrace(t *text, r *Report, next int) int {
	var h *Hop
	to := -1
	for ; next < len(t.lines); next++ {
		line := t.at(next)
		if m := nexttraceRow.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1]) // three digits
			if n == 0 || len(r.Hops) > 0 && n <= r.Hops[len(r.Hops)-1].Number {
				break
			}
			if h = t.add(r, n, next); h == nil {
				continue
			}
			to = -1
			if m[2] == "*" {
				h.Probes = append(h.Probes, Probe{Router: -1})
			} else {
				to = t.nexttraceRouter(h, m[2], m[3])
			}
			continue
		}
		if h == nil {
			break
		}
		if m := nexttraceTimes.FindStringSubmatch(line); m != nil {
			if to >= 0 && m[1] != "" && hostShape(m[1]) {
				h.Routers[to].Name = short(m[1])
			}
			for _, w := range strings.Split(m[2], " / ") {
				p := Probe{Router: -1}
				if ms, ok := number(strings.TrimSuffix(w, " ms")); ok {
					p = Probe{Router: to, RTT: millis(ms)}
				}
				if len(h.Probes) < maxProbes {
					h.Probes = append(h.Probes, p)
				}
			}
			continue
		}
		if m := nexttraceMore.FindStringSubmatch(line); m != nil && address(m[1]).IsValid() {
			to = t.nexttraceRouter(h, m[1], m[2])
			continue
		}
		if l, ok := mplsLabel(line); ok && strings.Contains(line, "[MPLS") && to >= 0 {
			if len(h.Routers[to].Labels) < 16 {
				h.Routers[to].Labels = append(h.Routers[to].Labels, l)
			}
			continue
		}
		break
	}
	return next
}

func (t *text) nexttraceRouter(h *Hop, addr, rest string) int {
	k, ok := host(addr)
	if !ok {
		return -1
	}
	if f := strings.Fields(rest); len(f) > 0 {
		k.AS = asNumber(f[0])
	}
	return t.router(h, k)
}
