package route

import (
	"regexp"
	"strings"
	"time"
)

// tracetcp for Windows, and the later program of that name in Go, which prints "12ms" and "name (address)".
//
//	Tracing route to 192.0.2.1 [www.example.com] on port 443
//	Over a maximum of 30 hops.
//	1	1 ms	1 ms	1 ms	192.168.1.1	[router.lan]
//	2	*	*	*	Request timed out.
//	3		10.0.0.1 reports: NO ROUTE
//	4	Destination Reached in 35 ms. Connection established to 192.0.2.1
var _ = register(&format{
	name: "tracetcp",
	begins: func(t *text, i int) bool {
		if tracetcpHead.MatchString(t.at(i)) {
			return true
		}
		k := windowsRow(t.at(i))
		return k != nil && k.number == 1 && tracetcpFollows(t, i) || tracetcpEnd.MatchString(t.at(i)) && strings.HasPrefix(strings.TrimSpace(t.at(i)), "1")
	},
	read: readTracetcp,
})

var (
	tracetcpHead = regexp.MustCompile(`^\s*Tracing route to (\S+)(?: [\[(]([^\])]+)[\])])? on port (\d{1,5})`)
	tracetcpMax  = regexp.MustCompile(`(?i)over a maximum of (\d{1,3}) hops`)
	tracetcpEnd  = regexp.MustCompile(`^\s*(\d{1,3})\s+(?:Destination Reached in (\d{1,9}) ms\. (Connection established to|Port closed on) (\S+)|(Connected to|Port) (\S+) (?:on port (\d+)|closed at (\S+)))`)
)

// tracetcpFollows says that the rows from line i on, which have no head, end as those of tracetcp do.
func tracetcpFollows(t *text, i int) bool {
	number := 0
	for n := i; n < min(i+maxHopsRead, len(t.lines)); n++ {
		k := windowsRow(t.at(n))
		if k == nil {
			return tracetcpEnd.MatchString(t.at(n))
		}
		if k.number <= number {
			return false
		}
		number = k.number
	}
	return false
}

func readTracetcp(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "tracetcp", Format: "text", Proto: TCP, Line: i + 1, Resolution: time.Millisecond}
	next := i
	if m := tracetcpHead.FindStringSubmatch(t.at(i)); m != nil {
		r.Target, r.Port = target(m[1], m[2], FromReport), port(m[3])
		for n := i; n <= i+1 && r.MaxHops == 0; n++ {
			if m := tracetcpMax.FindStringSubmatch(t.at(n)); m != nil {
				r.MaxHops, _ = whole(m[1])
				next = n
			}
		}
		next = t.skipBlank(next + 1)
	}
	t.called(r, i, "tracetcp")
	next = t.readWindowsRows(r, next)
	m := tracetcpEnd.FindStringSubmatch(t.at(next))
	if m == nil {
		return []*Report{r}, next
	}
	n, _ := whole(m[1]) // digits
	h := t.add(r, n, next)
	if h == nil || n == 0 {
		return []*Report{r}, next + 1
	}
	p := Probe{Flag: "[open]"}
	if m[3] == "Port closed on" || m[5] == "Port" {
		p.Flag = "[closed]"
	}
	to := m[4] + m[8]
	if m[5] == "Connected to" {
		to = m[6]
		r.Port = port(m[7])
	} else if m[5] == "Port" {
		r.Port = port(m[6])
	}
	if ms, ok := number(m[2]); ok {
		p.RTT = millis(ms)
	}
	if k, ok := host(to); ok {
		p.Router = t.router(h, k)
		if r.Target.From == "" {
			r.Target = target(to, "", FromReport)
		}
	}
	h.Probes = append(h.Probes, p)
	h.flag(p.Flag)
	r.Reached = known(true)
	return []*Report{r}, next + 1
}
