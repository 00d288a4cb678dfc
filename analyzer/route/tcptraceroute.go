package route

import (
	"regexp"
	"strings"
	"time"
)

// tcptraceroute (the program; the script of that name prints what traceroute does).
//
//	Selected device eth0, address 10.0.0.2, port 43411 for outgoing packets
//	Tracing the path to example.com (192.0.2.1) on TCP port 443 (https), 30 hops max
//	 8  192.0.2.1 [open]  13.8 ms  12.4 ms  13.1 ms
var _ = register(&format{
	name:   "tcptraceroute",
	begins: func(t *text, i int) bool { return tcpHead.MatchString(t.at(i)) },
	read: func(t *text, i int) ([]*Report, int) {
		m := tcpHead.FindStringSubmatch(t.at(i))
		r := &Report{Tool: "tcptraceroute", Format: "text", Proto: TCP, Target: target(m[1], m[2], FromReport), Port: port(m[3]), Line: i + 1, Resolution: time.Microsecond}
		r.MaxHops, _ = whole(m[4])
		if m := tcpDevice.FindStringSubmatch(t.at(i - 1)); m != nil && i > t.from {
			r.Source, r.Line = short(m[1]), i
		}
		t.called(r, i, "tcptraceroute")
		next := t.readTraceRows(r, i+1)
		if strings.HasPrefix(t.at(next), "Destination not reached") {
			r.Reached = known(false)
			next++
		}
		return []*Report{r}, next
	},
})

var (
	tcpHead   = regexp.MustCompile(`^\s*Tracing the path to (\S+)(?: \(([^)]+)\))? on TCP port (\d+)(?: \([^)]*\))?, (\d+) hops max`)
	tcpDevice = regexp.MustCompile(`^\s*Selected device \S+, address ([^\s,]+)`)
)
