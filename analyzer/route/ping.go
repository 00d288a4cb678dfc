package route

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ping of Linux, BSD, macOS and busybox. Its report has a row for the target, and one for each other host that answered for it.
//
//	PING example.com (192.0.2.1) 56(84) bytes of data.
//	64 bytes from 192.0.2.1: icmp_seq=1 ttl=61 time=0.064 ms
//	From 10.99.1.2 icmp_seq=2 Time to live exceeded
//
//	--- example.com ping statistics ---
//	3 packets transmitted, 3 received, 0% packet loss, time 625ms
//	rtt min/avg/max/mdev = 0.064/0.069/0.072/0.003 ms
var _ = register(&format{
	name: "ping",
	begins: func(t *text, i int) bool {
		line := t.at(i)
		return pingHead.MatchString(line) || ping6Head.MatchString(line) || pingReply.MatchString(line) || pingStatistics.MatchString(line)
	},
	read: readPing,
})

var (
	pingHead       = regexp.MustCompile(`^\s*PING (\S+?)\s?\(([^)]+)\)(?: from (\S+?)(?: \S+)?)?:? ?\d`)
	ping6Head      = regexp.MustCompile(`^\s*PING6\([^)]*\) (\S+) --> (\S+)`)
	pingReply      = regexp.MustCompile(`(?:\d+ bytes from |\d+ (?:字节|比特)，来自 ?)(\S+?)(?: \(([^)]+)\))?[:,，：] ?(?:icmp_)?seq=(\d{1,9}) (?:ttl|hlim|hop limit)=(\d{1,3})(?:.*?(?:time|时间)[=<]\s?(\d[\d.,]*) ?(?:ms|毫秒))?`)
	pingError      = regexp.MustCompile(`(?:^|\s)(?:From (\S+?)(?: \(([^)]+)\))?:? icmp_seq=(\d{1,9}) (\S.*)|\d+ bytes from (\S+?)(?: \(([^)]+)\))?: ([A-Z][a-z].*))$`)
	pingTimeout    = regexp.MustCompile(`(?:Request timeout for icmp_seq|no answer yet for icmp_seq=)\s?(\d{1,9})`)
	pingLocal      = regexp.MustCompile(`^\s*ping6?: (?:local error: |sendmsg: |sendto: )(\S.*)`)
	pingMTU        = regexp.MustCompile(`(?i)mtu\s?=\s?(\d{1,5})`)
	pingStatistics = regexp.MustCompile(`^\s*--- (\S+) (?:ping6? statistics|ping 统计(?:信息)?) ---`)
	pingCounts     = regexp.MustCompile(`(?:(\d{1,9}) packets transmitted, (\d{1,9}) (?:packets )?received|已发送 (\d{1,9}) 个包[，,]\s*已接收 (\d{1,9}) 个包)`)
	pingTimes      = regexp.MustCompile(`min/avg/max(?:/(?:mdev|stddev|std-dev))? = ([\d.,]+)/([\d.,]+)/([\d.,]+)(?:/([\d.,]+))? ?ms`)
	pingStamp      = regexp.MustCompile(`^\[(\d{10})\.\d+\] `)
)

// pinging counts the lines of a ping.
type pinging struct {
	t           *text
	r           *Report
	other       map[string]int // row by what answered in the target's place
	low, high   int            // numbers of the probes seen
	seen        bool
	answers     int
	sum         time.Duration
	lastNumber  int
	afterCounts bool
}

func readPing(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: Ping, Format: "text", Proto: ICMP, Line: i + 1, Resolution: time.Microsecond}
	t.called(r, i, "ping", "ping6")
	p := &pinging{t: t, r: r, other: make(map[string]int), lastNumber: -1}
	next := i
	if m := pingHead.FindStringSubmatch(t.at(i)); m != nil {
		r.Target, r.Source = target(m[1], m[2], FromReport), short(m[3])
		next++
	} else if m := ping6Head.FindStringSubmatch(t.at(i)); m != nil {
		r.Target, r.Source = target(m[2], "", FromReport), short(m[1])
		next++
	}
	t.add(r, 0, i)
	if len(r.Hops) == 0 {
		return []*Report{r}, next
	}
	if next = p.lines(next); !p.any() {
		r.Hops = nil
		return []*Report{r}, next
	}
	p.finish()
	return []*Report{r}, next
}

// any says that the report tells of a probe.
func (p *pinging) any() bool {
	return p.seen || p.afterCounts || len(p.r.Hops) > 1 || len(p.r.Hops[0].Flags) > 0
}

// lines reads on to the end of the report.
func (p *pinging) lines(next int) int {
	for ; next < len(p.t.lines); next++ {
		line := p.t.at(next)
		switch {
		case strings.TrimSpace(line) == "":
			n := p.t.at(p.t.skipBlank(next))
			if !slices.ContainsFunc([]*regexp.Regexp{pingStatistics, pingReply, pingError, pingTimeout}, func(x *regexp.Regexp) bool { return x.MatchString(n) }) {
				return next
			}
		case p.line(line, next):
		default:
			return next
		}
		if p.afterCounts && pingTimes.MatchString(line) {
			return next + 1
		}
	}
	return next
}

