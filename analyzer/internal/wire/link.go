package wire

// LINKTYPE_ numbers of the registry that libpcap and pcapng share.
const (
	linkNull     = 0
	linkEthernet = 1
	linkRaw12    = 12 // DLT_RAW of most BSDs and Linux
	linkRaw14    = 14 // of OpenBSD
	linkRaw      = 101
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
)

// Ethertypes.
const (
	etherIPv4    = 0x0800
	etherIPv6    = 0x86dd
	etherVLAN    = 0x8100
	etherQinQ    = 0x88a8
	etherQinQ91  = 0x9100
	etherQinQ92  = 0x9200
	etherMPLS    = 0x8847
	etherMPLSm   = 0x8848
	etherPPPoE   = 0x8864
	minEtherType = 0x0600 // below it the field is an 802.3 length
)

// decodeLink is the table of link types: a new one is an entry here.
func decodeLink(link uint16, b []byte, length uint32, s *Segment) Reason {
	switch link {
	case linkEthernet:
		return decodeEthernet(b, length, s)
	case linkSLL:
		return decodeSLL(b, length, s)
	case linkSLL2:
		return decodeSLL2(b, length, s)
	case linkRaw, linkRaw12, linkRaw14, linkIPv4, linkIPv6:
		if len(b) == 0 {
			return ShortLink
		}
		return decodeIP(b, length, s)
	case linkNull, linkLoop:
		return decodeNull(b, length, s)
	}
	return UnknownLink
}

// decodeEthernet reads IEEE 802.3, section 3.1.1:
//
//	 0                   6                   12      14
//	+-------------------+-------------------+-------+----
//	|    destination    |      source       | type  | ...
//	+-------------------+-------------------+-------+----
func decodeEthernet(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 14 {
		return ShortLink
	}
	s.DstMAC, s.SrcMAC, s.HasMAC = [6]byte(b[:6]), [6]byte(b[6:12]), true
	return decodeEtherType(be16(b[12:]), b[14:], length-14, s)
}

// decodeEtherType goes on behind an ethertype, through VLAN tags (IEEE 802.1Q, 9.6): two bytes of tag, two of the next ethertype.
func decodeEtherType(typ uint16, b []byte, length uint32, s *Segment) Reason {
	for typ == etherVLAN || typ == etherQinQ || typ == etherQinQ91 || typ == etherQinQ92 {
		if len(b) < 4 {
			return ShortLink
		}
		if int(s.VLANs) < len(s.VLAN) {
			s.VLAN[s.VLANs] = be16(b) & 0x0fff
		}
		s.VLANs++
		typ = be16(b[2:])
		b, length = b[4:], length-4
	}
	s.EtherType = typ
	switch {
	case typ == etherIPv4 || typ == etherIPv6:
		return decodeIP(b, length, s)
	case typ == etherMPLS || typ == etherMPLSm || typ == etherPPPoE:
		return Tunnel
	case typ < minEtherType:
		return decodeSNAP(b, length, s)
	}
	return NotIP
}

// decodeSNAP reads RFC 1042: aa aa 03, an organisation code of zero, and an ethertype.
func decodeSNAP(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 8 || b[0] != 0xaa || b[1] != 0xaa || b[2] != 3 || b[3]|b[4]|b[5] != 0 {
		return NotIP
	}
	s.EtherType = be16(b[6:])
	if s.EtherType == etherIPv4 || s.EtherType == etherIPv6 {
		return decodeIP(b[8:], length-8, s)
	}
	return NotIP
}

// decodeSLL reads LINKTYPE_LINUX_SLL: packet type, ARPHRD type, address length, address of 8 bytes, protocol.
func decodeSLL(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 16 {
		return ShortLink
	}
	s.PktType = b[1]
	copy(s.SrcMAC[:], b[6:12])
	return decodeEtherType(be16(b[14:]), b[16:], length-16, s)
}

// decodeSLL2 reads LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, ARPHRD type, packet type, address length, address.
func decodeSLL2(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 20 {
		return ShortLink
	}
	s.PktType = b[10]
	copy(s.SrcMAC[:], b[12:18])
	return decodeEtherType(be16(b), b[20:], length-20, s)
}

// decodeNull reads LINKTYPE_NULL and LINKTYPE_LOOP: an address family of four bytes, in the byte order of the capturing host for
// the former, in network order for the latter. The families of IPv6 differ from system to system; the IP version tells.
func decodeNull(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 4 {
		return ShortLink
	}
	family := be32(b)
	if family > 0xffff {
		family = uint32(b[0]) | uint32(b[1])<<8
	}
	switch family {
	case 2: // AF_INET
	case 10, 24, 28, 30: // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS
	default:
		return NotIP
	}
	return decodeIP(b[4:], length-4, s)
}
