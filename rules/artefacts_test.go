package rules

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// TestArtefacts: whatever makes a capture look as if somebody had interfered is seen, told, and accuses nobody. Each script is of honest hosts.
func TestArtefacts(t *testing.T) {
	const (
		opened = "0.000 C SYN\n0.030 S SYN,ACK\n0.031 C ACK\n0.032 C PSH,ACK len=100\n"
		whole  = opened + "0.062 S ACK len=100\n0.063 S ACK len=100\n0.064 C ACK\n0.100 S RST,ACK\n"
		talk   = "0.062 S ACK len=100\n0.063 S ACK len=100\n0.064 S ACK len=100\n0.065 S ACK len=100\n0.066 S ACK len=100\n0.067 C ACK\n0.068 C PSH,ACK len=100\n0.090 S RST,ACK\n"
	)
	flow := func(n int, keys, packets string) string {
		return fmt.Sprintf("flow 192.0.2.%d:51000 > 198.51.100.%d:443 %s\n%s", n, n, keys, packets)
	}
	var many, ticks strings.Builder
	for n := range 6 {
		many.WriteString(flow(n+1, "client.ttl=57 server.ttl=57 client.id=const:7 server.id=const:7", opened+talk))
		ticks.WriteString(flow(n+1, fmt.Sprintf("server.ttl=52 server.id=counter:%d", 7919*(n+1)), opened+talk))
	}
	for _, c := range []struct {
		name, script string
		change       func([]byte) []byte // of the pcap
		seen         func(*analyzer.Health) bool
		told         string // by a caveat or by the connection's gates; "" if the table of health is enough
		want         analyzer.Class
	}{
		{"mirrored", flow(1, "server.ttl=52", strings.ReplaceAll(whole, "\n", " dup\n")), nil,
			func(h *analyzer.Health) bool { return h.Duplicates > 5 }, "segments were captured twice", analyzer.Endpoint},
		{"routed between two interfaces", flow(1, "server.ttl=52", whole), routed,
			func(h *analyzer.Health) bool { return h.Duplicates > 5 }, "segments were captured twice", analyzer.Endpoint},
		{"routed in bursts", flow(1, "server.ttl=52", opened+"0.062000 S ACK len=100\n0.062005 S ACK len=100\n0.062010 S ACK len=100\n0.062015 S ACK len=100\n0.062020 S ACK len=100\n0.062025 S ACK len=100\n0.064 C ACK\n0.065 C FIN,ACK\n0.100 S FIN,ACK\n0.101 C ACK\n"), routed,
			func(h *analyzer.Health) bool { return h.Duplicates == 14 }, "segments were captured twice", analyzer.Clean},
		{"offloaded", flow(1, "server.ttl=52", strings.ReplaceAll(whole, "S ACK len=100", "S ACK len=7240")), nil,
			func(h *analyzer.Health) bool { return h.Offloaded == 2 }, "", analyzer.Endpoint},
		{"cut to 60 bytes", flow(1, "server.ttl=52", strings.ReplaceAll(whole, "len=100", "len=100 cut=60")), nil,
			func(h *analyzer.Health) bool { return h.Snapped == 3 && h.CutTo == 60 }, "", analyzer.Endpoint},
		{"frames lost by the capturing system", flow(1, "server.ttl=52", whole), func(b []byte) []byte { return pcapng(b, 1, 3) },
			nil, "it lost 3 frames", analyzer.Endpoint},
		{"frames missing", flow(1, "server.ttl=52", "0.000 C SYN\n0.030 S SYN,ACK\n0.031 C ACK\n0.032 C PSH,ACK len=100\n0.062 S ACK rack=501 len=100\n0.064 C ACK rseq=501 rack=301\n0.100 S RST,ACK rseq=301\n"), nil,
			func(h *analyzer.Health) bool { return h.AcksUnseen == 2 }, "the capture misses packets", analyzer.Inconclusive},
		{"one direction", flow(1, "server.ttl=52", "0.000 C SYN\n0.031 C ACK rack=1\n0.032 C PSH,ACK len=100\n0.064 C ACK rack=201\n0.065 C ACK rack=301\n0.100 C RST,ACK rack=301\n"), nil,
			func(h *analyzer.Health) bool { return h.OneWayFlows == 1 }, "only one direction", analyzer.Endpoint},
		{"begun in the middle", flow(1, "server.ttl=52", "0.032 C PSH,ACK rseq=1 rack=1 len=100\n0.062 S ACK rseq=1 rack=101 len=100\n0.063 S ACK len=100\n0.064 C ACK\n0.065 S ACK len=100\n0.100 S RST,ACK\n"), nil,
			func(h *analyzer.Health) bool { return h.MidStream == 1 }, "", analyzer.Endpoint},
		{"two interfaces", flow(1, "server.ttl=52", whole), func(b []byte) []byte { return pcapng(b, 2, 0) },
			func(h *analyzer.Health) bool { return h.Interfaces == 2 }, "frames of 2 interfaces", analyzer.Endpoint},
		{"clock set back", flow(1, "server.ttl=52", whole), stepped,
			func(h *analyzer.Health) bool { return h.Backwards == 1 }, "the clock steps back", analyzer.Endpoint},
		{"clock set back before two resets of the kernel", flow(1, "server.ttl=52", opened+"0.062 S ACK len=100\n0.063 S ACK len=100\n0.100 S RST rseq=1 win=0\n0.101 S RST rseq=201 win=0\n"), stepped,
			func(h *analyzer.Health) bool { return h.Backwards == 1 }, "the clock steps back", analyzer.Inconclusive},
		{"clock of 16 ms", ticks.String(), func(b []byte) []byte { return rounded(b, 16e6) },
			func(h *analyzer.Health) bool { return h.Coarse && h.Resolution == 16e6 }, "ticks every 16ms", analyzer.Endpoint},
		{"edited", many.String(), nil,
			func(h *analyzer.Health) bool { return h.Edited.Certain() }, "the capture was edited", analyzer.Endpoint},
		{"on a router that translates", flow(1, "server.ttl=52 client.isn=7 server.isn=9", whole) + flow(2, "server.ttl=51 client.isn=7 server.isn=9", whole), nil,
			func(h *analyzer.Health) bool { return h.Renamed == 1 }, "under two pairs of addresses", analyzer.Endpoint},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := analyzertest.ParsePkt(c.name, []byte(c.script))
			if err != nil {
				t.Fatal(err)
			}
			captures, err := s.Captures()
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				captures[0].Bytes = c.change(captures[0].Bytes)
			}
			got := analyzertest.Analyze(t, All(), captures...)
			if h := &got.Captures[0].Health; c.seen != nil && !c.seen(h) {
				t.Errorf("not seen: %+v", *h)
			}
			var all strings.Builder
			for _, v := range got.Caveats {
				fmt.Fprintln(&all, v.Text)
			}
			for _, f := range got.Flows {
				fmt.Fprintln(&all, f.Open)
				if f.Class != c.want {
					t.Errorf("%v: %s %s, want %s: %v", f.Server(), f.Class, f.Cause, c.want, foundOf(got, f))
				}
			}
			if !strings.Contains(all.String(), c.told) {
				t.Errorf("nothing says %q, only:\n%s", c.told, all.String())
			}
		})
	}
}

