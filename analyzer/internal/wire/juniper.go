package wire

// Link types of Juniper routers.
const (
	linkJuniperEther  = 178
	linkJuniperPPP    = 179
	linkJuniperFRelay = 180
	linkJuniperCHDLC  = 181
)

var (
	_ = registerLink(linkJuniperEther, "JUNIPER_ETHER", "Juniper with Ethernet", juniper(decodeEthernet))
	_ = registerLink(linkJuniperPPP, "JUNIPER_PPP", "Juniper with PPP", juniper(decodePPPLink))
	_ = registerLink(linkJuniperFRelay, "JUNIPER_FRELAY", "Juniper with Frame Relay", juniper(decodeFrameRelay))
	_ = registerLink(linkJuniperCHDLC, "JUNIPER_CHDLC", "Juniper with Cisco HDLC", juniper(decodeCHDLC))
)

// juniper makes a decoder that passes what Juniper routers put before a frame: the mark 4d 47 43, flags, and, if the highest of them is set, a length
// of two bytes and so many bytes of extensions. The flag 2 says that the link header was taken off; four bytes stand before IP then.
func juniper(decode func([]byte, uint32, *Segment) Reason) func([]byte, uint32, *Segment) Reason {
	const extended, bare = 0x80, 0x02
	return func(b []byte, length uint32, s *Segment) Reason {
		if len(b) < 6 {
			return ShortLink
		}
		if b[0] != 0x4d || b[1] != 0x47 || b[2] != 0x43 {
			return NotIP
		}
		flags, n := b[3], uint32(4)
		if flags&extended != 0 {
			n = 6 + uint32(be16(b[4:]))
		}
		if flags&bare != 0 {
			return decodeIPBehind(n+4, b, length, s)
		}
		if n > uint32(len(b)) {
			return ShortLink
		}
		return decode(b[n:], length-n, s)
	}
}
