package analyzertest

import (
	"encoding/binary"
	"net/netip"
)

// IP protocol numbers.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoICMPv6 = 58
)

// tcp is a segment to be built.
type tcp struct {
	src, dst      uint16
	seq, ack      uint32
	flags, win    uint16
	opts, payload []byte
}

func (t *tcp) bytes(src, dst netip.Addr) []byte {
	for len(t.opts)%4 != 0 {
		t.opts = append(t.opts, 0)
	}
	b := binary.BigEndian.AppendUint16(nil, t.src)
	b = binary.BigEndian.AppendUint16(b, t.dst)
	b = binary.BigEndian.AppendUint32(b, t.seq)
	b = binary.BigEndian.AppendUint32(b, t.ack)
	b = binary.BigEndian.AppendUint16(b, uint16(5+len(t.opts)/4)<<12|t.flags)
	b = binary.BigEndian.AppendUint16(b, t.win)
	b = append(b, 0, 0, 0, 0)
	b = append(append(b, t.opts...), t.payload...)
	binary.BigEndian.PutUint16(b[16:], checksum(b, pseudo(src, dst, protoTCP, len(b))))
	return b
}

// pseudo sums up the pseudo header of RFC 9293, section 3.1; ICMP over IPv4 has none.
func pseudo(src, dst netip.Addr, proto uint8, length int) uint32 {
	if proto == protoICMP {
		return 0
	}
	sum := uint32(proto) + uint32(length)
	for _, a := range [][]byte{src.AsSlice(), dst.AsSlice()} {
		for i := 0; i < len(a); i += 2 {
			sum += uint32(a[i])<<8 | uint32(a[i+1])
		}
	}
	return sum
}

// checksum is that of RFC 1071; the checksum field of b is zero.
func checksum(b []byte, sum uint32) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// datagram puts an IP header of the addresses' version before a payload.
func datagram(src, dst netip.Addr, proto, ttl uint8, id uint16, df bool, tos uint8, payload []byte) []byte {
	if src.Is6() {
		b := []byte{0x60 | tos>>4, tos << 4, 0, 0}
		b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
		b = append(b, proto, ttl)
		b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
		return append(b, payload...)
	}
	b := []byte{0x45, tos}
	b = binary.BigEndian.AppendUint16(b, uint16(20+len(payload)))
	b = binary.BigEndian.AppendUint16(b, id)
	flags := byte(0)
	if df {
		flags = 0x40
	}
	b = append(b, flags, 0, ttl, proto, 0, 0)
	b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
	binary.BigEndian.PutUint16(b[10:], checksum(b, 0))
	return append(b, payload...)
}

// ethernet puts an Ethernet header before a datagram.
func ethernet(ip []byte) []byte {
	b := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00}
	if ip[0]>>4 == 6 {
		b[12], b[13] = 0x86, 0xdd
	}
	return append(b, ip...)
}
