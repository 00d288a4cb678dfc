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
	etherARP     = 0x0806
	etherTEB     = 0x6558 // transparent Ethernet bridging, within GRE and Geneve
	etherIPv6    = 0x86dd
	etherPPP     = 0x880b
	etherLLDP    = 0x88cc
	etherEAPOL   = 0x888e
	etherMACsec  = 0x88e5
	etherLoop    = 0x9000
	etherTest    = 0x88b5 // IEEE's local experiments
	etherVLAN    = 0x8100
	etherQinQ    = 0x88a8
	etherQinQ91  = 0x9100
	etherQinQ92  = 0x9200
	etherMPLS    = 0x8847
	etherMPLSm   = 0x8848
	etherPPPoED  = 0x8863 // discovery
	etherPPPoE   = 0x8864
	minEtherType = 0x0600 // below it the field is an 802.3 length
)

// A LinkType is one that is decoded. The common ones are switched to directly; registering one is all that any other takes.
type LinkType struct {
	Number uint16 // LINKTYPE_
	Name   string // of the registry, without LINKTYPE_
	Says   string // what it is, in a few words
	decode func(b []byte, length uint32, s *Segment) Reason
}

// maxLinkType is beyond the highest number that is decoded.
const maxLinkType = 320

var linkTypes [maxLinkType]LinkType

// registerLink makes a link type known.
func registerLink(number uint16, name, says string, decode func([]byte, uint32, *Segment) Reason) bool {
	linkTypes[number] = LinkType{number, name, says, decode}
	return true
}

// LinkTypes gives the link types that are decoded, by number.
func LinkTypes() []LinkType {
	var all []LinkType
	for _, l := range linkTypes {
		if l.decode != nil {
			all = append(all, l)
		}
	}
	return all
}

var (
	_ = registerLink(linkNull, "NULL", "BSD loopback", decodeNull)
	_ = registerLink(linkEthernet, "ETHERNET", "Ethernet", decodeEthernet)
	_ = registerLink(linkRaw12, "RAW", "raw IP", decodeRaw)
	_ = registerLink(linkRaw14, "RAW", "raw IP", decodeRaw)
	_ = registerLink(linkRaw, "RAW", "raw IP", decodeRaw)
	_ = registerLink(linkLoop, "LOOP", "OpenBSD loopback", decodeNull)
	_ = registerLink(linkSLL, "LINUX_SLL", "Linux cooked capture", decodeSLL)
	_ = registerLink(linkIPv4, "IPV4", "raw IP", decodeRaw)
	_ = registerLink(linkIPv6, "IPV6", "raw IP", decodeRaw)
	_ = registerLink(linkSLL2, "LINUX_SLL2", "Linux cooked capture v2", decodeSLL2)
)

// decodeLink goes on at the link layer.
func decodeLink(link uint16, b []byte, length uint32, s *Segment) Reason {
	switch link {
	case linkEthernet:
		return decodeEthernet(b, length, s)
	case linkSLL:
		return decodeSLL(b, length, s)
	case linkSLL2:
		return decodeSLL2(b, length, s)
	case linkRaw:
		return decodeRaw(b, length, s)
	}
	if link >= maxLinkType || linkTypes[link].decode == nil {
		return UnknownLink
	}
	return linkTypes[link].decode(b, length, s)
}

func decodeRaw(b []byte, length uint32, s *Segment) Reason {
	if len(b) == 0 {
		return ShortLink
	}
	return decodeIP(b, length, s)
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

// isVLAN says that an ethertype is that of a VLAN tag.
func isVLAN(typ uint16) bool {
	return typ == etherVLAN || typ == etherQinQ || typ == etherQinQ91 || typ == etherQinQ92
}

// decodeEtherType goes on behind an ethertype, through VLAN tags (IEEE 802.1Q, 9.6): two bytes of tag, two of the next ethertype.
func decodeEtherType(typ uint16, b []byte, length uint32, s *Segment) Reason {
	for isVLAN(typ) {
		if len(b) < 4 {
			return ShortLink
		}
		if int(s.VLANs) < len(s.VLAN) {
			s.VLAN[s.VLANs] = be16(b) & 0x0fff
		}
		s.VLANs = min(s.VLANs, 254) + 1
		typ = be16(b[2:])
		b, length = b[4:], length-4
	}
	s.EtherType = typ
	if typ == etherIPv4 || typ == etherIPv6 {
		return decodeIP(b, length, s)
	}
	return decodeOtherType(typ, b, length, s)
}

// decodeOtherType goes on behind an ethertype that is neither of IP nor of a VLAN tag.
func decodeOtherType(typ uint16, b []byte, length uint32, s *Segment) Reason {
	switch {
	case typ < minEtherType:
		return decodeLLC(b, length, s)
	case typ == etherMPLS || typ == etherMPLSm:
		return decodeMPLS(b, length, s)
	case typ == etherPPPoE:
		return decodePPPoE(b, length, s)
	case typ == etherPPP:
		return decodePPP(b, length, s)
	case typ == etherTEB:
		return decodeEthernet(b, length, s)
	}
	if reason, ok := decodeTag(typ, b, length, s); ok {
		return reason
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
