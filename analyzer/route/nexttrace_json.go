package route

import (
	"fmt"
	"strings"
	"time"
)

// nexttrace --json: a list of hops, each a list of probes, with times in nanoseconds.
//
//	{"Hops":[[{"Success":true,"Address":{"IP":"10.0.0.1"},"Hostname":"","TTL":1,"RTT":1234567,"Geo":{"asnumber":"64500"},"MPLS":null}, ...
var _ = register(&format{
	name: "NextTrace JSON",
	begins: func(t *text, i int) bool {
		if !strings.HasPrefix(strings.TrimSpace(t.at(i)), "{") {
			return false
		}
		head := t.at(i) + t.at(i+1)
		return strings.Contains(head, `"Hops"`)
	},
	read: readNexttraceJSON,
})

func readNexttraceJSON(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "NextTrace", Format: "json", Line: i + 1, Resolution: time.Microsecond}
	r.nexttraceBanner(t, i)
	t.called(r, i, "nexttrace")
	j := newJSONLines(t, i)
	var h *Hop
	var k Router
	var rtt Known[time.Duration]
	line, ttl, within := i, 0, false
	probe := func() { // the probe whose fields were read
		if !within || ttl < 1 {
			return
		}
		if h == nil || h.Number != ttl {
			if len(r.Hops) > 0 && ttl <= r.Hops[len(r.Hops)-1].Number {
				return
			}
			if h = t.add(r, ttl, line); h == nil {
				return
			}
		}
		p := Probe{Router: -1}
		if k.Addr.IsValid() || k.Name != "" {
			p = Probe{Router: t.router(h, k), RTT: rtt}
		}
		if len(h.Probes) < maxProbes {
			h.Probes = append(h.Probes, p)
		}
	}
	err := j.walk(func(path []string, value any, at int) {
		key := path[len(path)-1]
		in := ""
		if len(path) > 1 {
			in = path[len(path)-2]
		}
		text := short(fmt.Sprint(value))
		switch {
		case key == "{" && strings.HasPrefix(in, "Hops"):
			probe()
			k, rtt, ttl, line, within = Router{}, Known[time.Duration]{}, 0, at, true
		case value == nil:
		case key == "IP" && in == "Address":
			k.Addr = address(text)
		case key == "Hostname":
			k.Name = text
		case key == "TTL" && strings.HasPrefix(in, "Hops"):
			ttl, _ = whole(text)
		case key == "RTT":
			if ns, ok := number(text); ok && ns > 0 {
				rtt = millis(ns / 1e6)
			}
		case key == "asnumber":
			k.AS = asNumber(text)
		}
	})
	probe()
	r.Cut = err != nil
	return []*Report{r}, j.next()
}