// eachRecord walks over the records of a pcap as the kit builds it: header and frame.
func eachRecord(file []byte, do func(record []byte)) {
	for at := 24; at < len(file); {
		n := 16 + int(binary.LittleEndian.Uint32(file[at+8:]))
		do(file[at : at+n])
		at += n
	}
}

func timeOf(record []byte) int64 {
	return int64(binary.LittleEndian.Uint32(record))*1e9 + int64(binary.LittleEndian.Uint32(record[4:]))
}

func setTime(record []byte, t int64) {
	binary.LittleEndian.PutUint32(record, uint32(t/1e9))
	binary.LittleEndian.PutUint32(record[4:], uint32(t%1e9))
}

// routed adds to each frame its copy behind a router: 40 µs later, its TTL one less.
func routed(file []byte) []byte {
	var all [][]byte
	eachRecord(file, func(r []byte) {
		later := append([]byte(nil), r...)
		setTime(later, timeOf(r)+40e3)
		later[16+14+8]--
		all = append(all, r, later)
	})
	slices.SortStableFunc(all, func(x, y []byte) int { return cmp.Compare(timeOf(x), timeOf(y)) })
	return slices.Concat(append([][]byte{file[:24]}, all...)...)
}

// stepped sets the clock back by 2 s before the last two frames.
func stepped(file []byte) []byte {
	n := 0
	eachRecord(file, func([]byte) { n++ })
	eachRecord(file, func(r []byte) {
		if n--; n < 2 {
			setTime(r, timeOf(r)-2e9)
		}
	})
	return file
}

func rounded(file []byte, tick int64) []byte {
	eachRecord(file, func(r []byte) { setTime(r, timeOf(r)/tick*tick) })
	return file
}

// pcapng makes a pcapng file of a pcap, its frames by turns from so many interfaces, the first of which lost drops frames.
func pcapng(file []byte, interfaces, drops int) []byte {
	le := binary.LittleEndian
	var out []byte
	block := func(kind uint32, body []byte) {
		n := uint32(12 + len(body))
		out = le.AppendUint32(append(le.AppendUint32(le.AppendUint32(out, kind), n), body...), n)
	}
	block(0x0a0d0d0a, append(le.AppendUint32(nil, 0x1a2b3c4d), 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255))
	for range interfaces {
		block(1, []byte{1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0}) // Ethernet, if_tsresol 10^-9
	}
	n := uint32(0)
	eachRecord(file, func(r []byte) {
		at := uint64(timeOf(r))
		body := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, n%uint32(interfaces)), uint32(at>>32)), uint32(at))
		body = append(body, r[8:]...)
		block(6, append(body, make([]byte, -len(r)&3)...))
		n++
	})
	if drops > 0 {
		body := le.AppendUint64([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 8, 0}, uint64(drops)) // isb_ifdrop
		block(5, append(body, 0, 0, 0, 0))
	}
	return out
}

// foundOf lists what was found of a connection.
func foundOf(c *analyzer.Case, f *analyzer.Conn) (all []string) {
	for _, i := range f.Findings {
		all = append(all, fmt.Sprintf("%s %+.1f %v", c.Findings[i].Rule.ID, float64(c.Findings[i].Weight), c.Findings[i].Summary))
	}
	return all
}
