package wire

// Protocols of the IANA registry of PPP DLL protocol numbers.
const (
	pppIPv4      = 0x0021
	pppIPv6      = 0x0057
	pppMPLS      = 0x0281
	pppMPLSm     = 0x0283
	pppBridging  = 0x0031
	pppEncrypted = 0x0053 // ECP, RFC 1968
	pppCompress  = 0x00fd // CCP, MPPC and MPPE
	pppControl   = 0x8000 // from here on control protocols: RFC 1661, section 2
)

// decodePPP reads RFC 1661, section 2, and RFC 1662, section 3.1: address and control bytes, which may be left out, a protocol of two
// bytes, or of one if it is odd, and what it names.
func decodePPP(b []byte, length uint32, s *Segment) Reason {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
		b, length = b[2:], length-2
	}
	if len(b) < 2 {
		return ShortLink
	}
	proto, n := uint16(b[0]), uint32(1)
	if b[0]&1 == 0 {
		proto, n = be16(b), 2
	}
	b, length = b[n:], length-n
	switch proto {
	case pppIPv4, pppIPv6:
		return decodeIP(b, length, s)
	case pppMPLS, pppMPLSm:
		return decodeMPLS(b, length, s)
	case pppEncrypted, pppCompress:
		return Encrypted
	}
	if proto >= pppControl {
		return LinkControl
	}
	s.EtherType = etherPPP
	return NotIP
}

// decodePPPoE reads a session's frame, RFC 2516, section 4:
//
//	 0                   1                   2                   3
//	|  VER  | TYPE  |      CODE     |          SESSION_ID           |
//	|            LENGTH             |  PPP protocol ...
func decodePPPoE(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 6 {
		return ShortLink
	}
	if b[0] != 0x11 {
		return Tunnel
	}
	if b[1] != 0 {
		return LinkControl
	}
	n := uint32(be16(b[4:]))
	id := uint64(be16(b[2:]))
	b, length = b[6:], length-6
	if n < length { // padding of short frames
		length = n
		b = b[:min(uint32(len(b)), n)]
	}
	if !s.enter(PPPoE, local, id) {
		return Tunnel
	}
	return decodePPP(b, length, s)
}
