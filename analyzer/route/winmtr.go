package route

import (
	"regexp"
	"strings"
	"time"
)

// WinMTR's text, classic and refreshed: whole milliseconds, a name or an address, no target, and the number of a hop is that of its row.
//
//	|                       Host              -   %  | Sent | Recv | Best | Avrg | Wrst | Last |
//	|------------------------------------------------|------|------|------|------|------|------|
//	|                             192.168.1.1 -    0 |  100 |  100 |    0 |    0 |    3 |    0 |
//	|                   No response from host -  100 |   20 |    0 |    0 |    0 |    0 |    0 |
//	|________________________________________________|______|______|______|______|______|______|
//	   WinMTR v1.00 GPLv2 (original by Appnor MSP - Fully Managed Hosting & Cloud Provider)
var _ = register(&format{
	name: "WinMTR text",
	begins: func(t *text, i int) bool {
		line := t.at(i)
		return strings.HasPrefix(strings.TrimSpace(line), "|") && (strings.Contains(line, "WinMTR statistics") || winmtrHead(line))
	},
	read: readWinMTR,
})

var (
	winmtrRow     = regexp.MustCompile(`^\s*\|\s*(.*?)\s+-\s*(\d{1,3})\s*\|((?:\s*\d{1,9}\s*\|){6})$`)
	winmtrVersion = regexp.MustCompile(`WinMTR(-\w+)?\s+[vV]([0-9][\w.]*)`)
)

func winmtrHead(line string) bool {
	return strings.Contains(line, "Avrg") && strings.Contains(line, "Wrst") && strings.Contains(line, "Sent")
}

func readWinMTR(t *text, i int) ([]*Report, int) {
	r := newWinMTR("text", i)
	next := i
	headed := false
	for ; next < len(t.lines); next++ {
		line := t.at(next)
		if m := winmtrRow.FindStringSubmatch(line); m != nil {
			t.winmtrHop(r, next, append([]string{m[1], m[2]}, strings.FieldsFunc(m[3], func(c rune) bool { return c == '|' || c == ' ' })...))
			continue
		}
		if winmtrHead(line) {
			if headed { // of another run
				break
			}
			headed = true
			continue
		}
		if m := winmtrVersion.FindStringSubmatch(line); m != nil && headed {
			r.Version = short(strings.TrimPrefix(m[1], "-") + " " + m[2])
			next++
			break
		}
		switch s := strings.TrimSpace(line); {
		case s == "" && headed && winmtrRow.MatchString(t.at(t.skipBlank(next))): // a mail doubles the lines
		case strings.HasPrefix(s, "|--") || strings.HasPrefix(s, "|__") || strings.HasPrefix(s, "|") && !headed:
		default:
			return []*Report{r}, next
		}
	}
	return []*Report{r}, next
}

func newWinMTR(format string, i int) *Report {
	return &Report{Tool: "WinMTR", Format: format, Proto: ICMP, Line: i + 1, Resolution: time.Millisecond}
}

// winmtrHop takes a row: host, loss, sent, received, best, average, worst, last.
func (t *text) winmtrHop(r *Report, line int, f []string) {
	h := t.add(r, len(r.Hops)+1, line)
	if h == nil || len(f) < 8 {
		return
	}
	if k, ok := host(f[0]); ok && hostShape(f[0]) {
		t.router(h, k)
	} else if ok {
		h.flag(short(f[0])) // "Destination host unreachable."
	}
	for i, column := range []string{"Loss%", "Snt", "Rcv", "Best", "Avg", "Wrst", "Last"} {
		h.mtrField(column, f[i+1])
	}
	h.silence()
}
