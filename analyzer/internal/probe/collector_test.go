package probe

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer/internal/wire"
	"github.com/capforensics/capforensics/analyzer/route"
)

var (
	client = netip.MustParseAddr("192.0.2.10")
	server = netip.MustParseAddr("198.51.100.20")
)

func router(k int) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, byte(k)}) }

// datagram builds an IPv4 datagram: of ICMP, UDP or TCP by its body.
func datagram(src, dst netip.Addr, proto, ttl uint8, body []byte) []byte {
	b := make([]byte, 20, 20+len(body))
	b[0], b[8], b[9] = 0x45, ttl, proto
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(body)))
	copy(b[12:], src.AsSlice())
	copy(b[16:], dst.AsSlice())
	return append(b, body...)
}

func echo(typ uint8, id, seq uint16) []byte {
	b := make([]byte, 8)
	b[0] = typ
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], seq)
	return b
}

func icmpError(typ, code uint8, about []byte) []byte {
	return append([]byte{typ, code, 0, 0, 0, 0, 0, 0}, about[:28]...)
}

func segment(src, dst uint16, seq, ack uint32, flags uint8) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	binary.BigEndian.PutUint32(b[4:], seq)
	binary.BigEndian.PutUint32(b[8:], ack)
	b[12], b[13] = 0x50, flags
	return b
}

// feed takes datagrams that are a millisecond apart into a collector.
type feed struct {
	Collector
	frame uint32
}

func (f *feed) add(b []byte) {
	const linkRaw = 101
	var s wire.Segment
	wire.Decode(linkRaw, b, uint32(len(b)), &s)
	f.frame++
	f.Add(f.frame, int64(f.frame)*1e6, &s)
}

// show writes reports in short: for each hop the routers, answers of probes, the best time and the flags.
func show(reports []*route.Report) string {
	var b strings.Builder
	for _, r := range reports {
		fmt.Fprintf(&b, "%s %s:%d %s\n", r.Proto, r.Target.Addr, r.Port, r.Outcome)
		for _, h := range r.Hops {
			var routers []string
			for _, x := range h.Routers {
				routers = append(routers, x.Addr.String())
			}
			fmt.Fprintf(&b, "%d [%s] %d/%d %v frame %d %v\n", h.Number, strings.Join(routers, " "), h.Received.Value, h.Sent.Value, h.Best.Value, h.Frame, h.Flags)
		}
	}
	return b.String()
}

func TestEchoProbes(t *testing.T) {
	var f feed
	for round := range 3 {
		for ttl := 1; ttl <= 5; ttl++ { // one too far: the target answers that too
			probe := datagram(client, server, icmp, uint8(ttl), echo(8, 77, uint16(10*round+ttl)))
			f.add(probe)
			switch {
			case ttl == 2 && round > 0 || ttl == 1 && round == 2: // limits its answers; lost
			case ttl == 3 && round == 1:
				f.add(datagram(router(33), client, icmp, 253, icmpError(11, 0, probe)))
			case ttl <= 3:
				f.add(datagram(router(ttl), client, icmp, 253, icmpError(11, 0, probe)))
			default:
				f.add(datagram(server, client, icmp, 61, echo(0, 77, uint16(10*round+ttl))))
			}
		}
	}
	want := `icmp 198.51.100.20:0 answered
1 [203.0.113.1] 2/3 1ms frame 2 []
2 [203.0.113.2] 1/3 1ms frame 4 []
3 [203.0.113.3 203.0.113.33] 3/3 1ms frame 6 []
4 [198.51.100.20] 3/3 1ms frame 8 []
`
	if got := show(f.Reports()); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestSYNProbes(t *testing.T) {
	tests := []struct {
		name string
		last func(f *feed, syn []byte, port uint16, seq uint32) // what answers the probe with TTL 3
		want string
	}{
		{"open", func(f *feed, _ []byte, port uint16, seq uint32) {
			f.add(datagram(server, client, tcp, 61, segment(443, port, 9, seq+1, 0x12)))
		}, "open"},
		{"closed", func(f *feed, _ []byte, port uint16, seq uint32) {
			f.add(datagram(server, client, tcp, 61, segment(443, port, 0, seq+1, 0x14)))
		}, "closed"},
		{"refused by a router", func(f *feed, syn []byte, _ uint16, _ uint32) {
			f.add(datagram(router(2), client, icmp, 254, icmpError(3, 13, syn)))
		}, "prohibited"},
		{"an answer to something else", func(f *feed, _ []byte, port uint16, seq uint32) {
			f.add(datagram(server, client, tcp, 61, segment(443, port, 9, seq+2, 0x12)))
		}, "no answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f feed
			for ttl := 1; ttl <= 3; ttl++ {
				port, seq := uint16(40000+ttl), uint32(1000*ttl)
				syn := datagram(client, server, tcp, uint8(ttl), segment(port, 443, seq, 0, 2))
				f.add(syn)
				if ttl < 3 {
					f.add(datagram(router(ttl), client, icmp, 253, icmpError(11, 0, syn)))
				} else {
					tt.last(&f, syn, port, seq)
				}
			}
			r := f.Reports()
			if len(r) != 1 || string(r[0].Outcome) != tt.want || r[0].Port != 443 || len(r[0].Hops) != 3 {
				t.Errorf("got:\n%swant one report to port 443 of 3 hops, %s", show(r), tt.want)
			}
		})
	}
}

