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

// TestSharedPolicingStory makes testdata/policing_shared.pkt likewise: downloads that share one path.
func TestSharedPolicingStory(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Made by TestSharedPolicingStory: go test ./rules -run SharedPolicing -update\n")
	b.WriteString("\n# Four connections share a policer of 1.6 Mbit/s.\n")
	downloads(&b, &policer{rate: 200_000, burst: 40_000}, false, `  # want policing-shared "4 connections"`, 51000, 51001, 51002, 51003)
	story := strings.ReplaceAll(b.String(), "198.51.100.20", "198.51.100.21")
	b.Reset()
	b.WriteString("\n# Four connections share a link of that rate with a queue.\n")
	downloads(&b, &queue{rate: 200_000, room: 20_000}, false, "", 51100, 51101, 51102, 51103)
	b.WriteString("\n# And four lose by chance.\n")
	four := b.String()
	b.Reset()
	downloads(&b, &chance{rand.New(rand.NewPCG(9, 9))}, false, "", 51200, 51201, 51202, 51203)
	analyzertest.Golden(t, "testdata/policing_shared.pkt", []byte(story+four+strings.ReplaceAll(b.String(), "198.51.100.20", "198.51.100.22")))
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
	shared := b.String()
	host := 21
	for _, rate := range []float64{60e3, 125e3, 250e3, 400e3, 800e3, 1600e3} {
		for _, room := range []float64{4.5e3, 8e3, 12e3, 25e3, 50e3} {
			b.Reset() // four at a time, that share the link
			downloads(&b, &queue{rate: rate, room: room}, host%2 == 0, "", port, port+1, port+2, port+3)
			shared += strings.ReplaceAll(b.String(), "198.51.100.20", fmt.Sprintf("198.51.100.%d", host))
			port, host = port+4, host+1
		}
	}
	script, err := analyzertest.ParsePkt("queues", []byte(shared))
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
	downloads(b, net, atReceiver, want, port)
}

// downloads writes such flows that go over one path at the same time.
func downloads(b *strings.Builder, net path, atReceiver bool, want string, ports ...int) {
	var senders []*sender
	for k := range ports {
		senders = append(senders, newSender(net, atReceiver, 0.013*float64(k)))
	}
	for {
		var next *sender
		for _, s := range senders {
			if len(s.events) > 0 && (next == nil || s.events[0].at < next.events[0].at) {
				next = s
			}
		}
		if next == nil {
			break
		}
		next.step()
	}
	for k, s := range senders {
		s.write(b, ports[k], want)
	}
}

const wholeSegments, segmentBytes, halfWay = 400, 1460, 0.020

// sender is a server that sends, and what the capture holds of it.
type sender struct {
	net              path
	atReceiver       bool
	there, back      float64 // from the server to the capture point and on, as far as the capture is not at the server
	events           []event // acknowledgments and tidings of loss that are under way
	lines            []line
	arrivals         map[int]float64
	window           float64
	flying, next     int
	start            float64
	now, calm, clock float64
	resend           []int
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

func newSender(net path, atReceiver bool, start float64) *sender {
	s := &sender{net: net, atReceiver: atReceiver, back: 2 * halfWay, arrivals: make(map[int]float64), window: 10, start: start, now: start + 0.1, clock: start + 0.1}
	if atReceiver {
		s.there, s.back = halfWay, halfWay
	}
	s.lines = []line{{start, "C SYN mss=1472", -1}, {start + 2*halfWay - s.back + 0.0001, "S SYN,ACK mss=1460", -1}, {start + 2*halfWay, "C ACK", -1}, {start + 2*halfWay + 0.001, "C PSH,ACK len=100", -1}}
	s.fill()
	return s
}

// fill sends what the window lets.
func (s *sender) fill() {
	for s.flying < int(s.window) && (len(s.resend) > 0 || s.next < wholeSegments) {
		seq := s.next
		if len(s.resend) > 0 {
			seq, s.resend = s.resend[0], s.resend[1:]
		} else {
			s.next++
		}
		s.clock = max(s.clock+0.0005, s.now) // the server's own link
		s.flying++
		wait, ok := s.net.pass(s.clock, segmentBytes)
		if ok {
			if _, had := s.arrivals[seq]; !had {
				s.arrivals[seq] = s.clock + wait + halfWay
			}
		}
		if ok || !s.atReceiver {
			seen := s.clock
			if s.atReceiver {
				seen += wait + s.there
			}
			s.lines = append(s.lines, line{seen, fmt.Sprintf("S ACK rseq=%d rack=101 len=%d", 1+seq*segmentBytes, segmentBytes), seq})
		}
		s.events = append(s.events, event{s.clock + wait + 2*halfWay, seq, !ok})
	}
	slices.SortStableFunc(s.events, func(x, y event) int { return cmp.Compare(x.at, y.at) })
}

// step takes in the next event.
func (s *sender) step() {
	e := s.events[0]
	s.events, s.now = s.events[1:], max(s.now, e.at)
	s.flying--
	defer s.fill()
	switch {
	case e.lost:
		s.resend = append(s.resend, e.seq)
		if s.now > s.calm {
			s.window, s.calm = max(2, s.window/2), s.now+2*halfWay
		}
		return
	case s.now > s.calm && s.window < 20:
		s.window += 0.5
	default:
		s.window += 1 / s.window
	}
	acked := 0
	for at, ok := s.arrivals[acked]; ok && at <= e.at-halfWay+1e-9; at, ok = s.arrivals[acked] {
		acked++
	}
	s.lines = append(s.lines, line{e.at - 2*halfWay + s.back, fmt.Sprintf("C ACK rseq=101 rack=%d", 1+acked*segmentBytes), -1})
}

func (s *sender) write(b *strings.Builder, port int, want string) {
	ttl := "client.ttl=52 server.ttl=64"
	if s.atReceiver {
		ttl = "client.ttl=64 server.ttl=52 ts=1"
	}
	fmt.Fprintf(b, "flow 192.0.2.10:%d > 198.51.100.20:443  %s\n", port, ttl)
	slices.SortStableFunc(s.lines, func(x, y line) int { return cmp.Compare(x.at, y.at) })
	at := firstLoss(len(s.lines), func(i int) int { return s.lines[i].seq }, s.atReceiver)
	for i, l := range s.lines {
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
