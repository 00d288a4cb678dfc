package pairing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// says sets what the sides of a reference say first; 0: nothing.
func says(r Ref, client, server uint32) Ref {
	for side, d := range [2]uint32{client, server} {
		r.opening[side] = opening{digest: d, heard: 64, random: d != 0}
	}
	return r
}

// common is says without random numbers in it.
func common(r Ref, client, server uint32) Ref {
	r = says(r, client, server)
	r.opening[0].random, r.opening[1].random = false, false
	return r
}

// during sets when a flow was seen, milliseconds.
func during(r Ref, from, to int64) Ref {
	r.from, r.to = from*ms, to*ms
	return r
}

func named(r Ref, name string) Ref { r.name = name; return r }

func stamped(r Ref, client, server uint32) Ref { r.tsval = [2]uint32{client, server}; return r }

// cut has heard less of what the sides say.
func cut(r Ref, to uint8) Ref {
	for side := range r.opening {
		r.opening[side].heard, r.opening[side].digest = to, r.opening[side].digest^1<<3
	}
	return r
}

// told writes what Relate finds: joined groups, then relays.
func told(refs []Ref, clocks map[[2]int]*Clock) string {
	groups, found, left := Relate(Join(refs), clocks)
	var parts []string
	for _, g := range groups {
		var of []string
		for _, r := range g {
			of = append(of, fmt.Sprintf("%d/%d", r.Capture, r.ID))
		}
		parts = append(parts, strings.Join(of, "+"))
	}
	for _, f := range found {
		if f.Link == FullProxy {
			parts = append(parts, fmt.Sprintf("%d/%d~%d/%d", f.A.Capture, f.A.ID, f.B.Capture, f.B.ID))
		}
	}
	if left > 0 {
		parts = append(parts, fmt.Sprintf("%d left", left))
	}
	return strings.Join(parts, " ")
}

func TestRelate(t *testing.T) {
	const (
		c, n, p  = "192.168.0.5:4000", "203.0.113.5:61000", "10.0.0.2:50000"
		s, v     = "198.51.100.1:443", "10.0.0.1:8443"
		one, two = 0x11110001, 0x22220001
		six      = 0x66660001
		cookie   = 0x33330001
	)
	clock := map[[2]int]*Clock{{0, 1}: {}}
	handshake(clock[[2]int{0, 1}], 0, 10*ms, 10*ms, 0)
	hour := time.Hour.Milliseconds()
	client := says(ref(0, 0, c, s, 11, 22), one, two)
	for _, k := range []struct {
		name   string
		in     []Ref
		clocks map[[2]int]*Clock
		want   string
	}{
		{"a proxy, by what both say", []Ref{client, says(ref(1, 5, p, v, 33, 44), one, two)}, nil, "0/0 1/5 0/0~1/5"},
		{"other things are said", []Ref{client, says(ref(1, 5, p, v, 33, 44), one+1<<20, two+1<<20)}, nil, "0/0 1/5"},
		{"the client says the same, the server another thing", []Ref{client, says(ref(1, 5, p, v, 33, 44), one, two+1<<20)}, nil, "0/0 1/5"},
		{"the client alone has spoken", []Ref{says(ref(0, 0, c, s, 11, 22), one, 0), says(ref(1, 5, p, v, 33, 44), one, 0)}, nil, "0/0 1/5 0/0~1/5"},
		{"and at another time", []Ref{during(says(ref(0, 0, c, s, 11, 22), one, 0), 0, 9), during(says(ref(1, 5, p, v, 33, 44), one, 0), 5000, 6000)}, nil, "0/0 1/5"},
		{"the same twice in one capture", []Ref{client, says(ref(1, 5, p, v, 33, 44), one, two), says(ref(1, 6, p, v, 55, 66), one, two)}, nil, "0/0 1/5 1/6"},
		{"two clients say the same", []Ref{client, says(ref(0, 1, c, s, 77, 88), one, two), says(ref(1, 5, p, v, 33, 44), one, two)}, nil, "0/0 0/1 1/5"},
		{"one of the same ended before", []Ref{during(client, 20*hour, 20*hour+9), during(says(ref(1, 5, p, v, 33, 44), one, two), hour, hour+9), during(says(ref(1, 6, p, v, 55, 66), one, two), 20*hour, 20*hour+9)}, clock, "0/0 1/5 1/6 0/0~1/6"},
		{"both captures cut what is said", []Ref{client, cut(says(ref(1, 5, p, v, 33, 44), one, two), 40)}, nil, "0/0 1/5 0/0~1/5"},
		{"one captures too little of it", []Ref{client, cut(says(ref(1, 5, p, v, 33, 44), one, two), 20)}, nil, "0/0 1/5"},
		{"a banner that many have", []Ref{common(ref(0, 0, c, s, 11, 22), one, two), common(ref(1, 5, p, v, 33, 44), one, two)}, nil, "0/0 1/5"},
		{"a request by name at that time", []Ref{named(common(ref(0, 0, c, s, 11, 22), one, two), "a/b"), named(common(ref(1, 5, p, v, 33, 44), one, two), "a/b")}, nil, "0/0 1/5 0/0~1/5"},
		{"a request by name an hour later", []Ref{named(common(ref(0, 0, c, s, 11, 22), one, two), "a/b"), during(named(common(ref(1, 5, p, v, 33, 44), one, two), "a/b"), hour, hour+9)}, nil, "0/0 1/5"},
		{"a transparent proxy", []Ref{client, says(ref(1, 5, c, s, 33, 44), one, two)}, nil, "0/0 1/5 0/0~1/5"},
		{"ports reused, nothing said", []Ref{ref(0, 0, c, s, 11, 22), ref(1, 5, c, s, 33, 44)}, nil, "0/0 1/5"},
		{"ports reused, the same banner much later", []Ref{common(ref(0, 0, c, s, 11, 22), one, two), during(common(ref(1, 5, c, s, 33, 44), one, two), hour, hour+9)}, nil, "0/0 1/5"},
		{"a SYN proxy", []Ref{client, says(ref(1, 5, c, s, 11, 44), one, two)}, nil, "0/0+1/5"},
		{"a SYN proxy behind translation", []Ref{client, says(ref(1, 5, n, v, 11, 44), one, two)}, nil, "0/0+1/5"},
		{"a number that agrees by chance", []Ref{client, says(ref(1, 5, n, v, 11, 44), six, cookie)}, nil, "0/0 1/5"},
		{"a firewall rewrites the client's number", []Ref{client, says(ref(1, 5, c, s, 99, 22), one, two)}, nil, "0/0+1/5"},
		{"and those of both, not their clocks", []Ref{stamped(client, 7, 8), stamped(says(ref(1, 5, n, s, 99, 88), one, two), 7, 8)}, nil, "0/0+1/5"},
		{"a third capture before the proxy", []Ref{client, says(ref(1, 5, c, s, 11, 22), one, two), says(ref(2, 7, p, v, 33, 44), one, two)}, nil, "0/0+1/5 2/7 0/0~2/7 1/5~2/7"},
		{"a SYN proxy between a third capture and two that hold it", []Ref{client, says(ref(1, 5, c, s, 11, 22), one, two), says(ref(2, 7, n, v, 11, 44), one, two)}, nil, "0/0+1/5+2/7"},
	} {
		if got := told(k.in, k.clocks); got != k.want {
			t.Errorf("%s: %s, want %s", k.name, got, k.want)
		}
		for i := range k.in { // the captures exchanged
			k.in[i].Capture = 9 - k.in[i].Capture
		}
		turned := strings.Count(told(k.in, nil), "~")
		if k.clocks == nil && turned != strings.Count(k.want, "~") {
			t.Errorf("%s, the captures exchanged: %d relays, want %d", k.name, turned, strings.Count(k.want, "~"))
		}
	}
}

