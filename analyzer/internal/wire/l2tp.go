package wire

const portL2TP = 1701

// openL2TP reads a data message, RFC 2661, section 3.1; the fields in brackets are there if their flag says so:
//
//	 0                   1                   2                   3
//	|T|L|x|x|S|x|O|P|x|x|x|x|  Ver  |          [Length]             |
//	|           Tunnel ID           |           Session ID          |
//	|             [Ns]              |             [Nr]              |
//	|      [Offset Size]            |    [Offset pad ...]
//
// behind which PPP stands. False: it is no such message, or one of the protocol's own.
func openL2TP(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 6 {
		return 0, false
	}
	flags := be16(b)
	if flags&0x000f == 3 && flags&0xfff0 == 0 && len(b) >= 8 && be16(b[2:]) == 0 {
		return openL2TPv3(b[4:], length-4, s)
	}
	if flags&0xb4ff != 2 { // a control message, a reserved bit or another version
		return 0, false
	}
	at := uint32(2)
	if flags&0x4000 != 0 {
		if n := uint32(be16(b[2:])); n != length {
			return 0, false
		}
		at += 2
	}
	if uint32(len(b)) < at+4 {
		return 0, false
	}
	id := uint64(be32(b[at:]))
	at += 4
	if flags&0x0800 != 0 {
		at += 4
	}
	if flags&0x0200 != 0 {
		if uint32(len(b)) < at+2 {
			return 0, false
		}
		at += 2 + uint32(be16(b[at:]))
	}
	if uint32(len(b)) < at+2 || !pppFits(b[at:], length-at) {
		return 0, false
	}
	if !s.enter(L2TP, local, id) {
		return Tunnel, true
	}
	return decodePPP(b[at:], length-at, s), true
}

// pppFits says that data begins as PPP does: with its address or a protocol that hosts use, and in the case of IP with a datagram that fits.
func pppFits(b []byte, length uint32) bool {
	if len(b) >= 4 && b[0] == 0xff && b[1] == 3 {
		b, length = b[2:], length-2
	}
	if len(b) < 2 {
		return false
	}
	switch {
	case b[0] == pppIPv4 || b[0] == pppIPv6:
		return ipFits(b[1:], length-1)
	case b[0] == 0 && (b[1] == pppIPv4 || b[1] == pppIPv6):
		return ipFits(b[2:], length-2)
	case b[0] == 0xc0 || b[0] == 0x80: // LCP, PAP, CHAP, IPCP and their like
		return true
	}
	return b[0] == pppCompress || b[0] == 0 && b[1] == pppCompress
}

// openL2TPv3 reads RFC 3931, section 4.1: a session of four bytes, a cookie of none, four or eight, a sublayer of none or four, and a
// frame. What there is the ends have agreed on before; where an Ethernet frame fits tells it.
func openL2TPv3(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 4 {
		return 0, false
	}
	id := uint64(be32(b))
	if id == 0 {
		return 0, false // a control message
	}
	for at := uint32(4); at <= 16 && at+14 <= uint32(len(b)); at += 4 {
		if be16(b[at+12:]) >= minEtherType && etherFits(b[at:], length-at) {
			return openEthernet(L2TP, local, id, b[at:], length-at, s), true
		}
	}
	return 0, false
}
