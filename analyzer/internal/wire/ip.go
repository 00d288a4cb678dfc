package wire

// IP protocol numbers that are looked at.
const (
	protoICMP    = 1
	protoIPIP    = 4
	protoTCP     = 6
	protoUDP     = 17
	protoIPv6    = 41
	protoGRE     = 47
	protoKA9Q    = 94 // IP in IP of old
	protoEtherIP = 97
	protoL2TP    = 115
	protoMPLS    = 137 // RFC 4023
	protoAH      = 51
	protoICMPv6  = 58
	protoHop     = 0
	protoRouting = 43
	protoFrag    = 44
	protoDest    = 60
)

var mappedPrefix = [12]byte{10: 0xff, 11: 0xff}

// decodeIP goes on at an IP header of either version; length is what the frame had on the wire from here on.
func decodeIP(b []byte, length uint32, s *Segment) Reason {
	if len(b) == 0 {
		return ShortIP
	}
	switch b[0] >> 4 {
	case 4:
		return decodeIPv4(b, length, s)
	case 6:
		return decodeIPv6(b, length, s)
	}
	return BadIP
}

// decodeIPv4 reads RFC 791, section 3.1:
//
//	 0                   1                   2                   3
//	|Version|  IHL  |Type of Service|          Total Length         |
//	|         Identification        |Flags|      Fragment Offset    |
//	|  Time to Live |    Protocol   |         Header Checksum       |
//	|                       Source Address                          |
//	|                    Destination Address                        |
func decodeIPv4(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 20 {
		return ShortIP
	}
	header := uint32(b[0]&15) * 4
	if header < 20 {
		return BadIP
	}
	s.V4, s.EtherType = true, etherIPv4
	s.TOS, s.IPID, s.TTL, s.Proto = b[1], be16(b[4:]), b[8], b[9]
	frag := be16(b[6:])
	s.DF, s.MF, s.FragOff = frag&0x4000 != 0, frag&0x2000 != 0, frag&0x1fff<<3
	copy(s.Src[:], mappedPrefix[:])
	copy(s.Dst[:], mappedPrefix[:])
	copy(s.Src[12:], b[12:16])
	copy(s.Dst[12:], b[16:20])
	s.IPOptions = header > 20
	s.IPLen = uint32(be16(b[2:]))
	if s.IPLen == 0 {
		s.IPLen, s.ZeroLength = length, true
	}
	if s.IPLen < header {
		return BadIP
	}
	if uint32(len(b)) < header {
		return ShortIP
	}
	body := trim(b, s.IPLen, s)[header:]
	if s.FragOff > 0 {
		return LaterFragment
	}
	return decodeTransport(s.Proto, body, s.IPLen-header, s)
}

// trim cuts the padding behind a datagram off, and notes when the capture holds less than the datagram.
func trim(b []byte, length uint32, s *Segment) []byte {
	if uint32(len(b)) > length {
		return b[:length]
	}
	s.Cut = s.Cut || uint32(len(b)) < length
	if uint32(len(b)) == length {
		s.Cut = false // only padding was cut
	}
	return b
}

// maxExtensions is more extension headers than any real packet has (RFC 8200 lists each once, destination options twice).
const maxExtensions = 8

// decodeIPv6 reads RFC 8200, section 3:
//
//	|Version| Traffic Class |           Flow Label                  |
//	|         Payload Length        |  Next Header  |   Hop Limit   |
//	|                 Source Address, 16 bytes                      |
//	|              Destination Address, 16 bytes                    |
func decodeIPv6(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 40 {
		return ShortIP
	}
	s.EtherType = etherIPv6
	word := be32(b)
	s.TOS, s.FlowLabel = uint8(word>>20), word&0xfffff
	s.Proto, s.TTL = b[6], b[7]
	s.Src, s.Dst = [16]byte(b[8:24]), [16]byte(b[24:40])
	s.IPLen = uint32(be16(b[4:])) + 40
	if s.IPLen == 40 && length > 40 && s.Proto != 59 {
		s.IPLen, s.ZeroLength = length, true // segmentation offload, or a jumbogram (RFC 2675)
	}
	body := trim(b, s.IPLen, s)[40:]
	left := s.IPLen - 40
	for range maxExtensions {
		var n uint32
		switch s.Proto {
		case protoHop, protoRouting, protoDest:
			if len(body) < 8 {
				return ShortTransport
			}
			n = (uint32(body[1]) + 1) * 8
		case protoAH:
			if len(body) < 8 {
				return ShortTransport
			}
			n = (uint32(body[1]) + 2) * 4
		case protoFrag:
			if len(body) < 8 {
				return ShortTransport
			}
			n = 8
			word := be16(body[2:])
			s.FragOff, s.MF, s.FragID = word&0xfff8, word&1 != 0, be32(body[4:])
			if s.FragOff > 0 {
				s.Proto = body[0]
				return LaterFragment
			}
		default:
			return decodeTransport(s.Proto, body, left, s)
		}
		if n > left {
			return BadIP
		}
		if n > uint32(len(body)) {
			return ShortTransport
		}
		s.Proto = body[0]
		body, left = body[n:], left-n
	}
	return BadIP
}

// decodeTransport goes on behind the IP headers; length is what the datagram holds from here on.
func decodeTransport(proto uint8, b []byte, length uint32, s *Segment) Reason {
	switch proto {
	case protoTCP:
		return decodeTCP(b, length, s)
	case protoUDP:
		return decodeUDP(b, length, s)
	case protoICMP:
		if s.V4 {
			return decodeICMP(b, length, s, 3, 4, 5, 11, 12)
		}
	case protoICMPv6:
		if !s.V4 {
			return decodeICMP(b, length, s, 1, 2, 3, 4)
		}
	}
	return openProto(proto, b, length, s)
}

// openProto goes on at what an IP protocol number names as an encapsulation.
func openProto(proto uint8, b []byte, length uint32, s *Segment) Reason {
	switch proto {
	case protoIPIP, protoIPv6, protoKA9Q:
		return openIPinIP(b, length, s)
	case protoGRE:
		return decodeGRE(b, length, s)
	case protoAH:
		return decodeAH(b, length, s)
	case protoEtherIP:
		return openEtherIP(b, length, s)
	case protoMPLS:
		return decodeMPLS(b, length, s)
	case protoL2TP:
		if reason, ok := openL2TPv3(b, length, s); ok {
			return reason
		}
		return Tunnel
	}
	return OtherTransport
}
