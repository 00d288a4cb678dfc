package wire

import "testing"

func TestHeaderLen(t *testing.T) {
	opts := []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
	tcp := ethernetFrame(0x0800, ipv4TCP(opts, []byte("secret")))
	padded := append(ethernetFrame(0x0800, ipv4TCP(nil, nil)), "padding"...)
	ip := func(proto byte, body ...byte) []byte {
		b := ipv4TCP(nil, nil)[:20]
		b[3], b[9] = byte(20+len(body)), proto
		return append(b, body...)
	}
	icmp := func(quote []byte) []byte { return ip(protoICMP, append([]byte{3, 1, 0, 0, 0, 0, 0, 0}, quote...)...) }
	quoted := ipv4TCP(opts, []byte("secret"))
	for _, c := range []struct {
		name  string
		link  uint16
		frame []byte
		want  int
	}{
		{"TCP", 1, tcp, 14 + 20 + 32},
		{"no payload", 1, tcp[:14+20+32], 14 + 20 + 32},
		{"padding", 1, padded, 14 + 20 + 20},
		{"cut in the options", 1, tcp[:60], 60},
		{"cut in the header", 1, tcp[:50], 0},
		{"UDP", 101, ip(protoUDP, 0xc7, 0x38, 0, 53, 0, 14, 0, 0, 's', 'e', 'c', 'r', 'e', 't'), 28},
		{"echo", 101, ip(protoICMP, 8, 0, 0, 0, 0, 1, 0, 1, 's', 'e', 'c', 'r', 'e', 't'), 28},
		{"ICMP error", 101, icmp(quoted), 28 + 20 + 32},
		{"eight bytes quoted", 101, icmp(quoted[:28]), 28 + 28},
		{"nothing quoted", 101, icmp(nil), 0},
		{"not IP", 1, ethernetFrame(0x0806, make([]byte, 28)), 0},
		{"empty", 1, nil, 0},
	} {
		var s Segment
		roomy := append(make([]byte, 0, len(c.frame)+9), c.frame...) // a view of a larger buffer
		Decode(c.link, roomy, 1000, &s)
		if got := s.HeaderLen(roomy); got != c.want {
			t.Errorf("%s: %d, want %d (%s)", c.name, got, c.want, s.Reason)
		}
	}
}
