package rules

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// TestPolicingStory makes testdata/policing.pkt, which is too long to write by hand: downloads over paths that differ in one thing.
func TestPolicingStory(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Made by TestPolicingStory: go test ./rules -run PolicingStory -update\n")
	const want = `  # want policing "exceeded"`
	b.WriteString("\n# A policer of 1 Mbit/s, captured at the sender.\n")
	download(&b, 51000, &policer{rate: 125_000, burst: 30_000}, false, want)
	b.WriteString("\n# The same, captured at the receiver.\n")
	download(&b, 51001, &policer{rate: 125_000, burst: 30_000}, true, want)
	b.WriteString("\n# A link of 1 Mbit/s with a queue of 200 ms: congestion.\n")
	download(&b, 51002, &queue{rate: 125_000, room: 25_000}, false, "")
	b.WriteString("\n# With a queue of 15 ms, shorter than any threshold of the paper.\n")
	download(&b, 51003, &queue{rate: 400_000, room: 6_000}, false, "")
	b.WriteString("\n# Loss by chance, one in twelve.\n")
	download(&b, 51004, &chance{rand.New(rand.NewPCG(7, 7))}, false, "")
	b.WriteString("\n# Likewise at the receiver.\n")
	download(&b, 51005, &chance{rand.New(rand.NewPCG(8, 8))}, true, "")
	analyzertest.Golden(t, "testdata/policing.pkt", []byte(b.String()))
}

// TestQueuesAreNoPolicers tries full links of many rates and queues, and loss by chance: none may be accused.
func TestQueuesAreNoPolicers(t *testing.T) {
	var b strings.Builder
	port := 20000
	for _, rate := range []float64{60e3, 125e3, 250e3, 400e3, 800e3, 1600e3} {
		for _, room := range []float64{3e3, 4.5e3, 6e3, 8e3, 12e3, 25e3, 50e3} {
			download(&b, port, &queue{rate: rate, room: room}, false, "")
			port++
		}
	}
	for seed := range uint64(40) {
		download(&b, port, &chance{rand.New(rand.NewPCG(seed, 1))}, seed%2 == 0, "")
		port++
	}
	script, err := analyzertest.ParsePkt("queues", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := script.Captures()
	if err != nil {
		t.Fatal(err)
	}
	c := analyzertest.Analyze(t, All(), captures...)
	for _, f := range c.Flows {
		if f.Class == analyzer.Middlebox {
			t.Errorf("%v: %s %s", f.Client(), f.Class, f.Cause)
		}
	}
	for _, f := range c.Findings {
		if f.Accuses() {
			t.Logf("%v: %.1f %s", c.Flows[f.Flow].Client(), float64(f.Weight), f.Summary)
		}
	}
}

// path takes a packet at a time in seconds, and says how long it waits, or that it is dropped.
type path interface {
	pass(at, size float64) (wait float64, ok bool)
}

type policer struct{ rate, burst, tokens, last float64 }

func (p *policer) pass(at, size float64) (float64, bool) {
	if p.last == 0 {
		p.tokens, p.last = p.burst, at
	}
	p.tokens, p.last = min(p.burst, p.tokens+p.rate*(at-p.last)), at
	if p.tokens < size {
		return 0, false
	}
	p.tokens -= size
	return 0, true
}

type queue struct{ rate, room, free float64 } // free: when all is sent

func (q *queue) pass(at, size float64) (float64, bool) {
	waiting := max(0, q.free-at)
	if waiting*q.rate+size > q.room {
		return 0, false
	}
	q.free = at + waiting + size/q.rate
	return q.free - at, true
}

type chance struct{ r *rand.Rand }

func (c *chance) pass(_, _ float64) (float64, bool) { return 0, c.r.IntN(12) > 0 }

// download writes a flow in which a server sends 400 segments with a window that halves on loss, over a path of 40 ms. The sender is
// told of a loss when the acknowledgment would have come, which is what SACK comes to.
func download(b *strings.Builder, port int, net path, atReceiver bool, want string) {
	const segments, size, half = 400, 1460, 0.020
	ttl := "client.ttl=52 server.ttl=64"
	if atReceiver {
		ttl = "client.ttl=64 server.ttl=52 ts=1"
	}
	fmt.Fprintf(b, "flow 192.0.2.10:%d > 198.51.100.20:443  %s\n", port, ttl)
	there, back := 0.0, 2*half
	if atReceiver {
		there, back = half, half
	}
	type event struct {
		at   float64
		seq  int
		lost bool
	}
	type line struct {
		at   float64
		text string
		seq  int
	}
	lines := []line{{0, "C SYN mss=1472", -1}, {2*half - back + 0.0001, "S SYN,ACK mss=1460", -1}, {2 * half, "C ACK", -1}, {2*half + 0.001, "C PSH,ACK len=100", -1}}
	var events []event
	arrivals := make(map[int]float64)
	window, flying, next, now, calm := 10.0, 0, 0, 0.1, 0.0
	var resend []int
	clock := now
	for {
		for flying < int(window) && (len(resend) > 0 || next < segments) {
			seq := next
			if len(resend) > 0 {
				seq, resend = resend[0], resend[1:]
			} else {
				next++
			}
			clock = max(clock+0.0005, now) // the server's own link
			flying++
			wait, ok := net.pass(clock, size)
			if ok {
				if _, had := arrivals[seq]; !had {
					arrivals[seq] = clock + wait + half
				}
			}
			if ok || !atReceiver {
				seen := clock
				if atReceiver {
					seen += wait + there
				}
				lines = append(lines, line{seen, fmt.Sprintf("S ACK rseq=%d rack=101 len=%d", 1+seq*size, size), seq})
			}
			events = append(events, event{clock + wait + 2*half, seq, !ok})
		}
		if len(events) == 0 {
			break
		}
		slices.SortStableFunc(events, func(x, y event) int { return cmp.Compare(x.at, y.at) })
		e := events[0]
		events, now = events[1:], max(now, e.at)
		flying--
		switch {
		case e.lost:
			resend = append(resend, e.seq)
			if now > calm {
				window, calm = max(2, window/2), now+2*half
			}
			continue
		case now > calm && window < 20:
			window += 0.5
		default:
			window += 1 / window
		}
		acked := 0
		for at, ok := arrivals[acked]; ok && at <= e.at-half+1e-9; at, ok = arrivals[acked] {
			acked++
		}
		lines = append(lines, line{e.at - 2*half + back, fmt.Sprintf("C ACK rseq=101 rack=%d", 1+acked*size), -1})
	}
	slices.SortStableFunc(lines, func(x, y line) int { return cmp.Compare(x.at, y.at) })
	at := firstLoss(len(lines), func(i int) int { return lines[i].seq }, atReceiver)
	for i, l := range lines {
		mark := ""
		if i == at {
			mark = want
		}
		fmt.Fprintf(b, "%.6f %s%s\n", l.at, l.text, mark)
	}
}

// firstLoss gives the line that shows the first loss: the first that is sent again, or at the receiver the first behind a hole.
func firstLoss(n int, seq func(int) int, atReceiver bool) int {
	next := 0
	for i := range n {
		if seq(i) < 0 {
			continue
		}
		if atReceiver && seq(i) > next {
			return i
		}
		next = max(next, seq(i)+1)
		for k := i + 1; k < n && !atReceiver; k++ {
			if seq(k) == seq(i) {
				return i
			}
		}
	}
	return -1
}
