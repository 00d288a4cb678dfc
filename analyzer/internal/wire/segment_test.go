package wire

import (
	"encoding/binary"
	"fmt"
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// ipv4TCP builds an IPv4 datagram with a TCP segment: options are padded, payload follows.
func ipv4TCP(opts, payload []byte) []byte {
	t := []byte{0xc7, 0x38, 0x01, 0xbb, 0, 0, 0x03, 0xe8, 0, 0, 0x13, 0x88, byte(5+len(opts)/4) << 4, 0x18, 0x01, 0xf4, 0xab, 0xcd, 0, 0}
	t = append(append(t, opts...), payload...)
	b := []byte{0x45, 0x10, 0, 0, 0x12, 0x34, 0x40, 0, 52, 6, 0, 0, 198, 51, 100, 20, 192, 0, 2, 10}
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(t)))
	return append(b, t...)
}

func ethernetFrame(etherType uint16, body []byte) []byte {
	b := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0}
	binary.BigEndian.PutUint16(b[12:], etherType)
	return append(b, body...)
}

func TestLinkTypes(t *testing.T) {
	ip := ipv4TCP(nil, []byte("hello"))
	sll := append([]byte{0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, ip...)
	sll2 := append([]byte{8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0}, ip...)
	for _, c := range []struct {
		name  string
		link  uint16
		frame []byte
		want  Reason
	}{
		{"ethernet", 1, ethernetFrame(0x0800, ip), Understood},
		{"vlan", 1, ethernetFrame(0x8100, append([]byte{0, 7, 8, 0}, ip...)), Understood},
		{"qinq", 1, ethernetFrame(0x88a8, append([]byte{0, 7, 0x81, 0, 0, 8, 8, 0}, ip...)), Understood},
		{"snap", 1, ethernetFrame(uint16(8+len(ip)), append([]byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, ip...)), Understood},
		{"sll", 113, sll, Understood},
		{"sll2", 276, sll2, Understood},
		{"raw", 101, ip, Understood},
		{"raw 12", 12, ip, Understood},
		{"ipv4", 228, ip, Understood},
		{"null, little endian", 0, append([]byte{2, 0, 0, 0}, ip...), Understood},
		{"null, big endian", 0, append([]byte{0, 0, 0, 2}, ip...), Understood},
		{"loop", 108, append([]byte{0, 0, 0, 2}, ip...), Understood},
		{"arp", 1, ethernetFrame(0x0806, make([]byte, 28)), NotIP},
		{"spanning tree", 1, ethernetFrame(38, make([]byte, 38)), NotIP},
		{"cut in the link header", 1, ethernetFrame(0x0800, nil)[:13], ShortLink},
		{"cut in the tag", 1, ethernetFrame(0x8100, []byte{0, 7, 8}), ShortLink},
		{"no such link", 9999, ip, UnknownLink},
		{"empty", 101, nil, ShortLink},
	} {
		var s Segment
		if got := Decode(c.link, c.frame, uint32(len(c.frame)), &s); got != c.want || s.Reason != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
			continue
		}
		if c.want == Understood && (s.SrcPort != 51000 || s.DstPort != 443 || s.TTL != 52 || s.IPID != 0x1234 || !s.DF || string(s.Payload) != "hello" || s.PayloadLen != 5) {
			t.Errorf("%s: decoded %+v", c.name, s)
		}
	}
}

func TestVLANsAreKept(t *testing.T) {
	var s Segment
	Decode(1, ethernetFrame(0x88a8, append([]byte{0x20, 7, 0x81, 0, 0, 8, 8, 0}, ipv4TCP(nil, nil)...)), 200, &s)
	if s.VLANs != 2 || s.VLAN != [2]uint16{7, 8} {
		t.Errorf("tags %d, %v: want 2, [7 8]", s.VLANs, s.VLAN)
	}
}

