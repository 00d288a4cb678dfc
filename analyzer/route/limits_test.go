package route

import (
	"fmt"
	"strings"
	"testing"
)

const oneHop = "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max\n 1  192.0.2.1  1.0 ms\n"

func hopRows(n int) string {
	var b strings.Builder
	b.WriteString("traceroute to 192.0.2.1 (192.0.2.1), 255 hops max\n")
	for i := range n {
		fmt.Fprintf(&b, "%d  10.0.0.1  1.0 ms\n", i+1)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name, in     string
		reports      int
		hops, probes int // of the first report and its first hop
		losses       string
	}{
		{"a hop", oneHop, 1, 1, 1, "[]"},
		{"a file of MaxBytes", oneHop + strings.Repeat("\n", MaxBytes-len(oneHop)), 1, 1, 1, "[]"},
		{"a byte more", oneHop + strings.Repeat("\n", MaxBytes-len(oneHop)+1), 1, 1, 1, fmt.Sprintf("[{%d %d 1 }]", LostBytes, MaxBytes-len(oneHop)+2)},
		{"maxRuns", strings.Repeat(oneHop, maxRuns), maxRuns, 1, 1, "[]"},
		{"a run more", strings.Repeat(oneHop, maxRuns+1), maxRuns, 1, 1, fmt.Sprintf("[{%d %d 1 }]", LostRuns, 2*maxRuns+1)},
		{"255 hops", hopRows(255), 1, 255, 1, "[]"},
		{"256 hops", hopRows(256), 1, 255, 1, fmt.Sprintf("[{%d 257 1 }]", LostHops)},
		{"all hops of a file", strings.Repeat(hopRows(250), maxAllHops/250+1), maxAllHops / 250, 250, 1, fmt.Sprintf("[{%d %d 1 }]", LostRuns, maxAllHops/250*251+1)},
		{"probes", strings.Replace(oneHop, "1.0 ms", strings.Repeat("1.0 ms ", 100), 1), 1, 1, maxProbes, "[]"},
		{"addresses", strings.Replace(oneHop, "1.0 ms\n", addresses(maxRouters+2), 1), 1, 1, maxProbes, fmt.Sprintf("[{%d 2 3 }]", LostRouters)},
		{"a long line", oneHop + strings.Repeat("x", maxLine+1) + "\n", 1, 1, 1, fmt.Sprintf("[{%d 3 1 }]", LongLines)},
		{"a line of maxLine", oneHop + strings.Repeat("x", maxLine) + "\n", 1, 1, 1, "[]"},
	} {
		f, err := Parse(strings.NewReader(c.in))
		if err != nil || len(f.Reports) != c.reports {
			t.Errorf("%s: %d reports, %v, want %d", c.name, len(f.Reports), err, c.reports)
			continue
		}
		r := f.Reports[0]
		if len(r.Hops) != c.hops || len(r.Hops[0].Probes) != c.probes || fmt.Sprint(f.Losses) != c.losses {
			t.Errorf("%s: %d hops, %d probes, losses %v; want %d, %d, %s", c.name, len(r.Hops), len(r.Hops[0].Probes), f.Losses, c.hops, c.probes, c.losses)
		}
	}
}

func addresses(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "10.0.%d.1  1.0 ms ", i)
	}
	return b.String() + "\n"
}

// TestRepeated reads files of one line over and over. A parser that looks through the rest of the file from every line would come to the end of
// the test's time.
func TestRepeated(t *testing.T) {
	const size = 256 << 10
	for _, s := range []string{"\n", "a\n", "{\n", "{\"mtr\"\n", "{\"Hops\"\n", "<html>\n", "<table>WinMTR\n", "<MTR ", "<MTR \n", "<?xml\n", "1\n", "1 1 ms 1 ms 1 ms x\n", "PING a (b): 5\n", "x 0 1\n", "1 *\n",
		"1 * * *\n", "traceroute to a (b), 30 hops max\n", "MTR.1,1,OK,h,1,h,0.00,1,0,1,1,1,1,1\n", "| WinMTR statistics\n", "1.|-- a  0.0%  1 1 1 1 1 1\n", "HOST: a Loss% Snt Last Avg Best Wrst StDev\n", "1: no reply\n",
		"Tracing route to a on port 1\n", "Tracing route to a\n", "[a:1] 1 *\n", "$ mtr x\n", "64 bytes from a: icmp_seq=1 ttl=1 time=1 ms\n", "<tr><td>", "<!--", "1 a 1 1 1 1 1 1\n", "\x1b[1m", "\x1b]", "> ", "1 ms ", "[[[[",
		"\xff\xfe", "\xa1\xa1", "Reply from 1.1.1.1: bytes=1 time=1ms TTL=1\n", "  1  10.0.0.1  1.0 ms\n      1.0 ms\n"} {
		if _, err := Parse(strings.NewReader(strings.Repeat(s, size/len(s)))); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}
