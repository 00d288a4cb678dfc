package main

import (
	"encoding/binary"
	"slices"
)

// packets changes frames before they are written: their order and times, what the capture holds of them, and their headers.
func (c chance) packets(t *trace) {
	for range 1 + c.IntN(6) {
		n := len(t.packets)
		if n == 0 {
			return
		}
		i := c.IntN(n)
		p := &t.packets[i]
		switch c.IntN(12) {
		case 0:
			t.packets = slices.Delete(t.packets, i, min(n, i+1+c.IntN(4)))
		case 1:
			t.packets = slices.Insert(t.packets, i, *p)
		case 2:
			j := c.IntN(n)
			t.packets[i], t.packets[j] = t.packets[j], t.packets[i]
		case 3:
			p.at = int64(c.number(uint64(p.at)))
		case 4:
			for k := i; k < n; k++ { // the clock is set
				t.packets[k].at += int64(c.IntN(1e9)) - 5e8
			}
		case 5:
			p.data = p.data[:c.IntN(len(p.data)+1)]
		case 6:
			p.length = uint32(c.number(uint64(p.length), uint64(len(p.data))))
		case 7:
			p.data = c.bytes(slices.Clone(p.data), t.packets[c.IntN(n)].data)
		case 8:
			p.data = c.tunnel(p.data)
		default:
			p.data = c.headers(slices.Clone(p.data))
		}
	}
	if c.in(40) {
		t.link = uint32(c.number(uint64(t.link), 101, 113, 105, 0, 9, 276))
	}
}

// headers changes fields of the IP and transport headers of an Ethernet frame; mostly the checksums are right again afterwards, so that
// what is behind them is looked at.
func (c chance) headers(b []byte) []byte {
	ip, transport := 14, 0
	be := binary.BigEndian
	if len(b) < 34 {
		return b
	}
	var all []field
	var proto byte
	switch at := func(off, size int) { all = append(all, field{off, size, be}) }; {
	case be.Uint16(b[12:]) == 0x0800:
		proto, transport = b[ip+9], ip+int(b[ip]&15)*4
		for _, f := range [][2]int{{0, 1}, {1, 1}, {2, 2}, {4, 2}, {6, 2}, {8, 1}, {9, 1}, {12, 4}, {16, 4}} {
			at(ip+f[0], f[1])
		}
	case be.Uint16(b[12:]) == 0x86dd && len(b) >= 54:
		proto, transport = b[ip+6], ip+40
		for _, f := range [][2]int{{0, 1}, {4, 2}, {6, 1}, {7, 1}, {16, 8}} {
			at(ip+f[0], f[1])
		}
	default:
		return c.bytes(b, nil)
	}
	switch proto {
	case 6: // most of what is judged is here
		for range 2 {
			for _, f := range [][2]int{{0, 2}, {2, 2}, {4, 4}, {4, 4}, {8, 4}, {8, 4}, {12, 1}, {13, 1}, {13, 1}, {14, 2}, {18, 2}, {20, 1}, {21, 1}, {22, 2}, {24, 4}, {28, 4}} {
				all = append(all, field{transport + f[0], f[1], be})
			}
		}
	case 17, 1, 58:
		for _, f := range [][2]int{{0, 2}, {2, 2}, {4, 2}, {6, 2}, {8, 2}, {10, 2}, {12, 2}, {14, 2}} {
			all = append(all, field{transport + f[0], f[1], be})
		}
	}
	if c.in(4) && transport+20 < len(b) { // what programs say: TLS, HTTP, DNS, QUIC
		for i := transport + 8; i < len(b); i++ {
			all = append(all, field{i, 1, be})
		}
	}
	c.fields(b, all)
	if !c.in(4) {
		repair(b, ip, transport, proto)
	}
	return b
}

// repair makes the checksums of an IPv4 header and of TCP, UDP and ICMP right, as far as the frame holds the datagram.
func repair(b []byte, ip, transport int, proto byte) {
	be := binary.BigEndian
	end := len(b)
	if b[ip]>>4 == 4 && transport >= ip+20 && transport <= len(b) {
		be.PutUint16(b[ip+10:], 0)
		be.PutUint16(b[ip+10:], sum(0, b[ip:transport]))
		end = min(end, ip+int(be.Uint16(b[ip+2:])))
	}
	at, ok := map[byte]int{6: 16, 17: 6, 1: 2, 58: 2}[proto]
	if !ok || transport+at+2 > end {
		return
	}
	pseudo := uint32(0)
	if proto != 1 {
		addresses := b[ip+12 : ip+20]
		if b[ip]>>4 == 6 {
			addresses = b[ip+8 : ip+40]
		}
		pseudo = uint32(proto) + uint32(end-transport)
		for i := 0; i < len(addresses); i += 2 {
			pseudo += uint32(be.Uint16(addresses[i:]))
		}
	}
	be.PutUint16(b[transport+at:], 0)
	be.PutUint16(b[transport+at:], sum(pseudo, b[transport:end]))
}

// sum is the checksum of RFC 1071.
func sum(s uint32, b []byte) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		s += uint32(b[len(b)-1]) << 8
	}
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return ^uint16(s)
}

// tunnels are what goes between the Ethernet header of a frame and its IP datagram; the last two bytes of the Ethernet header come first.
var tunnels = []string{
	"\x81\x00\x00\x07\x08\x00",                                                          // VLAN
	"\x88\xa8\x00\x07\x81\x00\x00\x08\x08\x00",                                          // two of them
	"\x88\x64\x11\x00\x00\x01\x00\x40\x00\x21",                                          // PPPoE
	"\x88\x47\x00\x01\x01\x40",                                                          // MPLS
	"\x08\x00" + outerIP + "\x04" + outerAddresses,                                      // IP in IP
	"\x08\x00" + outerIP + "\x2f" + outerAddresses + "\x20\x00\x08\x00\x00\x00\x00\x07", // GRE with a key
	"\x08\x00" + outerIP + "\x11" + outerAddresses + "\x10\x00\x12\xb5\x00\x80\x00\x00\x08\x00\x00\x00\x00\x07\x00\x00" + ethernet,                 // VXLAN
	"\x08\x00" + outerIP + "\x11" + outerAddresses + "\x10\x00\x17\xc1\x00\x80\x00\x00\x01\x00\x65\x58\x00\x07\x00\x00\x01\x02\x03\x00" + ethernet, // Geneve
	"\x08\x00" + outerIP + "\x11" + outerAddresses + "\x10\x00\x08\x68\x00\x80\x00\x00\x30\xff\x00\x40\x00\x00\x00\x07",                            // GTP-U
}

const (
	outerIP        = "\x45\x00\x00\xf0\x00\x01\x00\x00\x40" // up to the protocol
	outerAddresses = "\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
	ethernet       = "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00"
)

// tunnel wraps a frame, and sometimes the result again.
func (c chance) tunnel(b []byte) []byte {
	if len(b) < 14 {
		return b
	}
	for range 1 + c.IntN(3)/2*c.IntN(12) {
		b = append(append(slices.Clone(b[:12]), pick(c, tunnels)...), b[14:]...)
	}
	if c.in(2) {
		head := min(len(b), 64)
		copy(b[14:head], c.bytes(slices.Clone(b[14:head]), nil))
	}
	return b
}
