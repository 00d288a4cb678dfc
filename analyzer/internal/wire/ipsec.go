package wire

// portESPInUDP carries IKE and ESP behind address translation: RFC 3948.
const portESPInUDP = 4500

// decodeAH goes on behind authentication headers of an IPv4 datagram, which leave what follows in clear. RFC 4302, section 2:
//
//	|  Next Header  |  Payload Len  |           Reserved            |
//	|                Security Parameters Index (SPI)                |
//	|                    Sequence Number Field                      |
//	|                Integrity Check Value, padded                  |
//
// with a length in words of four bytes, less two. In IPv6 it is an extension header like others: see [decodeIPv6].
func decodeAH(b []byte, length uint32, s *Segment) Reason {
	for range maxExtensions {
		if len(b) < 2 {
			return ShortTransport
		}
		n := (uint32(b[1]) + 2) * 4
		if n < 12 || n > length {
			return BadIP
		}
		if n > uint32(len(b)) {
			return ShortTransport
		}
		s.Proto = b[0]
		if b, length = b[n:], length-n; s.Proto != protoAH {
			return decodeTransport(s.Proto, b, length, s)
		}
	}
	return BadIP
}

// isESP says that a datagram of the port carries ESP, RFC 3948, section 2.1: a Security Parameters Index, of which 0 marks IKE and those up to 255 are
// reserved (RFC 4303, section 2.1), a sequence number, and data that is filled up to words of four bytes. The other port is the same or one that
// a translator gave: a service has a lower one.
func isESP(b []byte, length uint32, s *Segment) bool {
	const firstSPI, header, lastWellKnown = 256, 8, 1023
	return s.SrcPort > lastWellKnown && s.DstPort > lastWellKnown && length > header && length%4 == 0 && be32(b) >= firstSPI
}
