package wire

const portTeredo = 3544

// openTeredo reads RFC 4380, section 5.1.1: an authentication of 0, 1, two lengths, so much data, a nonce of eight bytes and a confirmation byte; an
// origin of eight bytes that begin with 0, 0; either may be missing; and an IPv6 datagram that fills the rest. False: it is no Teredo.
func openTeredo(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) >= 4 && be16(b) == 1 {
		n := 4 + uint32(b[2]) + uint32(b[3]) + 9
		if n > uint32(len(b)) {
			return 0, false
		}
		b, length = b[n:], length-n
	}
	if len(b) >= 8 && be16(b) == 0 {
		b, length = b[8:], length-8
	}
	if len(b) < 40 || b[0]>>4 != 6 || uint32(be16(b[4:]))+40 != length {
		return 0, false
	}
	return openIP(Teredo, transparent, 0, b, length, s), true // addresses are those of the Internet
}
