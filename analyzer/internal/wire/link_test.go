package wire

import (
	"encoding/binary"
	"slices"
	"testing"
)

// linkFrames hold the datagram of ipv4TCP behind the headers of a link type each.
var linkFrames = []struct {
	name  string
	link  uint16
	frame []byte
}{
	{"token ring", 6, cat([]byte{0x10, 0x40}, make([]byte, 12), snap, plain)},
	{"token ring with a route", 6, cat([]byte{0x10, 0x40}, make([]byte, 6), []byte{0x80, 0, 0, 0, 0, 0, 6, 0x30, 1, 2, 3, 4}, snap, plain)},
	{"ARCNET of RFC 1051", 7, cat([]byte{1, 2, 240}, plain)},
	{"ARCNET of RFC 1201", 7, cat([]byte{1, 2, 212, 0, 0, 1}, plain)},
	{"ARCNET, exception frame", 7, cat([]byte{1, 2, 212, 0xff, 0, 0, 0, 0, 0, 0}, plain)},
	{"SLIP", 8, cat(make([]byte, 16), plain)},
	{"PPP", 9, cat([]byte{0xff, 3, 0, 0x21}, plain)},
	{"PPP, compressed", 9, cat([]byte{0x21}, plain)},
	{"PPP with MPLS", 9, cat([]byte{0xff, 3, 2, 0x81, 0, 1, 1, 63}, plain)},
	{"FDDI", 10, cat([]byte{0x50}, make([]byte, 12), snap, plain)},
	{"PPP in HDLC", 50, cat([]byte{0xff, 3, 0, 0x21}, plain)},
	{"Cisco HDLC in PPP's link type", 50, cat([]byte{0x0f, 0, 8, 0}, plain)},
	{"PPPoE without Ethernet", 51, sized([]byte{0x11, 0, 0, 5, 0, 0}, 4, cat([]byte{0, 0x21}, plain))},
	{"ATM", 100, cat(snap, plain)},
	{"ATM with bridged Ethernet", 100, cat([]byte{0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0}, frame)},
	{"PPP over ATM", 100, cat([]byte{0xfe, 0xfe, 3, 0xcf, 0, 0x21}, plain)},
	{"Cisco HDLC", 104, cat([]byte{0x0f, 0, 8, 0}, plain)},
	{"Wi-Fi", 105, cat([]byte{8, 1, 0, 0}, make([]byte, 20), snap, plain)},
	{"Wi-Fi, QoS", 105, cat([]byte{0x88, 1, 0, 0}, make([]byte, 22), snap, plain)},
	{"Wi-Fi, QoS and HT control", 105, cat([]byte{0x88, 0x81, 0, 0}, make([]byte, 26), snap, plain)},
	{"Wi-Fi between access points", 105, cat([]byte{8, 3, 0, 0}, make([]byte, 26), snap, plain)},
	{"CLIP", 106, plain},
	{"CLIP with LLC", 106, cat(snap, plain)},
	{"Frame Relay", 107, cat([]byte{0x18, 0x41, 3, 0xcc}, plain)},
	{"Frame Relay with SNAP", 107, cat([]byte{0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0}, plain)},
	{"Frame Relay, Cisco", 107, cat([]byte{0x18, 0x41, 8, 0}, plain)},
	{"Frame Relay, long address", 107, cat([]byte{0x18, 0x40, 0, 1, 3, 0xcc}, plain)},
	{"OpenBSD IPsec", 109, cat([]byte{0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0}, plain)},
	{"packet filter log", 117, cat([]byte{61, 2}, make([]byte, 62), plain)},
	{"Prism", 119, cat([]byte{0x44, 0, 0, 0, 144, 0, 0, 0}, make([]byte, 136), []byte{8, 1, 0, 0}, make([]byte, 20), snap, plain)},
	{"Fibre Channel", 122, cat(make([]byte, 16), snap, plain)},
	{"SunATM", 123, cat([]byte{2, 0, 0, 5}, snap, plain)},
	{"radiotap", 127, cat([]byte{0, 0, 8, 0, 0, 0, 0, 0, 8, 1, 0, 0}, make([]byte, 20), snap, plain)},
	{"radiotap with time and flags, padded", 127, cat([]byte{0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x20, 0x88, 1, 0, 0}, make([]byte, 24), snap, plain)},
	{"ARCNET of Linux", 129, cat([]byte{1, 2, 0, 0, 212, 0, 0, 1}, plain)},
	{"FireWire", 138, cat(make([]byte, 16), []byte{8, 0}, plain)},
	{"pktap", 258, pktap(1, frame)},
	{"pktap as it was", 149, pktap(12, plain)},
	{"AVS", 163, cat([]byte{0x80, 0x21, 0x10, 1, 0, 0, 0, 64}, make([]byte, 56), []byte{8, 1, 0, 0}, make([]byte, 20), snap, plain)},
	{"PPP of Linux", 166, cat([]byte{1, 3, 0, 0x21}, plain)},
	{"Juniper with Ethernet", 178, cat([]byte{0x4d, 0x47, 0x43, 1}, frame)},
	{"Juniper with extensions", 178, cat([]byte{0x4d, 0x47, 0x43, 0x81, 0, 3, 1, 2, 3}, frame)},
	{"Juniper without link header", 178, cat([]byte{0x4d, 0x47, 0x43, 3, 0, 0, 0, 2}, plain)},
	{"Juniper with PPP", 179, cat([]byte{0x4d, 0x47, 0x43, 1, 0, 0x21}, plain)},
	{"Juniper with Frame Relay", 180, cat([]byte{0x4d, 0x47, 0x43, 1, 0x18, 0x41, 3, 0xcc}, plain)},
	{"Juniper with Cisco HDLC", 181, cat([]byte{0x4d, 0x47, 0x43, 1, 0x0f, 0, 8, 0}, plain)},
	{"PPI with Wi-Fi", 192, cat([]byte{0, 0, 12, 0, 105, 0, 0, 0, 1, 2, 3, 4, 8, 1, 0, 0}, make([]byte, 20), snap, plain)},
	{"PPI with Ethernet", 192, cat([]byte{0, 0, 8, 0, 1, 0, 0, 0}, frame)},
	{"ERF", 197, cat(make([]byte, 8), []byte{2, 4, 0, 0, 0, 0, 0, 0, 0, 0}, frame)},
	{"ERF with extensions", 197, cat(make([]byte, 8), []byte{0x82, 4, 0, 0, 0, 0, 0, 0}, []byte{0x80, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 8), []byte{0, 0}, frame)},
	{"ERF with HDLC", 197, cat(make([]byte, 8), []byte{1, 4, 0, 0, 0, 0, 0, 0}, []byte{0x0f, 0, 8, 0}, plain)},
	{"ERF with IPv4", 197, cat(make([]byte, 8), []byte{22, 4, 0, 0, 0, 0, 0, 0}, plain)},
	{"PPP with direction", 204, cat([]byte{0, 0xff, 3, 0, 0x21}, plain)},
	{"Cisco HDLC with direction", 205, cat([]byte{0, 0x0f, 0, 8, 0}, plain)},
	{"Frame Relay with direction", 206, cat([]byte{0, 0x18, 0x41, 3, 0xcc}, plain)},
	{"NFLOG", 239, nflog(binary.LittleEndian, 2, plain)},
	{"NFLOG of the other byte order", 239, nflog(binary.BigEndian, 2, plain)},
	{"netANALYZER", 240, cat(make([]byte, 4), frame)},
	{"netANALYZER with preamble", 241, cat(make([]byte, 12), frame)},
	{"InfiniBand", 242, cat(make([]byte, 40), []byte{8, 0, 0, 0}, plain)},
	{"EPON", 259, cat(make([]byte, 8), frame)},
}

