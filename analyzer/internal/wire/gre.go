package wire

// Protocol types within GRE that are no ethertypes of a link: RFC 1701, section 3, and vendors.
const (
	greKeepalive  = 0x0000
	greEoIP       = 0x6400 // MikroTik
	greArubaFirst = 0x8200
	greArubaLast  = 0x83ff
	greERSPAN     = 0x88be // types I and II
	greERSPAN3    = 0x22eb
	greWCCP       = 0x883e
)

// maxRoutes is how many source routes of RFC 1701 are passed: nobody has used them for decades.
const maxRoutes = 16

// decodeGRE reads RFC 2784, RFC 2890 and, with the fields in brackets that its flags announce, RFC 1701 and RFC 2637 (version 1, PPTP):
//
//	 0                   1                   2                   3
//	|C|R|K|S|s|Recur|A| Flags | Ver |         Protocol Type         |
//	|      [Checksum]               |       [Offset]                |
//	|                             [Key]                             |
//	|                       [Sequence Number]                       |
//	|                  [Acknowledgment Number]                      |
//	|                         [Routing ...]
func decodeGRE(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 4 {
		return ShortTransport
	}
	flags, proto := be16(b), be16(b[2:])
	version := flags & 7
	if version > 1 {
		return Tunnel
	}
	if version == 1 && proto == greEoIP && flags&0x2000 != 0 {
		return openEoIP(b, length, s)
	}
	at := uint32(4)
	if flags&0xc000 != 0 {
		at += 4
	}
	key, keyed := uint32(0), flags&0x2000 != 0
	if keyed {
		if uint32(len(b)) < at+4 {
			return ShortTransport
		}
		key = be32(b[at:])
		at += 4
	}
	if flags&0x1000 != 0 {
		at += 4
	}
	if version == 1 && flags&0x0080 != 0 {
		at += 4
	}
	if flags&0x4000 != 0 {
		var ok bool
		if at, ok = passRoutes(b, at); !ok {
			return Tunnel
		}
	}
	if at > length {
		return BadTransport
	}
	if uint32(len(b)) < at {
		return ShortTransport
	}
	b, length = b[at:], length-at
	switch {
	case length == 0 || proto == greKeepalive: // an acknowledgment of PPTP, or the keepalive of a tunnel
		return LinkControl
	case version == 1:
		if !s.enter(GRE, local, uint64(key&0xffff)) { // the upper half is a length
			return Tunnel
		}
		return decodePPP(b, length, s)
	case proto == greERSPAN && flags&0x1000 != 0:
		return openERSPAN2(b, length, s)
	case proto == greERSPAN:
		return openEthernet(ERSPAN, transparent, 0, b, length, s)
	case proto == greERSPAN3:
		return openERSPAN3(b, length, s)
	case proto == etherTEB && keyed && key>>8 >= firstVSID:
		return openEthernet(NVGRE, global, uint64(key>>8), b, length, s)
	case proto >= greArubaFirst && proto <= greArubaLast:
		if !s.enter(GRE, transparent, 0) {
			return Tunnel
		}
		return decode80211(b, length, false, s)
	case proto == greWCCP:
		if len(b) >= 4 && b[0]>>4 != 4 { // version 2 has a header of its own before the datagram
			b, length = b[4:], length-4
		}
		return openIP(WCCP, transparent, 0, b, length, s)
	}
	sc, id := ends, uint64(0)
	if keyed {
		sc, id = global, uint64(key)
	}
	return openEtherType(GRE, sc, id, proto, b, length, s)
}

// firstVSID is the lowest virtual subnet that NVGRE may use (RFC 7637, section 3.2). Lower keys with Ethernet are those of a plain tunnel.
const firstVSID = 0x1000

// passRoutes passes the source routes of RFC 1701: address family, offset, length, and so many bytes; the last has neither family nor length.
func passRoutes(b []byte, at uint32) (uint32, bool) {
	for range maxRoutes {
		if uint32(len(b)) < at+4 {
			return at, false
		}
		family, n := be16(b[at:]), uint32(b[at+3])
		at += 4 + n
		if family == 0 && n == 0 {
			return at, true
		}
	}
	return at, false
}

// openEoIP reads what MikroTik makes of GRE's version 1: a length, big endian, and the tunnel's number, little endian, in place of the key.
func openEoIP(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 8 {
		return ShortTransport
	}
	n, id := uint32(be16(b[4:])), uint64(b[6])|uint64(b[7])<<8
	b, length = b[8:], length-8
	if n == 0 {
		return LinkControl
	}
	if n > length {
		return BadTransport
	}
	return openEthernet(EoIP, global, id, b[:min(uint32(len(b)), n)], n, s)
}

// openERSPAN2 reads draft-foschiano-erspan, section 4.1: version, VLAN, class and flags, session, index; eight bytes before the mirrored frame.
func openERSPAN2(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 8 {
		return ShortTransport
	}
	return openEthernet(ERSPAN, transparent, 0, b[8:], length-8, s)
}

// openERSPAN3 reads draft-foschiano-erspan, section 4.2:
//
//	|  Ver  |          VLAN         | COS |BSO|T|     Session ID    |
//	|                          Timestamp                            |
//	|             SGT               |P|    FT   |   Hw ID   |D|Gra|O|
//	|      [Platform specific, 8 bytes, if O is set]
//
// FT 0 is an Ethernet frame, 2 an IP datagram.
func openERSPAN3(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 12 {
		return ShortTransport
	}
	at := uint32(12)
	word := be16(b[10:])
	if word&1 != 0 {
		at += 8
	}
	if at > length {
		return BadTransport
	}
	if uint32(len(b)) < at {
		return ShortTransport
	}
	switch word >> 10 & 31 {
	case 0:
		return openEthernet(ERSPAN, transparent, 0, b[at:], length-at, s)
	case 2:
		return openIP(ERSPAN, transparent, 0, b[at:], length-at, s)
	}
	return Tunnel
}