// TestEveryLength cuts a frame at every length: the fields that are there are read, nothing else is claimed.
func TestEveryLength(t *testing.T) {
	whole := ethernetFrame(0x0800, ipv4TCP([]byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, []byte("payload")))
	for n := range len(whole) + 1 {
		var s Segment
		got := Decode(1, whole[:n], uint32(len(whole)), &s)
		var want Reason
		switch {
		case n < 14:
			want = ShortLink
		case n < 34:
			want = ShortIP
		case n < 54:
			want = ShortTransport
		default:
			want = Understood
		}
		if got != want {
			t.Errorf("%d bytes: %v, want %v", n, got, want)
		}
		if want == Understood && (s.PayloadLen != 7 || len(s.Payload) != max(0, n-66) || s.OptionsCut != (n < 66) || s.Cut != (n < len(whole))) {
			t.Errorf("%d bytes: payload %d of %d, options cut %t, cut %t", n, len(s.Payload), s.PayloadLen, s.OptionsCut, s.Cut)
		}
	}
}

func TestIPv4Oddities(t *testing.T) {
	change := func(f func(b []byte)) []byte { b := ipv4TCP(nil, []byte("hello")); f(b); return b }
	for _, c := range []struct {
		name string
		ip   []byte
		orig int
		want Reason
		len  uint32
	}{
		{"padding behind the datagram", append(ipv4TCP(nil, []byte("hello")), make([]byte, 6)...), 0, Understood, 5},
		{"length zero (segmentation offload)", change(func(b []byte) { b[2], b[3] = 0, 0 }), 0, Understood, 5},
		{"header length 4", change(func(b []byte) { b[0] = 0x44 }), 0, BadIP, 0},
		{"total length below header", change(func(b []byte) { b[2], b[3] = 0, 19 }), 0, BadIP, 0},
		{"version 5", change(func(b []byte) { b[0] = 0x55 }), 0, BadIP, 0},
		{"later fragment", change(func(b []byte) { b[6], b[7] = 0, 10 }), 0, LaterFragment, 0},
		{"first fragment", change(func(b []byte) { b[6] = 0x20 }), 0, Understood, 5},
		{"data offset 4", change(func(b []byte) { b[32] = 0x40 }), 0, BadTransport, 0},
		{"data offset beyond", change(func(b []byte) { b[32] = 0xf0 }), 0, BadTransport, 0},
		{"esp", change(func(b []byte) { b[9] = 50 }), 0, OtherTransport, 0},
	} {
		var s Segment
		if got := Decode(101, c.ip, uint32(len(c.ip)), &s); got != c.want || s.PayloadLen != c.len {
			t.Errorf("%s: %v, payload %d: want %v, %d", c.name, got, s.PayloadLen, c.want, c.len)
		}
		if c.want == BadTransport && s.Seq != 1000 {
			t.Errorf("%s: sequence number %d is lost, want 1000", c.name, s.Seq)
		}
	}
}

func TestIPv6ExtensionHeaders(t *testing.T) {
	tcp := ipv4TCP(nil, []byte("hello"))[20:]
	build := func(first byte, chain []byte) []byte {
		b := make([]byte, 40)
		b[0], b[6], b[7] = 0x60, first, 57
		binary.BigEndian.PutUint16(b[4:], uint16(len(chain)))
		b[23], b[39] = 1, 2
		return append(b, chain...)
	}
	hop := append([]byte{6, 0, 1, 4, 0, 0, 0, 0}, tcp...)
	frag := append([]byte{6, 0, 0, 1, 0, 0, 0, 9}, tcp...)
	later := append([]byte{6, 0, 0, 8, 0, 0, 0, 9}, tcp...)
	loop := make([]byte, 0, 200)
	for range 20 {
		loop = append(loop, 0, 0, 1, 4, 0, 0, 0, 0)
	}
	for _, c := range []struct {
		name string
		ip   []byte
		want Reason
	}{
		{"plain", build(6, tcp), Understood},
		{"hop by hop", build(0, hop), Understood},
		{"first fragment", build(44, frag), Understood},
		{"later fragment", build(44, later), LaterFragment},
		{"endless chain", build(0, loop), BadIP},
		{"no next header", build(59, nil), OtherTransport},
		{"cut in the chain", build(0, hop)[:44], ShortTransport},
	} {
		var s Segment
		if got := Decode(101, c.ip, uint32(len(c.ip)), &s); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if c.want == Understood && (s.SrcPort != 51000 || s.TTL != 57 || s.PayloadLen != 5) {
			t.Errorf("%s: decoded %+v", c.name, s)
		}
	}
}

