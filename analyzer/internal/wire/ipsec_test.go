package wire

import "testing"

func TestAH(t *testing.T) {
	ah := []byte{protoTCP, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	tcp := plain[20:]
	over := func(next byte) []byte { return cat([]byte{next}, ah[1:]) }
	endless := []byte{}
	for range maxExtensions + 1 {
		endless = append(endless, over(protoAH)...)
	}
	for _, c := range []struct {
		name string
		ip   []byte
		want Reason
		ttl  uint8
	}{
		{"transport mode", ipv4(protoAH, cat(ah, tcp)), Understood, 99},
		{"tunnel mode", ipv4(protoAH, cat(over(protoIPIP), plain)), Understood, 52},
		{"twice", ipv4(protoAH, cat(over(protoAH), ah, tcp)), Understood, 99},
		{"IPv6", ipv6(protoAH, cat(ah, tcp)), Understood, 99},
		{"with ESP within", ipv4(protoAH, cat(over(50), tcp)), OtherTransport, 99},
		{"shorter than its fields", ipv4(protoAH, cat([]byte{protoTCP, 0}, ah[2:], tcp)), BadIP, 99},
		{"beyond the datagram", ipv4(protoAH, cat([]byte{protoTCP, 200}, ah[2:], tcp)), BadIP, 99},
		{"endless", ipv4(protoAH, cat(endless, tcp)), BadIP, 99},
	} {
		var s Segment
		got := Decode(101, c.ip, uint32(len(c.ip)), &s)
		if got != c.want || s.TTL != c.ttl {
			t.Errorf("%s: %v with TTL %d, want %v with %d", c.name, got, s.TTL, c.want, c.ttl)
		}
		if got == Understood && (s.SrcPort != 51000 || s.DstPort != 443 || string(s.Payload) != "hello") {
			t.Errorf("%s: decoded %+v", c.name, s)
		}
		for n := range c.ip {
			if got := Decode(101, c.ip[:n], uint32(len(c.ip)), &s); got == Understood && (s.SrcPort != 51000 || s.PayloadLen != 5) {
				t.Errorf("%s, cut to %d bytes: decoded %+v", c.name, n, s)
			}
		}
	}
}

func TestESPInUDP(t *testing.T) {
	esp := cat([]byte{0xc1, 2, 3, 4, 0, 0, 0, 9}, make([]byte, 88))
	for _, c := range []struct {
		name     string
		src, dst uint16
		body     []byte
		want     bool
	}{
		{"ESP", 4500, 4500, esp, true},
		{"ESP behind a translator", 4500, 61234, esp, true},
		{"IKE", 4500, 4500, cat(make([]byte, 4), esp), false},
		{"keepalive", 4500, 4500, []byte{0xff}, false},
		{"reserved index", 4500, 4500, cat([]byte{0, 0, 0, 255}, esp[4:]), false},
		{"not filled up", 4500, 4500, esp[:len(esp)-1], false},
		{"a header alone", 4500, 4500, esp[:8], false},
		{"QUIC or DNS from such a port", 4500, 443, esp, false},
		{"other ports", 4501, 61234, esp, false},
	} {
		var s Segment
		d := udp(c.src, c.dst, c.body)
		if got := Decode(101, d, uint32(len(d)), &s); got != Understood || s.ESP != c.want || s.Encaps != 0 || len(s.Payload) != len(c.body) {
			t.Errorf("%s: %v, ESP %t, want %t: %+v", c.name, got, s.ESP, c.want, s)
		}
	}
}