// line takes one line; false if it is none of the report.
func (p *pinging) line(line string, at int) bool {
	if p.afterCounts && !pingTimes.MatchString(line) {
		return strings.HasPrefix(line, "pipe ")
	}
	if m := pingStamp.FindStringSubmatch(line); m != nil && p.r.Zone == ZoneNone {
		if s, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			p.r.Start, p.r.Zone = time.Unix(s, 0).UTC(), ZoneGiven
		}
	}
	if m := pingReply.FindStringSubmatch(line); m != nil {
		p.reply(m, at)
		return true
	}
	if m := pingTimeout.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[1]) // nine digits
		p.number(n)
		return true
	}
	if m := pingError.FindStringSubmatch(line); m != nil {
		if m[3] != "" {
			n, _ := strconv.Atoi(m[3]) // nine digits
			p.number(n)
		}
		p.error(m[1]+m[5], m[2]+m[6], m[4]+m[7], at)
		return true
	}
	if m := pingLocal.FindStringSubmatch(line); m != nil {
		p.r.Hops[0].flag(short(m[1]))
		p.r.Hops[0].mtu(m[1])
		p.seen = true
		return true
	}
	if m := pingStatistics.FindStringSubmatch(line); m != nil {
		if p.r.Target.From != FromReport {
			p.r.Target = target(m[1], "", FromReport)
		} else if p.r.Target.Name == "" && !address(m[1]).IsValid() {
			p.r.Target.Name = short(m[1])
		}
		return true
	}
	h := &p.r.Hops[0]
	if m := pingCounts.FindStringSubmatch(line); m != nil {
		sent, ok := whole(m[1] + m[3])
		received, ok2 := whole(m[2] + m[4])
		if ok && ok2 && received <= sent {
			h.Sent, h.Received = known(sent), known(received)
		}
		p.afterCounts = true
		return true
	}
	if m := pingTimes.FindStringSubmatch(line); m != nil {
		for i, k := range []*Known[time.Duration]{&h.Best, &h.Avg, &h.Worst, &h.StDev} {
			if v, ok := number(m[i+1]); ok {
				*k = millis(v)
			}
		}
		return true
	}
	return strings.HasPrefix(strings.TrimSpace(line), "^C") || strings.HasPrefix(line, "ping") || strings.HasPrefix(line, "Vr HL TOS") || strings.HasPrefix(line, " 4  5 ")
}

func (h *Hop) mtu(s string) {
	if m := pingMTU.FindStringSubmatch(s); m != nil {
		v, _ := whole(m[1]) // digits
		h.MTU = known(v)
	}
}

// number notes that a probe is told of.
func (p *pinging) number(n int) {
	if !p.seen {
		p.low, p.high, p.seen = n, n, true
	}
	p.low, p.high = min(p.low, n), max(p.high, n)
}

func (p *pinging) reply(m []string, at int) {
	k, ok := host(strings.TrimSpace(m[1] + " " + m[2]))
	if m[2] != "" {
		k, ok = host(m[1] + " (" + m[2] + ")")
	}
	n, _ := strconv.Atoi(m[3]) // nine digits
	p.number(n)
	h := &p.r.Hops[0]
	if len(h.Routers) == 0 {
		h.Line = at + 1
	}
	if ok {
		p.t.router(h, k)
	}
	if ttl, err := strconv.ParseUint(m[4], 10, 8); err == nil {
		h.TTL = known(uint8(ttl))
	}
	if n == p.lastNumber {
		h.flag("DUP!")
		return
	}
	p.lastNumber = n
	p.answers++
	if v, ok := number(m[5]); ok && m[5] != "" {
		if d := millis(v); d.OK {
			h.time(d.Value)
			p.sum += d.Value
			h.Avg = known(p.sum / time.Duration(p.answers))
		}
	}
}

// time takes one more time into the row.
func (h *Hop) time(d time.Duration) {
	if !h.Best.OK {
		h.Best, h.Worst = known(d), known(d)
	}
	h.Last, h.Best, h.Worst = known(d), known(min(h.Best.Value, d)), known(max(h.Worst.Value, d))
}

// error takes the answer of another host in the target's place.
func (p *pinging) error(name, addr, what string, at int) {
	if addr != "" {
		name += " (" + addr + ")"
	}
	key := name + " " + what
	if n, ok := p.other[key]; ok {
		h := &p.r.Hops[n]
		h.Received = known(h.Received.Value + 1)
		return
	}
	h := p.t.add(p.r, 0, at)
	if h == nil {
		return
	}
	p.other[key] = len(p.r.Hops) - 1
	if k, ok := host(name); ok {
		p.t.router(h, k)
	}
	h.Received = known(1)
	h.flag(short(what))
	h.mtu(what)
}

// finish fills in what the lines tell together.
func (p *pinging) finish() {
	h := &p.r.Hops[0]
	if !h.Sent.OK && p.seen && p.high-p.low+1 >= p.answers {
		h.Sent, h.Received = known(p.high-p.low+1), known(p.answers)
	}
	if h.Sent.OK && h.Sent.Value > 0 {
		h.Loss = known(100 * float64(h.Sent.Value-h.Received.Value) / float64(h.Sent.Value))
	}
	p.conclude()
}

// conclude says whether the target answered.
func (p *pinging) conclude() {
	r := p.r
	h := &r.Hops[0]
	if r.Target.From == "" && len(h.Routers) > 0 {
		r.Target = Target{h.Routers[0].Name, h.Routers[0].Addr, FromReport}
	}
	if h.Received.OK {
		r.Reached = known(h.Received.Value > 0)
	}
	switch {
	case !r.Reached.OK:
	case r.Reached.Value:
		r.Outcome = Answered
		if len(h.Routers) == 0 { // only the statistics are there
			h.Routers = append(h.Routers, Router{Name: r.Target.Name, Addr: r.Target.Addr})
		}
	default:
		r.Outcome = Silent
		for i := range r.Hops[1:] {
			if k := &r.Hops[i+1]; k.marked(unreachableMarks) {
				r.Outcome = Unreachable
			} else if k.marked(prohibitedMarks) {
				r.Outcome = Prohibited
			}
		}
	}
}