// TestRelateMany: tens of thousands of connections that one capture alone holds take no time by the square of their number, whether what they say tells
// them apart or not, and none is taken twice.
func TestRelateMany(t *testing.T) {
	const n = 40_000
	make := func(of func(r Ref, i uint32) Ref) (refs []Ref) {
		for i := range uint32(n) {
			at := func(net, port uint32) string { return fmt.Sprintf("10.%d.%d.%d:%d", net, i>>16, i>>8&0xff, port) }
			refs = append(refs, of(ref(0, i, at(1, 1+i&0xff), at(2, 443), 1+i*7919, 2+i*104729), i), of(ref(1, i, at(3, 1+i&0xff), at(4, 443), 3+i*15485863, 4+i*32452843), i))
		}
		return refs
	}
	for name, k := range map[string]struct {
		of   func(r Ref, i uint32) Ref
		want int
	}{
		"each says another thing": {func(r Ref, i uint32) Ref { return says(r, (i*2654435761)|1, (i*40503*65537)|1) }, n},
		"all say the same":        {func(r Ref, i uint32) Ref { return named(common(r, 5, 7), "a/health") }, 0},
	} {
		began := time.Now()
		_, found, _ := Relate(Join(make(k.of)), nil)
		if len(found) < k.want*99/100 || len(found) > k.want {
			t.Errorf("%s: %d of %d are found", name, len(found), k.want)
		}
		twice := map[string]bool{}
		for _, f := range found {
			for _, r := range []Ref{f.A, f.B} {
				at := fmt.Sprint(r.Capture, r.ID)
				if twice[at] {
					t.Fatalf("%s: a flow is taken twice", name)
				}
				twice[at] = true
			}
			if f.A.ID != f.B.ID {
				t.Fatalf("%s: flow %d is taken for %d", name, f.A.ID, f.B.ID)
			}
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		t.Logf("%s: %v", name, time.Since(began))
	}
}

// TestClocksLeaveOutProxies: a SYN proxy's handshake says nothing about the clocks.
func TestClocksLeaveOutProxies(t *testing.T) {
	const c, s = "192.168.0.5:4000", "198.51.100.1:443"
	a, b := ref(0, 0, c, s, 11, 22), ref(1, 5, c, s, 11, 44)
	a.first, b.first = [2]int64{0, 5 * ms}, [2]int64{12 * ms, 13 * ms}
	if got := Clocks(Join([]Ref{a, b})); len(got) > 0 {
		t.Errorf("%d clocks are told", len(got))
	}
	b.isn[flow.Server] = 22
	if got := Clocks(Join([]Ref{a, b})); len(got) != 1 {
		t.Errorf("%d clocks are told of a connection that nothing stands in, want 1", len(got))
	}
}
