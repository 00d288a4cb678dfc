package pairing

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// ref makes a flow's reference; an initial sequence number of 0 means that the SYN was not seen.
func ref(capture int, id uint32, client, server string, clientISN, serverISN uint32) Ref {
	var s flow.Summary
	s.ID = id
	for side, c := range []struct {
		addr string
		isn  uint32
	}{{client, clientISN}, {server, serverISN}} {
		a := netip.MustParseAddrPort(c.addr)
		h := &s.Half[side]
		h.IP, h.Port, h.V4 = a.Addr().As16(), a.Port(), true
		h.ISN, h.SeenSYN = flow.Seq(c.isn), c.isn != 0
	}
	return RefOf(capture, &s, nil)
}

// datagrams makes the reference of a UDP flow.
func datagrams(capture int, id uint32, client, server string) Ref {
	r := ref(capture, id, client, server, 0, 0)
	r.udp = true
	return r
}

// at sets where the sides of a reference stand.
func at(r Ref, client, server uint32) Ref {
	r.next, r.hasNext = [2]flow.Seq{flow.Seq(client), flow.Seq(server)}, [2]bool{true, true}
	return r
}

// one leaves its client's side alone.
func one(r Ref) Ref {
	r.hasNext[flow.Server] = false
	return r
}

func TestJoin(t *testing.T) {
	const c, n, s, v = "192.168.0.5:4000", "203.0.113.5:61000", "198.51.100.1:443", "10.0.0.1:443"
	for _, k := range []struct {
		name string
		in   []Ref
		want string
	}{
		{"the same addresses", []Ref{ref(0, 0, c, s, 11, 22), ref(1, 5, c, s, 11, 22)}, "0/0+1/5"},
		{"both ends translated", []Ref{ref(0, 0, c, s, 11, 22), ref(1, 5, n, v, 11, 22)}, "0/0+1/5"},
		{"ports reused", []Ref{ref(0, 0, c, s, 11, 22), ref(0, 1, c, s, 33, 44), ref(1, 5, c, s, 33, 44)}, "0/0 0/1+1/5"},
		{"the SYN got no answer at one end", []Ref{ref(0, 0, c, s, 11, 0), ref(1, 5, c, s, 11, 22)}, "0/0+1/5"},
		{"refused behind a translated server", []Ref{ref(0, 0, c, s, 11, 0), ref(1, 5, c, v, 11, 0)}, "0/0+1/5"},
		{"refused behind a translated client", []Ref{ref(0, 0, c, s, 11, 0), ref(1, 5, n, s, 11, 0)}, "0/0+1/5"},
		{"refused, both translated", []Ref{ref(0, 0, c, s, 11, 0), ref(1, 5, n, v, 11, 0)}, "0/0+1/5"},
		{"refused, another SYN of the client", []Ref{ref(0, 0, c, s, 11, 0), ref(1, 5, c, v, 12, 0)}, "0/0 1/5"},
		{"another connection", []Ref{ref(0, 0, c, s, 11, 22), ref(1, 5, n, v, 11, 23)}, "0/0 1/5"},
		{"no handshake", []Ref{ref(0, 0, c, s, 0, 0), ref(1, 5, c, s, 0, 0)}, "0/0 1/5"},
		{"ambiguous in one capture", []Ref{ref(0, 0, c, s, 11, 22), ref(1, 5, n, v, 11, 22), ref(1, 6, "203.0.113.5:61001", v, 11, 22)}, "0/0 1/5 1/6"},
		{"begun late at one end", []Ref{at(ref(0, 0, c, s, 11, 22), 5000, 9000), at(ref(1, 5, c, s, 0, 0), 7000, 9100)}, "0/0+1/5"},
		{"begun late at both ends", []Ref{at(ref(0, 0, c, s, 0, 0), 5000, 9000), at(ref(1, 5, c, s, 0, 0), 5000, 9100)}, "0/0+1/5"},
		{"begun late, other numbers", []Ref{at(ref(0, 0, c, s, 11, 22), 5000, 9000), at(ref(1, 5, c, s, 0, 0), 1<<30, 9100)}, "0/0 1/5"},
		{"begun late, ports reused", []Ref{at(ref(0, 0, c, s, 11, 22), 5000, 9000), at(ref(0, 1, c, s, 33, 44), 5000, 9000), at(ref(1, 5, c, s, 0, 0), 5000, 9100)}, "0/0 0/1 1/5"},
		{"one side alone", []Ref{at(ref(0, 0, c, s, 11, 22), 5000, 9000), one(at(ref(1, 5, c, s, 0, 0), 5000, 0))}, "0/0 1/5"},
		{"datagrams", []Ref{datagrams(0, 0, c, s), datagrams(1, 5, c, s)}, "0/0+1/5"},
		{"datagrams, ports reused", []Ref{datagrams(0, 0, c, s), datagrams(0, 1, c, s), datagrams(1, 5, c, s)}, "0/0 0/1 1/5"},
		{"datagrams of another protocol's ports", []Ref{datagrams(0, 0, c, s), ref(1, 5, c, s, 0, 0)}, "0/0 1/5"},
		{"three captures", []Ref{ref(0, 0, c, s, 11, 22), ref(1, 5, c, s, 11, 22), ref(2, 7, n, v, 11, 22)}, "0/0+1/5+2/7"},
	} {
		got := ""
		for i, g := range Join(k.in) {
			if i > 0 {
				got += " "
			}
			for j, r := range g {
				if j > 0 {
					got += "+"
				}
				got += fmt.Sprintf("%d/%d", r.Capture, r.ID)
			}
		}
		if got != k.want {
			t.Errorf("%s: %s, want %s", k.name, got, k.want)
		}
	}
}

