package analyzer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/rules"
)

// opening begins each of the scripts: a request, and the first packet of its answer.
const opening = `flow 192.0.2.10:51000 > 198.51.100.20:443  client.ttl=64 server.ttl=52
0.000 C SYN
0.030 S SYN,ACK
0.031 C ACK
0.032 C PSH,ACK len=1460
0.062 S ACK
0.063 S ACK len=1460
`

// These scripts are carried through tunnels whose outer datagrams are too large for their network.
var carried = []struct{ name, pkt string }{
	{"a transfer", opening + `0.064 S ACK len=1460
0.065 S PSH,ACK len=1460
0.066 C ACK
0.100 C FIN,ACK
0.130 S FIN,ACK
0.131 C ACK
`},
	{"a forged reset", opening + `0.064 S RST ttl=61
0.065 S ACK len=1460
`},
}

const piece = 1400 // bytes of the outer datagram that go into its first fragment: a multiple of eight

func outer4(proto byte, b []byte) []byte {
	h := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
	return append(h, b...)
}

func outerUDP(port uint16, b []byte) []byte {
	h := make([]byte, 8)
	binary.BigEndian.PutUint16(h, 50000)
	binary.BigEndian.PutUint16(h[2:], port)
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(b)))
	return append(h, b...)
}

// tunnelKinds put an Ethernet frame behind an IP header: protocol number, and what follows.
var tunnelKinds = []struct {
	name string
	wrap func(frame []byte) (byte, []byte)
}{
	{"VXLAN", func(f []byte) (byte, []byte) {
		return 17, outerUDP(4789, append([]byte{8, 0, 0, 0, 0, 0, 7, 0}, f...))
	}},
	{"Geneve", func(f []byte) (byte, []byte) {
		return 17, outerUDP(6081, append([]byte{0, 0, 0x65, 0x58, 0, 0, 7, 0}, f...))
	}},
	{"GRE", func(f []byte) (byte, []byte) { return 47, append([]byte{0, 0, 8, 0}, f[14:]...) }},
	{"IP in IP", func(f []byte) (byte, []byte) { return 4, slices.Clone(f[14:]) }},
}

// inPieces gives the IP datagrams, of version 4 or 6, that carry body: one, or two fragments.
func inPieces(v6 bool, id uint16, proto byte, body []byte) [][]byte {
	one := func(off int, more bool, b []byte) []byte {
		whole := off == 0 && !more
		if !v6 {
			d := outer4(proto, b)
			field := uint16(off / 8)
			if more {
				field |= 0x2000
			}
			binary.BigEndian.PutUint16(d[2:], uint16(len(d)))
			binary.BigEndian.PutUint16(d[4:], id)
			binary.BigEndian.PutUint16(d[6:], field)
			return d
		}
		d := make([]byte, 40)
		d[0], d[6], d[7], d[8], d[23], d[24], d[39] = 0x60, proto, 64, 0xfd, 1, 0xfd, 2
		if !whole {
			ext := []byte{proto, 0, 0, 0, 0, 0, 0, 0}
			d[6] = 44
			field := uint16(off)
			if more {
				field |= 1
			}
			binary.BigEndian.PutUint16(ext[2:], field)
			binary.BigEndian.PutUint16(ext[6:], id)
			d = append(d, ext...)
		}
		d = append(d, b...)
		binary.BigEndian.PutUint16(d[4:], uint16(len(d)-40))
		return d
	}
	if len(body) <= piece {
		return [][]byte{one(0, false, body)}
	}
	return [][]byte{one(0, true, body[:piece]), one(piece, false, body[piece:])}
}

// carry puts each frame of a capture of Ethernet (pcap, little endian) into a tunnel, and gives how many came in pieces.
func carry(t *testing.T, b []byte, v6 bool, wrap func([]byte) (byte, []byte)) (out []byte, split int) {
	t.Helper()
	if len(b) < 24 || b[0] != 0xd4 && b[0] != 0x4d {
		t.Fatalf("not the pcap that this was written for: % x", b[:min(4, len(b))])
	}
	out = slices.Clone(b[:24])
	for id, b := uint16(1), b[24:]; len(b) >= 16; id++ {
		n := 16 + int(binary.LittleEndian.Uint32(b[8:]))
		proto, body := wrap(b[16:n])
		all := inPieces(v6, id, proto, body)
		for _, d := range all {
			typ := []byte{8, 0}
			if v6 {
				typ = []byte{0x86, 0xdd}
			}
			head := slices.Clone(b[:16])
			binary.LittleEndian.PutUint32(head[8:], uint32(14+len(d)))
			binary.LittleEndian.PutUint32(head[12:], uint32(14+len(d)))
			out = slices.Concat(out, head, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, typ, d)
		}
		split += len(all) - 1
		b = b[n:]
	}
	return out, split
}

