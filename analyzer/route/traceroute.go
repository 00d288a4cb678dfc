package route

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// traceroute of Linux, BSD, macOS and busybox, and traceroute6.
//
//	traceroute to example.com (192.0.2.1), 30 hops max, 60 byte packets
//	 1  gw (10.0.0.1) [AS64500]  0.342 ms  0.300 ms  0.289 ms
//	 2  * * *
//	 3  10.0.1.1  3.1 ms 10.0.1.2  3.3 ms !X *
//	 4  192.0.2.1 <syn,ack>  0.020 ms  0.011 ms  0.011 ms
var _ = register(&format{
	name: "traceroute",
	begins: func(t *text, i int) bool {
		if m := tracerouteHead.FindStringSubmatch(t.at(i)); m != nil {
			return !nexttraceFollows(t, i) && !besttraceFollows(t, i)
		}
		return t.tracerouteRow(i, 1) && (t.tracerouteRow(t.skipBlank(i+1), 2) || t.last(i))
	},
	read: readTraceroute,
})

var (
	tracerouteHead  = regexp.MustCompile(`^\s*(traceroute6?) to ([^\s,]+)(?: {1,2}\(([^)]*)\))?(?: from ([^\s,]+))?(?:.*?(\d{1,3}) (?:hops max|hop limit))?`)
	tracerouteStart = regexp.MustCompile(`^\s{0,8}(\d{1,3})(?::|\.)?(?:\s+(\S.*))?$`)
	tracerouteTime  = regexp.MustCompile(`^\d{1,9}[.,]\d+$`)
)

// tracerouteRow says that line i is the row of hop n with times of this tool: with decimals, or silent.
func (t *text) tracerouteRow(i, n int) bool {
	m := tracerouteStart.FindStringSubmatch(t.at(i))
	if m == nil || m[1] != strconv.Itoa(n) || m[2] == "" || strings.Contains(t.at(i), "\t") {
		return false
	}
	words := strings.Fields(m[2])
	if len(words) >= 3 && words[0] == "*" && words[1] == "*" && words[2] == "*" && len(words) == 3 {
		return true
	}
	if !hostShape(words[0]) && words[0] != "*" && !strings.HasPrefix(words[0], "[") {
		return false
	}
	for k, w := range words[1:] {
		if w == "ms" && tracerouteTime.MatchString(words[k]) && k > 0 {
			return true
		}
	}
	return false
}

func readTraceroute(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "traceroute", Format: "text", Line: i + 1, Resolution: time.Microsecond}
	next := i
	if m := tracerouteHead.FindStringSubmatch(t.at(i)); m != nil {
		r.Target = target(m[2], m[3], FromReport)
		r.Source = short(m[4])
		r.MaxHops, _ = whole(m[5])
		next++
	}
	t.called(r, i, "traceroute", "traceroute6", "tcptraceroute")
	next = t.readTraceRows(r, next)
	for k := range r.Hops {
		for _, f := range r.Hops[k].Flags {
			if strings.HasPrefix(f, "<syn") || strings.HasPrefix(f, "<rst") {
				r.Proto = TCP
			}
		}
	}
	return []*Report{r}, next
}

// readTraceRows reads rows of probes until there are no more, and gives the line after them.
func (t *text) readTraceRows(r *Report, next int) int {
	var row *traceRow
	for ; next < len(t.lines); next++ {
		line := t.at(next)
		if strings.TrimSpace(line) == "" {
			n := t.skipBlank(next)
			if m := tracerouteStart.FindStringSubmatch(t.at(n)); m == nil || len(r.Hops) > 0 && m[1] != strconv.Itoa(r.Hops[len(r.Hops)-1].Number+1) {
				break
			}
			continue
		}
		m := tracerouteStart.FindStringSubmatch(line)
		number := 0
		if m != nil {
			number, _ = strconv.Atoi(m[1]) // three digits
		}
		switch {
		case m != nil && number > 0 && (len(r.Hops) == 0 || number > r.Hops[len(r.Hops)-1].Number) && (m[2] == "" || traceLike(m[2])):
			if m[2] == "" && !t.last(next) {
				return next // a number alone is a hop only where the report was cut off
			}
			h := t.add(r, number, next)
			if h == nil {
				continue
			}
			row = &traceRow{t: t, h: h, cur: -1}
			row.words(m[2])
			r.Cut = len(h.Probes) == 0
		case row != nil && m == nil && line[0] == ' ' && (traceLike(line) || strings.Contains(line, "MPLS")):
			row.words(line) // BSD breaks the line before another address
		case row != nil && m == nil && line[0] == '\t' && traceLike(line):
			row.words(line)
		default:
			return next
		}
	}
	return next
}

// traceLike says that a text has what a row of probes has: a time or a star.
func traceLike(s string) bool {
	for _, w := range strings.Fields(s) {
		if w == "*" || w == "ms" || strings.HasSuffix(w, "ms") && w[0] >= '0' && w[0] <= '9' || strings.HasPrefix(w, "!") {
			return true
		}
	}
	return false
}