var snap = []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}

func pktap(dlt byte, body []byte) []byte {
	h := make([]byte, 108)
	h[0], h[4], h[8] = 108, 1, dlt
	return append(h, body...)
}

// nflog has the attributes of a packet header, a prefix of odd length and the datagram.
func nflog(o binary.ByteOrder, family byte, body []byte) []byte {
	b := []byte{family, 0, 0, 5}
	for _, a := range []struct {
		typ   uint16
		value []byte
	}{{1, make([]byte, 4)}, {10, []byte("log\x00x")}, {9, body}} {
		head := make([]byte, 4)
		o.PutUint16(head, uint16(4+len(a.value)))
		o.PutUint16(head[2:], a.typ)
		b = append(append(b, head...), a.value...)
		if a.typ != 9 {
			b = append(b, make([]byte, -len(a.value)&3)...)
		}
	}
	return b
}

func TestFurtherLinkTypes(t *testing.T) {
	seen := make(map[uint16]bool)
	for _, c := range linkFrames {
		t.Run(c.name, func(t *testing.T) {
			seen[c.link] = true
			var s Segment
			got := Decode(c.link, c.frame, uint32(len(c.frame)), &s)
			if got != Understood || s.SrcPort != 51000 || s.DstPort != 443 || s.TTL != 52 || string(s.Payload) != "hello" || s.PayloadLen != 5 || s.Cut {
				t.Errorf("%v: decoded %+v", got, s)
			}
			for n := range c.frame {
				got := Decode(c.link, c.frame[:n], uint32(len(c.frame)), &s)
				if got == Understood && (s.SrcPort != 51000 || s.PayloadLen != 5 || !s.Cut) {
					t.Errorf("cut to %d bytes: decoded %+v", n, s)
				}
			}
			for n := range min(len(c.frame), 200) {
				for _, v := range []byte{0, 1, 0x7f, 0x80, 0xff} {
					b := slices.Clone(c.frame)
					b[n] = v
					Decode(c.link, b, uint32(len(b)), &s)
					Decode(c.link, b[:n], uint32(len(b)), &s)
				}
			}
		})
	}
	for _, l := range LinkTypes() {
		common := l.Number == 0 || l.Number == 1 || l.Name == "RAW" || l.Number == 108 || l.Number == 113 || l.Number == 276 || l.Number == 228 || l.Number == 229
		if !common && !seen[l.Number] {
			t.Errorf("no test of %s", l.Name)
		}
		if l.Says == "" || LinkName(l.Number) != l.Name {
			t.Errorf("link type %d has no words, or two names", l.Number)
		}
	}
}

