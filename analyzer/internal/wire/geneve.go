package wire

const portGeneve = 6081 // RFC 8926; the gateway load balancers of AWS, the mirrors of Google

// openGeneve reads RFC 8926, section 3.4:
//
//	 0                   1                   2                   3
//	|Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
//	|        Virtual Network Identifier (VNI)       |    Reserved   |
//	|                    Variable-Length Options                    |
//
// with options of a class, a type and a length in words of four bytes. False: it is no Geneve.
func openGeneve(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 8 || b[0]>>6 != 0 || b[1]&0x3f != 0 || b[7] != 0 {
		return 0, false
	}
	proto, vni := be16(b[2:]), uint64(be32(b[4:])>>8)
	options := uint32(b[0]&0x3f) * 4
	if 8+options > length {
		return 0, false
	}
	end := 8 + options
	for at := uint32(8); at < end; {
		if uint32(len(b)) < at+4 {
			break // the capture ends among them
		}
		at += 4 + uint32(b[at+3]&0x1f)*4
		if at > end {
			return 0, false
		}
	}
	switch proto {
	case etherTEB, etherIPv4, etherIPv6, etherMPLS, etherNSH, etherARP:
	default:
		return 0, false
	}
	if uint32(len(b)) < end {
		return ShortTransport, true
	}
	b, length = b[end:], length-end
	if (proto == etherIPv4 || proto == etherIPv6) && !ipFits(b, length) || proto == etherTEB && length < 14 {
		return 0, false
	}
	return openEtherType(Geneve, global, vni, proto, b, length, s), true
}
