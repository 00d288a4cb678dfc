package wire

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Builders of what stands around the datagram of ipv4TCP.
var (
	plain  = ipv4TCP(nil, []byte("hello"))
	plain6 = func() []byte { // the same in IPv6
		b := ipv6(6, plain[20:])
		b[7] = 52
		return b
	}()
	frame = ethernetFrame(0x0800, plain)
)

func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

func ipv4(proto byte, body []byte) []byte {
	b := []byte{0x45, 0, 0, 0, 0, 7, 0, 0, 99, proto, 0, 0, 203, 0, 113, 1, 203, 0, 113, 2}
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(body)))
	return append(b, body...)
}

func ipv6(next byte, body []byte) []byte {
	b := make([]byte, 40)
	b[0], b[6], b[7], b[15], b[39] = 0x60, next, 99, 1, 2
	binary.BigEndian.PutUint16(b[4:], uint16(len(body)))
	return append(b, body...)
}

func udp(src, dst uint16, body []byte) []byte {
	b := make([]byte, 8)
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(body)))
	return ipv4(protoUDP, append(b, body...))
}

func gtp(flags byte, rest []byte) []byte {
	b := []byte{flags, 0xff, 0, 0, 0, 0, 0, 9}
	binary.BigEndian.PutUint16(b[2:], uint16(len(rest)))
	return append(b, rest...)
}

func sized(head []byte, at int, body []byte) []byte {
	head = slices.Clone(head)
	binary.BigEndian.PutUint16(head[at:], uint16(len(body)))
	return append(head, body...)
}