func TestQuote(t *testing.T) {
	whole := ipv4TCP(nil, []byte("hello"))
	for _, n := range []int{27, 28, 40, len(whole)} {
		var s Segment
		got := DecodeQuote(whole[:n], &s)
		if n >= 24 && (got != Understood || s.SrcPort != 51000 || s.SeqCut != (n < 28) || !s.SeqCut && s.Seq != 1000) {
			t.Errorf("%d bytes: %v, port %d, seq %d (cut %t)", n, got, s.SrcPort, s.Seq, s.SeqCut)
		}
		if n < 24 && got == Understood {
			t.Errorf("%d bytes are understood", n)
		}
	}
}

func TestTCPOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want TCPOptions
	}{
		{"none", nil, TCPOptions{}},
		{"linux SYN", []byte{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7}, TCPOptions{MSS: 1460, HasMSS: true, SACKPermitted: true, HasTS: true, TSval: 1, TSecr: 2, WScale: 7, HasWScale: true}},
		{"timestamps, the usual way", []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, TCPOptions{HasTS: true, TSval: 1, TSecr: 2}},
		{"sack", []byte{1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9}, TCPOptions{SACKBlocks: 1, SACK: [4][2]uint32{{1, 9}}}},
		{"end of options", []byte{0, 2, 4, 5, 0xb4}, TCPOptions{}},
		{"length zero", []byte{2, 0, 5, 0xb4}, TCPOptions{Bad: true}},
		{"length beyond", []byte{2, 40, 5, 0xb4}, TCPOptions{Bad: true}},
		{"timestamps cut by the capture", []byte{1, 1, 8, 10, 0, 0, 0, 7}, TCPOptions{HasTS: true, TSval: 7, Bad: true}},
		{"timestamps cut in their value", []byte{1, 1, 8, 10, 0, 0, 0}, TCPOptions{Bad: true}},
		{"kind without length", []byte{2}, TCPOptions{Bad: true}},
		{"MSS of the wrong size", []byte{2, 3, 5, 1}, TCPOptions{Bad: true}},
	} {
		got := TCPOptions{MSS: 99, HasTS: true} // stale values must go
		if ParseTCPOptions(c.in, &got); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	frame := ethernetFrame(0x0800, ipv4TCP([]byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, make([]byte, 1448)))
	icmp := ethernetFrame(0x0800, append([]byte{0x45, 0, 0, 56, 0, 0, 0, 0, 60, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 3, 13, 0, 0, 0, 0, 0, 0}, ipv4TCP(nil, nil)[:28]...))
	var s Segment
	var o TCPOptions
	if n := testing.AllocsPerRun(1000, func() {
		Decode(1, frame, uint32(len(frame)), &s)
		ParseTCPOptions(s.Options, &o)
		Decode(1, icmp, uint32(len(icmp)), &s)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
	if s.ICMPCode != 13 || len(s.Quote) != 28 {
		t.Errorf("ICMP code %d, quote of %d bytes", s.ICMPCode, len(s.Quote))
	}
}

// FuzzDecode takes gopacket as the oracle: what it decodes without error as IPv4 and TCP, we read alike. A segment that was used
// before gives the same as a fresh one.
func FuzzDecode(f *testing.F) {
	f.Add(uint16(1), ethernetFrame(0x0800, ipv4TCP(nil, []byte("hello"))))
	f.Add(uint16(1), ethernetFrame(0x8100, append([]byte{0, 7, 8, 0}, ipv4TCP(nil, nil)...)))
	f.Add(uint16(113), make([]byte, 60))
	f.Add(uint16(276), make([]byte, 60))
	f.Add(uint16(0), append([]byte{30, 0, 0, 0, 0x60}, make([]byte, 60)...))
	f.Add(uint16(101), append([]byte{0x60, 0, 0, 0, 0, 40, 0, 1}, make([]byte, 60)...))
	for _, c := range tunnels {
		f.Add(c.link, c.frame)
	}
	for _, c := range linkFrames {
		f.Add(c.link, c.frame)
	}
	used := Segment{Seq: 7, Options: []byte{1}, Quote: []byte{2}, VLANs: 2, Cut: true}
	f.Fuzz(func(t *testing.T, link uint16, frame []byte) {
		var s Segment
		Decode(link, frame, uint32(len(frame)), &s)
		if Decode(link, frame, uint32(len(frame)), &used); used.Reason != s.Reason || used.Seq != s.Seq || used.PayloadLen != s.PayloadLen || len(used.Options) != len(s.Options) || len(used.Quote) != len(s.Quote) {
			t.Fatalf("a used segment gives %+v, a fresh one %+v", used, s)
		}
		var o TCPOptions
		ParseTCPOptions(s.Options, &o)
		var q Segment
		DecodeQuote(s.Quote, &q)
		if link == 1 && s.Reason == Understood && !s.MF && s.FragOff == 0 && s.Encaps == 0 {
			if said, ours := oracle(frame), summary(&s); said != "" && said != ours {
				t.Errorf("gopacket reads\n%s, we\n%s", said, ours)
			}
		}
	})
}

// oracle is what gopacket reads of an Ethernet frame that it decodes without error, down to TCP or UDP; summary is the same of ours. gopacket
// catches its own panics unless it is told not to.
func oracle(frame []byte) string {
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.DecodeOptions{NoCopy: true})
	if p.ErrorLayer() != nil || p.Metadata().Truncated || p.TransportLayer() == nil {
		return ""
	}
	var ip string
	switch n := p.NetworkLayer().(type) {
	case *layers.IPv4:
		ip = fmt.Sprint(n.SrcIP.To16(), n.DstIP.To16(), n.TTL, n.TOS, n.Id, n.Flags&layers.IPv4DontFragment != 0)
	case *layers.IPv6:
		ip = fmt.Sprint(n.SrcIP, n.DstIP, n.HopLimit, n.TrafficClass, 0, false)
	}
	switch n := p.TransportLayer().(type) {
	case *layers.TCP:
		flags := uint16(n.Contents[12]&0xf)<<8 | uint16(n.Contents[13])
		return fmt.Sprintln(ip, "TCP", uint16(n.SrcPort), uint16(n.DstPort), n.Seq, n.Ack, flags, n.Window, n.Checksum, n.Urgent, n.Contents[20:], len(n.Payload))
	case *layers.UDP:
		return fmt.Sprintln(ip, "UDP", uint16(n.SrcPort), uint16(n.DstPort), len(n.Payload))
	}
	return ""
}

func summary(s *Segment) string {
	ip := fmt.Sprint(net.IP(s.Src[:]), net.IP(s.Dst[:]), s.TTL, s.TOS, s.IPID, s.DF)
	if !s.V4 { // DF is implied, and the number is another header's
		ip = fmt.Sprint(net.IP(s.Src[:]), net.IP(s.Dst[:]), s.TTL, s.TOS, 0, false)
	}
	if s.Proto == 6 {
		return fmt.Sprintln(ip, "TCP", s.SrcPort, s.DstPort, s.Seq, s.Ack, s.Flags, s.Window, s.Checksum, s.Urgent, s.Options, s.PayloadLen)
	}
	return fmt.Sprintln(ip, "UDP", s.SrcPort, s.DstPort, s.PayloadLen)
}

func BenchmarkDecode(b *testing.B) {
	frame := ethernetFrame(0x0800, ipv4TCP([]byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, make([]byte, 1448)))
	var s Segment
	var o TCPOptions
	b.ReportAllocs()
	for b.Loop() {
		Decode(1, frame, uint32(len(frame)), &s)
		ParseTCPOptions(s.Options, &o)
	}
}