func TestFramesOfTheLinkItself(t *testing.T) {
	for _, c := range []struct {
		name  string
		link  uint16
		frame []byte
		want  Reason
	}{
		{"beacon", 105, append([]byte{0x80, 0}, make([]byte, 40)...), LinkControl},
		{"acknowledgment", 105, []byte{0xd4, 0, 0, 0, 0, 0, 0, 0, 0, 0}, LinkControl},
		{"null data", 105, append([]byte{0x48, 1}, make([]byte, 22)...), LinkControl},
		{"WPA", 105, append([]byte{8, 0x41}, make([]byte, 60)...), Encrypted},
		{"LCP", 9, []byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}, LinkControl},
		{"ECP", 9, []byte{0xff, 3, 0, 0x53, 1, 1, 0, 4}, Encrypted},
		{"keepalive of Cisco HDLC", 104, []byte{0x8f, 0, 0x80, 0x35, 0, 0, 0, 2}, LinkControl},
		{"LMI of Frame Relay", 107, []byte{0, 1, 3, 8, 0, 0x75}, LinkControl},
		{"second piece in ARCNET", 7, append([]byte{1, 2, 212, 2, 0, 1}, plain...), LaterFragment},
		{"PPI in PPI", 192, cat([]byte{0, 0, 8, 0, 192, 0, 0, 0}, []byte{0, 0, 8, 0, 1, 0, 0, 0}, frame), UnknownLink},
		{"pktap of something else", 258, func() []byte { b := pktap(1, frame); b[4] = 2; return b }(), LinkControl},
		{"ERF of a kind without frames", 197, append(make([]byte, 8), 27, 4, 0, 0, 0, 0, 0, 0), UnknownLink},
		{"NFLOG without a packet", 239, []byte{2, 0, 0, 5, 8, 0, 1, 0, 1, 2, 3, 4}, NotIP},
		{"NFLOG with an attribute of no length", 239, []byte{2, 0, 0, 5, 0, 0, 1, 0, 1, 2, 3, 4}, ShortLink},
	} {
		var s Segment
		if got := Decode(c.link, c.frame, uint32(len(c.frame)), &s); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestSeveralPacketsInAFrame: of an A-MSDU the first packet is read, and told that there are more.
func TestSeveralPacketsInAFrame(t *testing.T) {
	msdu := func(pad int) []byte {
		body := cat(snap, plain)
		b := make([]byte, 14)
		binary.BigEndian.PutUint16(b[12:], uint16(len(body)))
		return cat(b, body, make([]byte, pad))
	}
	head := append([]byte{0x88, 1, 0, 0}, make([]byte, 22)...)
	head[24] = 0x80
	for _, c := range []struct {
		name string
		b    []byte
		more bool
	}{
		{"one", cat(head, msdu(0)), false},
		{"one, padded", cat(head, msdu(3)), false},
		{"two", cat(head, msdu(1), msdu(0)), true},
	} {
		var s Segment
		if got := Decode(105, c.b, uint32(len(c.b)), &s); got != Understood || string(s.Payload) != "hello" || s.Aggregate != c.more {
			t.Errorf("%s: %v, more %t: %+v", c.name, got, s.Aggregate, s)
		}
	}
}