// tunnels are frames that hold the datagram of ipv4TCP in one encapsulation or more.
var tunnels = []struct {
	name  string
	link  uint16
	frame []byte
	encap Encap
	id    uint32
	depth uint8
}{
	{"MPLS", 1, ethernetFrame(0x8847, cat([]byte{0, 1, 0, 63, 0, 2, 1, 63}, plain)), MPLS, 32, 1},
	{"MPLS with an explicit null", 1, ethernetFrame(0x8847, cat([]byte{0, 0, 1, 63}, plain)), MPLS, 0, 1},
	{"MPLS with an entropy label", 1, ethernetFrame(0x8847, cat([]byte{0, 1, 0, 63, 0, 0, 0x70, 63, 0, 9, 1, 0}, plain)), MPLS, 16, 1},
	{"pseudowire with control word", 1, ethernetFrame(0x8847, cat([]byte{0, 1, 1, 63, 0, 0, 0, 0}, frame)), MPLS, 16, 1},
	{"pseudowire without", 1, ethernetFrame(0x8847, cat([]byte{0, 1, 1, 63}, frame)), MPLS, 16, 1},
	{"PPPoE", 1, ethernetFrame(0x8864, sized([]byte{0x11, 0, 0, 5, 0, 0}, 4, cat([]byte{0, 0x21}, plain))), PPPoE, 5, 1},
	{"PPPoE, padded", 1, ethernetFrame(0x8864, cat(sized([]byte{0x11, 0, 0, 5, 0, 0}, 4, cat([]byte{0, 0x21}, plain)), make([]byte, 9))), PPPoE, 5, 1},
	{"IP in IP", 101, ipv4(4, plain), IPinIP, 0, 1},
	{"IPv4 in IPv6", 101, ipv6(4, plain), IPinIP, 0, 1},
	{"GRE", 101, ipv4(47, cat([]byte{0, 0, 8, 0}, plain)), GRE, 0, 1},
	{"GRE with all", 101, ipv4(47, cat([]byte{0xb0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1}, plain)), GRE, 7, 1},
	{"GRE with a source route", 101, ipv4(47, cat([]byte{0x40, 0, 8, 0, 1, 2, 0, 0, 8, 0, 0, 4, 9, 9, 9, 9, 0, 0, 0, 0}, plain)), GRE, 0, 1},
	{"GRE with Ethernet", 101, ipv4(47, cat([]byte{0, 0, 0x65, 0x58}, frame)), GRE, 0, 1},
	{"GRE with MPLS", 101, ipv4(47, cat([]byte{0, 0, 0x88, 0x47, 0, 1, 1, 63}, plain)), MPLS, 16, 2},
	{"NVGRE", 101, ipv4(47, cat([]byte{0x20, 0, 0x65, 0x58, 0, 0x50, 1, 9}, frame)), NVGRE, 0x5001, 1},
	{"Ethernet tunnel with a small key", 101, ipv4(47, cat([]byte{0x20, 0, 0x65, 0x58, 0, 0, 0, 9}, frame)), GRE, 9, 1},
	{"PPTP", 101, ipv4(47, cat([]byte{0x30, 0x81, 0x88, 0x0b, 0, 47, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 3, 0, 0x21}, plain)), GRE, 9, 1},
	{"ERSPAN I", 101, ipv4(47, cat([]byte{0, 0, 0x88, 0xbe}, frame)), ERSPAN, 0, 1},
	{"ERSPAN II", 101, ipv4(47, cat([]byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 7, 0, 1, 0, 0, 0, 0}, frame)), ERSPAN, 0, 1},
	{"ERSPAN III", 101, ipv4(47, cat([]byte{0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 7, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, frame)), ERSPAN, 0, 1},
	{"ERSPAN III with a platform header", 101, ipv4(47, cat([]byte{0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 7, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8}, frame)), ERSPAN, 0, 1},
	{"WCCP", 101, ipv4(47, cat([]byte{0, 0, 0x88, 0x3e, 0, 0, 0, 0}, plain)), WCCP, 0, 1},
	{"EoIP", 101, ipv4(47, cat([]byte{0x20, 1, 0x64, 0, 0, byte(len(frame)), 5, 0}, frame)), EoIP, 5, 1},
	{"VXLAN", 101, udp(50000, 4789, cat([]byte{8, 0, 0, 0, 0, 0, 7, 0}, frame)), VXLAN, 7, 1},
	{"VXLAN of old kernels", 101, udp(50000, 8472, cat([]byte{8, 0, 0, 0, 0, 0, 7, 0}, frame)), VXLAN, 7, 1},
	{"VXLAN with a group policy", 101, udp(50000, 4789, cat([]byte{0x88, 0x40, 0, 5, 0, 0, 7, 0}, frame)), VXLAN, 7, 1},
	{"VXLAN with a tag within", 101, udp(50000, 4789, cat([]byte{8, 0, 0, 0, 0, 0, 7, 0}, ethernetFrame(0x8100, cat([]byte{0, 9, 8, 0}, plain)))), VXLAN, 7, 1},
	{"VXLAN on a port of its own", 101, udp(50000, 12345, cat([]byte{8, 0, 0, 0, 0, 0, 7, 0}, frame)), VXLAN, 7, 1},
	{"VXLAN GPE with IPv4", 101, udp(50000, 4790, cat([]byte{0x0c, 0, 0, 1, 0, 0, 7, 0}, plain)), VXLAN, 7, 1},
	{"VXLAN GPE with NSH", 101, udp(50000, 4790, cat([]byte{0x0c, 0, 0, 4, 0, 0, 7, 0, 0x0f, 0xc2, 1, 1, 0, 0, 5, 255}, plain)), NSH, 0, 2},
	{"Geneve with Ethernet", 101, udp(50000, 6081, cat([]byte{0, 0, 0x65, 0x58, 0, 0, 7, 0}, frame)), Geneve, 7, 1},
	{"Geneve with options", 101, udp(50000, 6081, cat([]byte{4, 0x40, 8, 0, 0, 0, 7, 0, 1, 8, 1, 1, 0, 0, 0, 1, 1, 8, 2, 1, 0, 0, 0, 1}, plain)), Geneve, 7, 1},
	{"GTP-U", 101, udp(2152, 2152, gtp(0x30, plain)), GTPU, 9, 1},
	{"GTP-U with a sequence number", 101, udp(2152, 2152, gtp(0x32, cat([]byte{0, 1, 0, 0}, plain))), GTPU, 9, 1},
	{"GTP-U of 5G", 101, udp(2152, 2152, gtp(0x34, cat([]byte{0, 0, 0, 0x85, 1, 0, 9, 0}, plain))), GTPU, 9, 1},
	{"Teredo", 101, udp(50000, 3544, plain6), Teredo, 0, 1},
	{"Teredo with IPv4 within", 101, udp(50000, 3544, ipv6(4, plain)), IPinIP, 0, 2},
	{"Teredo with authentication and origin", 101, udp(3544, 50000, cat([]byte{0, 1, 0, 0}, make([]byte, 9), make([]byte, 8), ipv6(4, plain))), IPinIP, 0, 2},
	{"AYIYA", 101, udp(5072, 50000, cat([]byte{0x41, 0x51, 0x11, 41}, make([]byte, 4+16+20), plain6)), AYIYA, 0, 1},
	{"AYIYA with IPv4 within", 101, udp(5072, 50000, cat([]byte{0x41, 0x51, 0x11, 41}, make([]byte, 4+16+20), ipv6(4, plain))), IPinIP, 0, 2},
	{"GRE in UDP", 101, udp(50000, 4754, cat([]byte{0x20, 0, 8, 0, 0, 0, 0, 7}, plain)), GRE, 7, 1},
	{"MPLS in UDP", 101, udp(50000, 6635, cat([]byte{0, 1, 1, 63}, plain)), MPLS, 16, 1},
	{"MPLS in IP", 101, ipv4(137, cat([]byte{0, 1, 1, 63}, plain)), MPLS, 16, 1},
	{"GUE", 101, udp(50000, 6080, cat([]byte{0, 4, 0, 0}, plain)), GUE, 0, 1},
	{"GUE without header", 101, udp(50000, 6080, plain), GUE, 0, 1},
	{"LISP", 101, udp(50000, 4341, cat([]byte{0x80, 0, 0, 1, 0, 0, 0, 0}, plain)), LISP, 0, 1},
	{"L2TP", 101, udp(1701, 1701, cat([]byte{0, 2, 0, 3, 0, 4, 0xff, 3, 0, 0x21}, plain)), L2TP, 0x30004, 1},
	{"L2TP with all", 101, udp(1701, 1701, sized2(cat([]byte{0x4a, 2, 0, 0, 0, 3, 0, 4, 0, 1, 0, 1, 0, 2, 9, 9, 0, 0x21}, plain))), L2TP, 0x30004, 1},
	{"L2TP version 3", 101, ipv4(115, cat([]byte{0, 0, 0, 4, 1, 2, 3, 4}, frame)), L2TP, 4, 1},
	{"TZSP", 101, udp(50000, 37008, cat([]byte{1, 0, 0, 1, 10, 1, 0, 1}, frame)), TZSP, 0, 1},
	{"CAPWAP", 101, udp(50000, 5247, cat([]byte{0, 0x10, 2, 0, 0, 0, 0, 0}, frame)), CAPWAP, 0, 1},
	{"CAPWAP with IEEE 802.11", 101, udp(5247, 50000, cat([]byte{0, 0x10, 3, 0, 0, 0, 0, 0, 8, 1, 0, 0}, make([]byte, 20), snap, plain)), CAPWAP, 0, 1},
	{"CAPWAP, swapped", 101, udp(5247, 50000, cat([]byte{0, 0x20, 3, 0x10, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0x88, 0, 0}, make([]byte, 22), snap, plain)), CAPWAP, 0, 1},
	{"EtherIP", 101, ipv4(97, cat([]byte{0x30, 0}, frame)), EtherIP, 0, 1},
	{"PBB", 1, ethernetFrame(0x88e7, cat([]byte{0, 0, 0, 7}, frame)), PBB, 7, 1},
	{"VN-Tag", 1, ethernetFrame(0x8926, cat([]byte{0, 1, 0, 2, 8, 0}, plain)), VNTag, 0, 1},
	{"E-Tag", 1, ethernetFrame(0x893f, cat([]byte{0, 1, 0, 2, 0, 0, 8, 0}, plain)), VNTag, 0, 1},
	{"NSH", 1, ethernetFrame(0x894f, cat([]byte{0x0f, 0xc6, 1, 3, 0, 0, 5, 255}, make([]byte, 16), frame)), NSH, 0, 1},
	{"TRILL", 1, ethernetFrame(0x22f3, cat([]byte{0, 5, 0, 1, 0, 2}, frame)), TRILL, 0, 1},
	{"FabricPath", 1, ethernetFrame(0x8903, cat([]byte{0, 0x41}, frame)), FabricPath, 0, 1},
	{"VXLAN in GRE in MPLS", 1, ethernetFrame(0x8847, cat([]byte{0, 1, 1, 63}, ipv4(47, cat([]byte{0, 0, 8, 0}, udp(50000, 4789, cat([]byte{8, 0, 0, 0, 0, 0, 7, 0}, frame)))))), VXLAN, 7, 3},
}

