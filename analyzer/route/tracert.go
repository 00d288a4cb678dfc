package route

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tracert of Windows, in every language: the rows are alike, and the lines above the first name the target.
//
//	Tracing route to dns.google [8.8.8.8]      通过最多 30 个跃点跟踪
//	over a maximum of 30 hops:                 到 dns.google [8.8.8.8] 的路由:
//
//	  1     1 ms    <1 ms    <1 ms  192.168.1.1
//	  2     *        *        *     Request timed out.
//	  4  10.1.1.1  reports: Destination host unreachable.
var _ = register(&format{
	name: "tracert",
	begins: func(t *text, i int) bool {
		if tracertHead.MatchString(t.at(i)) {
			return !tracetcpHead.MatchString(t.at(i)) && !tracetcpHead.MatchString(t.at(i)+" "+t.at(i+1)) && !centralHead.MatchString(t.at(i))
		}
		h := windowsRow(t.at(i))
		return h != nil && h.number > 0 && h.number <= 3 && len(h.cells) == 3 && !tracetcpFollows(t, i)
	},
	read: readTracert,
})

const windowsUnit = `\s?(?:ms|毫秒|мс|мсек\.?|msec|ミリ秒)`

var (
	tracertHead    = regexp.MustCompile(`^\s*(?:Tracing route to \S|通过最多 \d+ 个跃点跟踪|Трассировка маршрута к )`)
	tracertCell    = regexp.MustCompile(`^\s*(?:(<?)\s?(\d{1,9})` + windowsUnit + `|\*)(?:\s|$)`)
	windowsStart   = regexp.MustCompile(`^\s{0,12}(\d{1,3})(?:\s+(\S.*))?$`)
	windowsReport  = regexp.MustCompile(`^(\S+(?: \[[^\]]+\])?)\s+(?:reports|报告|回報|сообщает)\s*[:：]\s*(\S.*)$`)
	windowsNetwork = regexp.MustCompile(`^(?:General failure|Transmit error|一般故障|传输失败|Общий сбой)`)
	namedTarget    = regexp.MustCompile(`([^\s\[\]]+) \[([0-9A-Fa-f.:%]+)\]`)
	tracertDone    = regexp.MustCompile(`^\s*(?:Trace complete|跟踪完成|追蹤完成|Трассировка завершена|Ablaufverfolgung beendet|Itinéraire déterminé|Traza completa|トレースを完了)`)
	loneNumber     = regexp.MustCompile(`(?:^|[\s(])(\d{1,3})(?:[\s:]|$)`)
)

// windowsHop is a row, not understood any further.
type windowsHop struct {
	number int
	cells  []Known[time.Duration]
	rest   string
}

// windowsRow reads a row of tracert or tracetcp; nil if it is none.
func windowsRow(line string) *windowsHop {
	m := windowsStart.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	h := &windowsHop{rest: m[2]}
	h.number, _ = strconv.Atoi(m[1]) // three digits
	for len(h.cells) < 16 {
		c := tracertCell.FindStringSubmatch(h.rest)
		if c == nil {
			break
		}
		var d Known[time.Duration]
		switch ms, ok := whole(c[2]); {
		case c[1] == "<":
			d = known[time.Duration](0) // less than the step
		case ok:
			d = millis(float64(ms))
		}
		h.cells, h.rest = append(h.cells, d), h.rest[len(c[0]):]
	}
	h.rest = strings.TrimSpace(h.rest)
	if len(h.cells) == 0 && !windowsReport.MatchString(h.rest) && !windowsNetwork.MatchString(h.rest) {
		return nil
	}
	return h
}

// windowsHop gives the report a row.
func (t *text) windowsHop(r *Report, k *windowsHop, line int) {
	h := t.add(r, k.number, line)
	if h == nil {
		return
	}
	to := -1
	answered := len(k.cells) == 0
	for _, c := range k.cells {
		answered = answered || c.OK
	}
	if m := windowsReport.FindStringSubmatch(k.rest); m != nil && len(k.cells) == 0 {
		if name, ok := host(m[1]); ok {
			to = t.router(h, name)
		}
		h.flag(short(m[2]))
		h.Probes = append(h.Probes, Probe{Router: to, Flag: short(m[2])})
		return
	}
	if len(k.cells) == 0 {
		h.flag(short(k.rest)) // "General failure.": the sender has no way
		return
	}
	if name, ok := host(k.rest); ok && answered {
		to = t.router(h, name)
	}
	for _, c := range k.cells {
		if p := (Probe{Router: -1, RTT: c}); c.OK {
			p.Router = to
			h.Probes = append(h.Probes, p)
		} else {
			h.Probes = append(h.Probes, p)
		}
	}
}

func readTracert(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "tracert", Format: "text", Proto: ICMP, Line: i + 1, Resolution: time.Millisecond}
	const head = 5 // lines of the head, with blank ones
	first := i
	for first < min(i+head, len(t.lines)) && windowsRow(t.at(first)) == nil {
		first++
	}
	next := first
	if windowsRow(t.at(first)) == nil {
		next = i + 1
	}
	r.windowsTarget(t, first, i, head)
	t.called(r, r.Line-1, "tracert")
	next = t.readWindowsRows(r, next)
	if n := t.skipBlank(next); tracertDone.MatchString(t.at(n)) {
		r.ended, next = true, n+1
	}
	return []*Report{r}, next
}

// windowsTarget looks for the target in the lines above the first row, back to the report before.
func (r *Report) windowsTarget(t *text, first, i, head int) {
	from := max(t.from, min(i, first-head))
	for n := first - 1; n >= from; n-- {
		line := t.at(n)
		if len(line) > 512 {
			break
		}
		if m := loneNumber.FindStringSubmatch(line); m != nil && r.MaxHops == 0 {
			r.MaxHops, _ = whole(m[1])
		}
		if r.Target.From == "" {
			if m := namedTarget.FindStringSubmatch(line); m != nil && address(m[2]).IsValid() {
				r.Target, r.Line = target(m[1], m[2], FromReport), n+1
				continue
			}
			for _, w := range strings.Fields(line) {
				if a := address(w); a.IsValid() && !command.MatchString(line) {
					r.Target, r.Line = Target{Addr: a, From: FromReport}, n+1
					break
				}
			}
		}
	}
	if r.MaxHops > maxHopsRead {
		r.MaxHops = 0
	}
}

// readWindowsRows reads rows of tracert until there are no more.
func (t *text) readWindowsRows(r *Report, next int) int {
	for ; next < len(t.lines); next++ {
		k := windowsRow(t.at(next))
		if k == nil {
			if t.blank(next) {
				if n := windowsRow(t.at(t.skipBlank(next))); n != nil && (len(r.Hops) == 0 || n.number == r.Hops[len(r.Hops)-1].Number+1) {
					continue
				}
			}
			break
		}
		if k.number == 0 || len(r.Hops) > 0 && k.number <= r.Hops[len(r.Hops)-1].Number {
			break
		}
		t.windowsHop(r, k, next)
	}
	return next
}