// traceRow reads the probes of one hop word by word.
type traceRow struct {
	t    *text
	h    *Hop
	cur  int    // the router that the next times are of
	used bool   // it has a time
	as   string // that stands before the router it is of
}

var (
	traceAS   = regexp.MustCompile(`^\[(?:AS)?(\d{1,10}|\*)(?:[/,].*)?\]$`)
	traceMTU  = regexp.MustCompile(`^F=(\d{1,5})$`)
	traceMPLS = regexp.MustCompile(`L=(\d{1,7}),E=(\d),S=(\d),T=(\d{1,3})`)
)

func (w *traceRow) words(s string) {
	words := strings.Fields(s)
	if len(words) > 512 {
		words = words[:512]
	}
	for i := 0; i < len(words); i++ {
		x := words[i]
		if v, ok := number(strings.TrimSuffix(x, "ms")); ok && (strings.HasSuffix(x, "ms") || i+1 < len(words) && words[i+1] == "ms") {
			if !strings.HasSuffix(x, "ms") {
				i++
			}
			w.probe(Probe{Router: w.cur, RTT: millis(v)})
			w.used = true
			continue
		}
		switch {
		case x == "*":
			w.probe(Probe{Router: -1})
		case strings.HasPrefix(x, "!"):
			w.flag(x, true)
		case traceAS.MatchString(x):
			m := traceAS.FindStringSubmatch(x)
			if as := asNumber(m[1]); w.cur >= 0 && !w.used {
				w.h.Routers[w.cur].AS = as
			} else {
				w.as = as
			}
		case traceMTU.MatchString(x):
			mtu, _ := whole(x[2:]) // digits
			w.h.MTU = known(mtu)
		case strings.HasPrefix(x, "<MPLS:"):
			for _, m := range traceMPLS.FindAllStringSubmatch(x, 16) {
				w.label(mplsWords(m[1:]))
			}
		case strings.HasPrefix(x, "[MPLS:"), x == "MPLS":
			for ; i < len(words) && !strings.HasSuffix(words[i], "]"); i++ {
				x += " " + words[i]
			}
			w.label(x)
		case strings.HasPrefix(x, "<") || strings.HasPrefix(x, "'") || strings.HasPrefix(x, "(") && !address(x).IsValid():
			w.flag(x, false)
		case x == "[open]" || x == "[closed]" || x == "[unknown]" || x == "[filtered]" || x == "[open,":
			w.flag(x, false)
		case strings.HasPrefix(x, "(") || strings.HasPrefix(x, "["):
			w.addr(x)
		default:
			w.router(x)
		}
	}
}

func (w *traceRow) probe(p Probe) {
	if p.Router < 0 && p.RTT.OK && len(w.h.Routers) > 0 {
		p.Router = len(w.h.Routers) - 1
	}
	if len(w.h.Probes) < maxProbes {
		w.h.Probes = append(w.h.Probes, p)
	}
}

func (w *traceRow) flag(x string, ofProbe bool) {
	x = short(x)
	if n := len(w.h.Probes); ofProbe && n > 0 {
		w.h.Probes[n-1].Flag = x
	}
	w.h.flag(x)
}

// flag keeps a mark of the row, once.
func (h *Hop) flag(x string) {
	for _, f := range h.Flags {
		if f == x {
			return
		}
	}
	if len(h.Flags) < 16 {
		h.Flags = append(h.Flags, x)
	}
}

func (w *traceRow) label(x string) {
	if l, ok := mplsLabel(x); ok && w.cur >= 0 && len(w.h.Routers[w.cur].Labels) < 16 {
		w.h.Routers[w.cur].Labels = append(w.h.Routers[w.cur].Labels, l)
	}
}

// addr takes the address that follows a name.
func (w *traceRow) addr(x string) {
	a := address(x)
	if !a.IsValid() || w.cur < 0 || w.used {
		return
	}
	r := w.h.Routers[w.cur]
	if r.Name == "" && r.Addr == a { // traceroute repeats the address where there is no name
		return
	}
	if r.Addr.IsValid() {
		r.Name = r.Addr.String()
	}
	r.Addr = a
	for i := range w.h.Routers {
		if i != w.cur && w.h.Routers[i].Addr == a { // seen before in this row
			if was := w.cur; was == len(w.h.Routers)-1 && !slices.ContainsFunc(w.h.Probes, func(p Probe) bool { return p.Router == was }) {
				w.h.Routers = w.h.Routers[:was]
			}
			w.cur = i
			return
		}
	}
	w.h.Routers[w.cur] = r
}

func (w *traceRow) router(x string) {
	r, ok := host(x)
	if !ok || !hostShape(x) {
		w.t.lose(Loss{Kind: OddLines, Line: w.h.Line, Count: 1, What: "traceroute report"})
		return
	}
	r.AS, w.as, w.used = w.as, "", false
	w.cur = w.t.router(w.h, r)
}