func packetsOf(t *testing.T, script string) []byte {
	t.Helper()
	s, err := analyzertest.ParsePkt("carried", []byte(script))
	if err != nil {
		t.Fatal(err)
	}
	built, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	return built[0].Bytes
}

func analyzePcap(t *testing.T, b []byte) *analyzer.Case {
	t.Helper()
	in := analyzer.Input{Name: "a.pcap", Size: int64(len(b)), ReaderAt: bytes.NewReader(b)}
	c, err := analyzer.Analyze(context.Background(), "test", []analyzer.Input{in}, rules.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func analyzeOne(t *testing.T, b []byte) *analyzer.Case {
	t.Helper()
	c := analyzePcap(t, b)
	if len(c.Flows) != 1 {
		t.Fatalf("%d connections, want 1: %v", len(c.Flows), c.Caveats)
	}
	return c
}

// trouble is what the survey counts of a side that could be taken for loss or tampering.
func trouble(h *flow.Half) [8]uint64 {
	return [8]uint64{h.Packets, h.Bytes, uint64(h.Retransmissions), uint64(h.OutOfOrders), uint64(h.Gaps), uint64(h.Overlaps), uint64(h.Duplicates), uint64(h.AcksUnseen)}
}

// TestTunnelOfPieces: what lies in the second fragment of an outer datagram is neither lost nor cut by the capture, and no verdict is surer for it.
func TestTunnelOfPieces(t *testing.T) {
	for _, script := range carried {
		packets := packetsOf(t, script.pkt)
		plain := analyzeOne(t, packets)
		for _, k := range tunnelKinds {
			for _, v6 := range []bool{false, true} {
				name := script.name + " in " + k.name + " over IPv4"
				if v6 {
					name = script.name + " in " + k.name + " over IPv6"
				}
				b, split := carry(t, packets, v6, k.wrap)
				if split < 2 {
					t.Fatalf("%s: only %d datagrams came in pieces", name, split)
				}
				c := analyzeOne(t, b)
				for side := range 2 {
					got, want := &c.Flows[0].Seen[0].Half[side], &plain.Flows[0].Seen[0].Half[side]
					if trouble(got) != trouble(want) || got.Truncated != 0 {
						t.Errorf("%s, side %d: counted %v, %d of them cut; without the tunnel %v", name, side, trouble(got), got.Truncated, trouble(want))
					}
				}
				got, want := c.Flows[0], plain.Flows[0]
				if got.Class != want.Class || got.Cause != want.Cause || got.Confidence > want.Confidence {
					t.Errorf("%s: %v %v, %v sure; without the tunnel %v %v, %v", name, got.Class, got.Cause, got.Confidence, want.Class, want.Cause, want.Confidence)
				}
				later := false
				for _, v := range c.Caveats {
					text := v.Text.String()
					later = later || strings.Contains(text, "later fragments of a datagram")
					if strings.Contains(text, "snap length") || strings.Contains(text, "never came") {
						t.Errorf("%s: %s", name, text)
					}
				}
				if !later {
					t.Errorf("%s: the later fragments are not counted: %v", name, c.Caveats)
				}
			}
		}
	}
}

// TestESPIsCounted: the connections within cannot be followed, and the reader is told.
func TestESPIsCounted(t *testing.T) {
	b, _ := carry(t, packetsOf(t, carried[0].pkt), false, func([]byte) (byte, []byte) {
		return 17, outerUDP(4500, append([]byte{0xc1, 2, 3, 4, 0, 0, 0, 1}, make([]byte, 32)...))
	})
	c := analyzePcap(t, b)
	for _, v := range c.Caveats {
		if strings.HasPrefix(v.Text.String(), "12 datagrams carry ESP over UDP") {
			return
		}
	}
	t.Errorf("no caveat tells of ESP: %v", c.Caveats)
}