// TestSentAgain: the answer to a SYN that was sent twice does not tell how long it took.
func TestSentAgain(t *testing.T) {
	var f feed
	syn := datagram(client, server, tcp, 1, segment(40000, 443, 7, 0, 2))
	f.add(syn)
	f.add(syn)
	f.add(datagram(router(1), client, icmp, 253, icmpError(11, 0, syn)))
	h := f.Reports()[0].Hops[0]
	if h.Best.OK || h.Sent.Value != 1 || h.Received.Value != 1 {
		t.Errorf("best %v, sent %v, received %v; want no time, 1, 1", h.Best, h.Sent, h.Received)
	}
}

// TestNoTrace: packets from far away have a small TTL too, and what no router answers is no trace.
func TestNoTrace(t *testing.T) {
	var f feed
	for k := range 100 {
		f.add(datagram(server, client, udp, 20, append(segment(53, 40000, 0, 0, 0)[:4], 0, 8, 0, byte(k))))
	}
	if r := f.Reports(); len(r) != 0 {
		t.Errorf("a trace of nothing:\n%s", show(r))
	}
}

// TestBounds: neither probes that nobody answers nor ever new destinations take memory without end.
func TestBounds(t *testing.T) {
	var f feed
	for k := range 3 * maxPending {
		f.add(datagram(client, server, icmp, 1, echo(8, uint16(k>>8), uint16(k&255))))
	}
	for k := range 2 * maxTraces {
		f.add(datagram(client, netip.AddrFrom4([4]byte{198, 51, byte(k >> 8), byte(k)}), icmp, 1, echo(8, 1, 1)))
	}
	if len(f.pending) > maxPending || len(f.traces) > maxTraces || f.Left == 0 {
		t.Errorf("%d pending, %d traces, %d left", len(f.pending), len(f.traces), f.Left)
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	var f feed
	syn := segment(40000, 443, 7, 0, 2)
	ordinary := datagram(client, server, tcp, 64, syn)
	var s wire.Segment
	wire.Decode(101, ordinary, uint32(len(ordinary)), &s)
	if n := testing.AllocsPerRun(100, func() { f.Add(1, int64(time.Second), &s) }); n > 0 {
		t.Errorf("%v allocations for an ordinary segment", n)
	}
}

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		name string
		h    hop
		want route.Outcome
	}{
		{"an echo reply", hop{received: 1, target: true}, route.Answered},
		{"a router refuses", hop{received: 1, refused: 1, flags: []string{"!X"}}, route.Prohibited},
		{"a router knows no way", hop{received: 1, refused: 1, flags: []string{"!N"}}, route.Unreachable},
		{"the target refuses", hop{received: 1, target: true, flags: []string{"!X"}}, route.Prohibited},
		{"a router refuses some probes, the target opens to others", hop{received: 2, refused: 1, target: true, flags: []string{"!X", "<syn,ack>"}}, route.Open},
		{"a router refuses some probes, the target answers others", hop{received: 2, refused: 1, target: true, flags: []string{"!X"}}, route.Answered},
	} {
		if got := outcome(&tt.h); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
