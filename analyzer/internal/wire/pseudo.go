package wire

// Link types of packet filters and capturing systems.
const (
	linkENC         = 109
	linkPFLOG       = 117
	linkPKTAPOld    = 149 // DLT_USER2, which macOS took before
	linkNetAnalyzer = 240
	linkNetTransp   = 241
	linkNFLOG       = 239
	linkPKTAP       = 258
	linkEPON        = 259
)

var (
	_ = registerLink(linkENC, "ENC", "OpenBSD IPsec", decodeENC)
	_ = registerLink(linkPFLOG, "PFLOG", "BSD packet filter log", decodePFLOG)
	_ = registerLink(linkPKTAPOld, "USER2", "macOS pktap", decodePKTAP)
	_ = registerLink(linkNFLOG, "NFLOG", "Linux netfilter log", decodeNFLOG)
	_ = registerLink(linkNetAnalyzer, "NETANALYZER", "netANALYZER", func(b []byte, length uint32, s *Segment) Reason { return decodeEthernetBehind(4, b, length, s) })
	_ = registerLink(linkNetTransp, "NETANALYZER_TRANSPARENT", "netANALYZER with preamble", func(b []byte, length uint32, s *Segment) Reason { return decodeEthernetBehind(12, b, length, s) })
	_ = registerLink(linkPKTAP, "PKTAP", "macOS pktap", decodePKTAP)
	_ = registerLink(linkEPON, "EPON", "Ethernet with EPON preamble", func(b []byte, length uint32, s *Segment) Reason { return decodeEthernetBehind(8, b, length, s) })
)

// decodeEthernetBehind goes on at Ethernet behind a header of n bytes.
func decodeEthernetBehind(n uint32, b []byte, length uint32, s *Segment) Reason {
	if uint32(len(b)) < n {
		return ShortLink
	}
	return decodeEthernet(b[n:], length-n, s)
}

// decodeENC reads OpenBSD's header: address family, SPI, flags, of four bytes each. Flags say that what follows is in clear.
func decodeENC(b []byte, length uint32, s *Segment) Reason {
	return decodeIPBehind(12, b, length, s)
}

// decodePFLOG reads the length of a packet filter's header in its first byte; the datagram begins at the next multiple of four.
func decodePFLOG(b []byte, length uint32, s *Segment) Reason {
	if len(b) == 0 {
		return ShortLink
	}
	const least = 28 // up to the action and the direction, in the oldest form
	n := (uint32(b[0]) + 3) &^ 3
	if n < least {
		return NotIP
	}
	return decodeIPBehind(n, b, length, s)
}

// decodePKTAP reads the header of macOS: length, type of what follows (1: a packet), link type, of four bytes each, little endian, and more.
func decodePKTAP(b []byte, length uint32, s *Segment) Reason {
	const least = 108
	if len(b) < 12 {
		return ShortLink
	}
	n := le32(b)
	if n < least || n > uint32(len(b)) {
		return ShortLink
	}
	if le32(b[4:]) != 1 {
		return LinkControl
	}
	return decodeNested(le32(b[8:]), b[n:], length-n, s)
}

// decodeNFLOG reads LINKTYPE_NFLOG: address family, version 0, group, and attributes of a length, a type and a value, padded to four bytes,
// in the byte order of the capturing host. The datagram is one of them.
func decodeNFLOG(b []byte, length uint32, s *Segment) Reason {
	const payload = 9
	if len(b) < 4 {
		return ShortLink
	}
	family, n := b[0], uint32(4)
	if b[1] != 0 {
		return UnknownLink
	}
	missing := length - uint32(len(b)) // that the snap length cut off the end, and so off the datagram
	for uint32(len(b)) >= n+4 {
		size, typ := uint32(le16(b[n:])), le16(b[n+2:])
		if size > 0 && size <= 0xff && typ > 0xff || size > length-n { // the other byte order
			size, typ = uint32(be16(b[n:])), be16(b[n+2:])
		}
		if size < 4 {
			return ShortLink
		}
		if typ == payload {
			body := b[n+4 : min(uint32(len(b)), n+size)]
			if family == 7 { // of a bridge: the Ethernet header is an attribute before, and the datagram's version tells
				if len(body) == 0 || body[0]>>4 != 4 && body[0]>>4 != 6 {
					return NotIP
				}
			}
			return decodeIP(body, uint32(len(body))+missing, s)
		}
		n += (size + 3) &^ 3
	}
	return NotIP
}