// sized2 fills in the length of an L2TP message.
func sized2(b []byte) []byte {
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

func TestTunnels(t *testing.T) {
	seen := make(map[Encap]bool)
	for _, c := range tunnels {
		t.Run(c.name, func(t *testing.T) {
			var s Segment
			got := Decode(c.link, c.frame, uint32(len(c.frame)), &s)
			if got != Understood || s.SrcPort != 51000 || s.DstPort != 443 || s.TTL != 52 || string(s.Payload) != "hello" || s.PayloadLen != 5 || s.Cut {
				t.Errorf("%v: decoded %+v", got, s)
			}
			if v4 := s.IPID == 0x1234 && s.DF && [4]byte(s.Src[12:]) == [4]byte(plain[12:]) && [4]byte(s.Dst[12:]) == [4]byte(plain[16:]); s.V4 && !v4 || !s.V4 && (s.Src != [16]byte(plain6[8:]) || s.Dst != [16]byte(plain6[24:])) {
				t.Errorf("the headers are not those of the datagram within: %+v", s)
			}
			seen[s.Encap] = true
			if s.Encap != c.encap || s.Encaps != c.depth || s.EncapID != c.id {
				t.Errorf("%v %d, %d deep, want %v %d, %d deep", s.Encap, s.EncapID, s.Encaps, c.encap, c.id, c.depth)
			}
			if got := s.HeaderLen(c.frame); got != len(c.frame)-5 && c.name != "PPPoE, padded" {
				t.Errorf("headers of %d bytes, want %d", got, len(c.frame)-5)
			}
			// Cut anywhere, nothing but what was captured is claimed.
			for n := range c.frame {
				got := Decode(c.link, c.frame[:n], uint32(len(c.frame)), &s)
				if got == Understood && s.Proto == protoTCP && (s.SrcPort != 51000 || s.PayloadLen != 5 || s.TTL != 52) {
					t.Errorf("cut to %d bytes: decoded %+v", n, s)
				}
				if got == Understood && !s.Cut && c.name != "PPPoE, padded" {
					t.Errorf("cut to %d bytes: nothing is said to be cut", n)
				}
			}
			// Any byte of any header may be anything.
			for n := range c.frame {
				for _, v := range []byte{0, 1, 0x7f, 0x80, 0xff} {
					b := slices.Clone(c.frame)
					b[n] = v
					Decode(c.link, b, uint32(len(b)), &s)
					Decode(c.link, b, 0, &s)
				}
			}
		})
	}
	for _, e := range Encaps() {
		if !seen[e] {
			t.Errorf("no sample has its connection in %s", e)
		}
	}
}

func TestTenant(t *testing.T) {
	tenant := func(link uint16, b []byte) Tenant {
		t.Helper()
		var s Segment
		if got := Decode(link, b, uint32(len(b)), &s); got != Understood || s.Proto != protoTCP {
			t.Fatalf("%v: %+v", got, s)
		}
		return s.Tenant
	}
	vxlan := func(vni byte) Tenant {
		return tenant(101, udp(50000, 4789, cat([]byte{8, 0, 0, 0, 0, 0, vni, 0}, frame)))
	}
	if tenant(101, plain) != 0 {
		t.Error("a datagram without a tunnel has a tenant")
	}
	seen := map[Tenant]int{}
	for vni := range 256 {
		seen[vxlan(byte(vni))]++
	}
	if len(seen) != 256 || seen[0] > 0 {
		t.Errorf("256 networks are %d tenants", len(seen))
	}
	if !vxlan(7).Global() || tenant(1, tunnels[0].frame).Global() {
		t.Error("a network identifier is not global, or a label is")
	}
	back := slices.Clone(ipv4(4, plain))
	there := tenant(101, back)
	copy(back[12:], []byte{203, 0, 113, 2, 203, 0, 113, 1})
	if tenant(101, back) != there {
		t.Error("the two directions of a tunnel are two tenants")
	}
	back[15] = 9
	if tenant(101, back) == there {
		t.Error("two tunnels are one tenant")
	}
	for _, c := range tunnels {
		if c.encap == ERSPAN || c.encap == TZSP || c.encap == VNTag {
			if tenant(c.link, c.frame) != 0 {
				t.Errorf("%s: a mirrored frame is of another tenant than the frame itself", c.name)
			}
		}
	}
}

// TestNestingIsBounded: a frame could hold thousands of headers.
func TestNestingIsBounded(t *testing.T) {
	b := plain
	for depth := range 40 {
		want := Understood
		if depth > maxEncaps {
			want = Tunnel
		}
		var s Segment
		if got := Decode(101, b, uint32(len(b)), &s); got != want {
			t.Errorf("%d deep: %v, want %v", depth, got, want)
		}
		b = ipv4(4, b)
	}
	var s Segment
	labels := ethernetFrame(0x8847, cat(make([]byte, 4*10000)))
	if got := Decode(1, labels, uint32(len(labels)), &s); got != Tunnel {
		t.Errorf("endless labels: %v", got)
	}
}

// TestOrdinaryDatagramsStay: any port may be a client's, and a tunnel's port may be used for something else.
func TestOrdinaryDatagramsStay(t *testing.T) {
	dns := []byte{0x08, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 3, 'w', 'w', 'w', 0, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1}
	quic := append([]byte{0x45, 0x1b, 0x9c, 0x33}, make([]byte, 60)...)
	text := []byte("<14>Nov 29 01:00:00 host program: a line of text that is long enough for any header")
	for _, port := range []uint16{4789, 8472, 4790, 6081, 2152, 3544, 5072, 4754, 6635, 6080, 4341, 1701, 37008, 5247, 53} {
		for name, b := range map[string][]byte{"DNS": dns, "QUIC": quic, "syslog": text, "zeros": make([]byte, 64), "ones": slices.Repeat([]byte{0xff}, 64), "empty": nil, "three": {8, 0, 0}} {
			d := udp(port, port, b)
			var s Segment
			if got := Decode(101, d, uint32(len(d)), &s); got != Understood || s.DstPort != port || s.Encaps != 0 || len(s.Payload) != len(b) {
				t.Errorf("%s to port %d: %v in %v", name, port, got, s.Encap)
			}
		}
	}
	other := []struct {
		name string
		port uint16
		head []byte
		body []byte
	}{
		{"VXLAN with a reserved byte", 4789, []byte{8, 0, 0, 1, 0, 0, 7, 0}, frame},
		{"VXLAN without its flag", 4789, []byte{0, 0, 0, 0, 0, 0, 7, 0}, frame},
		{"VXLAN with a frame of no ethertype", 4789, []byte{8, 0, 0, 0, 0, 0, 7, 0}, ethernetFrame(0x1234, plain)},
		{"VXLAN elsewhere, not filled", 12345, []byte{8, 0, 0, 0, 0, 0, 7, 0}, append(slices.Clone(frame), 0)},
		{"Geneve whose options pass their end", 6081, []byte{1, 0, 8, 0, 0, 0, 7, 0, 1, 8, 1, 9}, plain},
		{"Geneve of version 1", 6081, []byte{0x40, 0, 8, 0, 0, 0, 7, 0}, plain},
		{"GTP-U longer than its datagram", 2152, []byte{0x30, 0xff, 1, 0, 0, 0, 0, 9}, plain},
		{"GTP-U echo", 2152, []byte{0x32, 1, 0, 4, 0, 0, 0, 0}, nil},
		{"Teredo shorter than its datagram", 3544, nil, append(ipv6(4, plain), 0)},
		{"L2TP control", 1701, []byte{0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0}, nil},
	}
	for _, c := range other {
		d := udp(c.port, c.port, cat(c.head, c.body))
		var s Segment
		if got := Decode(101, d, uint32(len(d)), &s); got != Understood || s.Encaps != 0 || s.DstPort != c.port {
			t.Errorf("%s: %v in %v", c.name, got, s.Encap)
		}
	}
}

// TestNotOpened: what is recognised and carries no packet, or none that can be read, is told.
func TestNotOpened(t *testing.T) {
	for _, c := range []struct {
		name  string
		link  uint16
		frame []byte
		want  Reason
	}{
		{"GRE of version 2", 101, ipv4(47, []byte{0, 2, 8, 0}), Tunnel},
		{"GRE keepalive", 101, ipv4(47, []byte{0, 0, 0, 0}), LinkControl},
		{"acknowledgment of PPTP", 101, ipv4(47, []byte{0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 1}), LinkControl},
		{"GRE with a header beyond the datagram", 101, ipv4(47, []byte{0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0}), BadTransport},
		{"LCP in PPPoE", 1, ethernetFrame(0x8864, []byte{0x11, 0, 0, 5, 0, 4, 0xc0, 0x21, 1, 1}), LinkControl},
		{"MPPE in PPPoE", 1, ethernetFrame(0x8864, []byte{0x11, 0, 0, 5, 0, 4, 0, 0xfd, 1, 1}), Encrypted},
		{"PPPoE that ends", 1, ethernetFrame(0x8864, []byte{0x11, 0xa7, 0, 5, 0, 0}), LinkControl},
		{"channel of a pseudowire", 1, ethernetFrame(0x8847, []byte{0, 1, 1, 63, 0x10, 0, 0, 7, 0, 0, 0, 0}), LinkControl},
		{"MACsec", 1, ethernetFrame(0x88e5, make([]byte, 60)), NotIP},
		{"ESP", 101, ipv4(50, make([]byte, 60)), OtherTransport},
		{"NSH with a length of nothing", 1, ethernetFrame(0x894f, []byte{0, 0, 1, 1, 0, 0, 5, 255}), Tunnel},
	} {
		var s Segment
		if got := Decode(c.link, c.frame, uint32(len(c.frame)), &s); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestTunnelInPieces: the first fragment of a datagram has the inner headers; what the rest carries is missing.
func TestTunnelInPieces(t *testing.T) {
	long := ipv4TCP(nil, make([]byte, 1400))
	for _, c := range []struct {
		name string
		ip   []byte
	}{
		{"GRE", ipv4(47, cat([]byte{0, 0, 8, 0}, long))},
		{"GTP-U", udp(2152, 2152, gtp(0x30, long))},
		{"VXLAN", udp(50000, 4789, cat([]byte{8, 0, 0, 0, 0, 0, 7, 0}, ethernetFrame(0x0800, long)))},
	} {
		b := slices.Clone(c.ip[:20+800])
		b[2], b[3], b[6] = 820>>8, 820&0xff, 0x20
		var s Segment
		got := Decode(101, b, uint32(len(b)), &s)
		if got != Understood || s.SrcPort != 51000 || s.PayloadLen != 1400 || !s.Cut || s.MF {
			t.Errorf("%s: %v, %+v", c.name, got, s)
		}
		if o := s.Outer; !o.MF || o.IPID != 7 || !o.V4 || o.Src[15] != 1 {
			t.Errorf("%s: the datagram in pieces is forgotten: %+v", c.name, o)
		}
	}
}

// TestAgreesWithGopacket compares with layers decoded one by one: its parser for whole packets panics on some inputs.
func TestAgreesWithGopacket(t *testing.T) {
	compared := 0
	for _, c := range tunnels {
		first := layers.LayerTypeEthernet
		if c.link == 101 {
			first = layers.LayerTypeIPv4
			if c.frame[0]>>4 == 6 {
				first = layers.LayerTypeIPv6
			}
		}
		p := gopacket.NewPacket(c.frame, first, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
		var inner *layers.IPv4
		for _, l := range p.Layers() {
			if ip, ok := l.(*layers.IPv4); ok {
				inner = ip
			}
		}
		tcp, ok := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if !ok || inner == nil || p.ErrorLayer() != nil {
			continue // it does not know this one
		}
		compared++
		var s Segment
		Decode(c.link, c.frame, uint32(len(c.frame)), &s)
		if inner.TTL != s.TTL || inner.Id != s.IPID || uint16(tcp.SrcPort) != s.SrcPort || tcp.Seq != s.Seq || string(tcp.Payload) != string(s.Payload) {
			t.Errorf("%s: gopacket reads %+v %+v, we %+v", c.name, inner, tcp, s)
		}
	}
	if compared < 12 {
		t.Errorf("only %d encapsulations could be compared", compared)
	}
}

func TestTunnelsDoNotAllocate(t *testing.T) {
	var s Segment
	if n := testing.AllocsPerRun(100, func() {
		for _, c := range tunnels {
			Decode(c.link, c.frame, uint32(len(c.frame)), &s)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkDecodeVXLAN(b *testing.B) {
	f := udp(50000, 4789, cat([]byte{8, 0, 0, 0, 0, 0, 7, 0}, ethernetFrame(0x0800, ipv4TCP(nil, make([]byte, 1400)))))
	var s Segment
	b.ReportAllocs()
	for b.Loop() {
		Decode(101, f, uint32(len(f)), &s)
	}
}