// TestJoinDatagrams: flows over UDP have no numbers, and are known by their addresses or by what their first datagram says.
func TestJoinDatagrams(t *testing.T) {
	udp := func(capture int, id uint32, client, server string, opening uint32) Ref {
		r := ref(capture, id, client, server, 0, 0)
		r.udp, r.opening[flow.Client].digest = true, opening
		return r
	}
	const c, n, s, v = "192.168.0.5:4000", "203.0.113.5:61000", "198.51.100.1:443", "10.0.0.1:443"
	for _, k := range []struct {
		name string
		in   []Ref
		want int // groups
	}{
		{"the same addresses", []Ref{udp(0, 0, c, s, 0), udp(1, 1, c, s, 0)}, 1},
		{"translated", []Ref{udp(0, 0, c, s, 7), udp(1, 1, n, v, 7)}, 1},
		{"another first datagram", []Ref{udp(0, 0, c, s, 7), udp(1, 1, n, v, 8)}, 2},
		{"another port", []Ref{udp(0, 0, c, s, 7), udp(1, 1, n, "10.0.0.1:53", 7)}, 2},
		{"the same datagram twice in one capture", []Ref{udp(0, 0, c, s, 7), udp(1, 1, n, v, 7), udp(1, 2, "203.0.113.5:61001", v, 7)}, 3},
		{"nothing said", []Ref{udp(0, 0, c, s, 0), udp(1, 1, n, v, 0)}, 2},
		{"a TCP connection with the same ports", []Ref{udp(0, 0, c, s, 0), ref(1, 1, c, s, 11, 22)}, 2},
	} {
		if got := len(Join(k.in)); got != k.want {
			t.Errorf("%s: %d groups, want %d", k.name, got, k.want)
		}
	}
}

// TestAmbiguousKeys holds the work on references with one key to a bound: a client may try one port a hundred thousand times.
func TestAmbiguousKeys(t *testing.T) {
	const many = 1000
	refs := make([]Ref, 2*many+1) // of one capture, of one each, and one more of one of these
	refs[2*many].Capture = 7
	for i := range many {
		refs[many+i].Capture = i
	}
	x := newIndex[string](refs)
	for i := range many {
		x.add("tried again", i)
		x.add("in all", many+i)
	}
	x.add("in all", 2*many)
	x.add("in all", many)
	for _, k := range []string{"tried again", "in all"} {
		if got := len(x.unique(k)) + cap(x.of[k].members); got != 0 {
			t.Errorf("%q is not unique, and the index keeps %d numbers for it", k, got)
		}
	}
}
