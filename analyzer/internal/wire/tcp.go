package wire

// decodeTCP reads RFC 9293, section 3.1:
//
//	 0                   1                   2                   3
//	|          Source Port          |       Destination Port        |
//	|                        Sequence Number                        |
//	|                    Acknowledgment Number                      |
//	|  Data |Rsr|  flags            |            Window             |
//	| Offset|vd |                   |                               |
//	|           Checksum            |         Urgent Pointer        |
//	|                           [Options]                           |
//
// length is that of the segment by the IP header. Of a segment with an impossible offset the fixed part is filled in all the
// same: a malformed reset still resets.
func decodeTCP(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 20 {
		if len(b) >= 4 { // of a quote in an ICMP error, or cut short
			s.SrcPort, s.DstPort = be16(b), be16(b[2:])
		}
		if s.SeqCut = len(b) < 8; !s.SeqCut {
			s.Seq = be32(b[4:])
		}
		if length < 20 {
			return BadTransport
		}
		return ShortTransport
	}
	s.SrcPort, s.DstPort, s.Seq = be16(b), be16(b[2:]), be32(b[4:])
	s.Ack, s.Flags, s.Window = be32(b[8:]), be16(b[12:])&0x0fff, be16(b[14:])
	s.Checksum, s.Urgent = be16(b[16:]), be16(b[18:])
	header := uint32(b[12]>>4) * 4
	if header < 20 || header > length {
		return BadTransport
	}
	s.PayloadLen = length - header
	if uint32(len(b)) < header {
		s.Options, s.OptionsCut = b[20:], true
		return Understood
	}
	s.Options, s.Payload = b[20:header], b[header:]
	return Understood
}

// decodeUDP reads RFC 768: source port, destination port, length, checksum.
func decodeUDP(b []byte, length uint32, s *Segment) Reason {
	if len(b) >= 4 {
		s.SrcPort, s.DstPort = be16(b), be16(b[2:])
	}
	if len(b) < 8 {
		if length < 8 {
			return BadTransport
		}
		return ShortTransport
	}
	s.Checksum = be16(b[6:])
	s.PayloadLen, s.Payload = length-8, b[8:]
	carried, left := s.Payload, s.PayloadLen
	// Padding of the datagram is none of what it carries; the first of several fragments carries a part of it.
	if n := uint32(be16(b[4:])); n >= 8 && (n < length || s.MF) {
		left = n - 8
		carried = carried[:min(uint32(len(carried)), left)]
		if n < length {
			s.PayloadLen, s.Payload = left, carried
		}
	}
	if reason, ok := openUDP(carried, left, s); ok {
		return reason
	}
	return Understood
}

// decodeICMP reads RFC 792 and RFC 4443: type, code, checksum, four bytes by type, and behind them, in the errors among the types,
// the datagram that caused it.
func decodeICMP(b []byte, length uint32, s *Segment, errors ...uint8) Reason {
	if len(b) < 8 {
		if length < 8 {
			return BadTransport
		}
		return ShortTransport
	}
	s.ICMPType, s.ICMPCode, s.Checksum, s.ICMPRest = b[0], b[1], be16(b[2:]), be32(b[4:])
	s.PayloadLen, s.Payload = length-8, b[8:]
	for _, t := range errors {
		if s.ICMPType == t {
			s.Quote = b[8:]
		}
	}
	return Understood
}
