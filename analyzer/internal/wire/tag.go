package wire

// This file has the encapsulations that stand between an Ethernet header and an ethertype or another Ethernet header.

// Ethertypes of tags.
const (
	etherVNTag      = 0x8926 // Cisco
	etherETag       = 0x893f // IEEE 802.1BR
	etherCMD        = 0x8909 // Cisco metadata: security group tags
	etherPBB        = 0x88e7 // IEEE 802.1ah
	etherTRILL      = 0x22f3 // RFC 6325
	etherFabricPath = 0x8903
	etherNSH        = 0x894f // RFC 8300
)

// decodeTag goes on behind the ethertype of a tag. False: it is none.
func decodeTag(typ uint16, b []byte, length uint32, s *Segment) (Reason, bool) {
	need := 0
	switch typ {
	case etherVNTag, etherETag, etherCMD:
		need = tagLen(typ)
	case etherPBB:
		need = 4
	case etherTRILL:
		need = 6
	case etherFabricPath:
		need = 2
	case etherNSH:
		return decodeNSH(b, length, s), true
	default:
		return 0, false
	}
	if len(b) < need {
		return ShortLink, true
	}
	rest, left := b[need:], length-uint32(need)
	switch typ {
	case etherPBB: // priority and flags, and the service's number of three bytes
		return openEthernet(PBB, global, uint64(be32(b)&0xffffff), rest, left, s), true
	case etherTRILL: // version, flags, five bits of options' length in words, hop count, two nicknames
		options := uint32(be16(b)>>6&31) * 4
		if options > uint32(len(rest)) {
			return ShortLink, true
		}
		return openEthernet(TRILL, transparent, 0, rest[options:], left-options, s), true
	case etherFabricPath: // tree and TTL
		return openEthernet(FabricPath, transparent, 0, rest, left, s), true
	}
	return openEtherType(VNTag, transparent, 0, be16(b[need-2:]), rest, left, s), true
}

// tagLen gives what a tag takes up to and with the next ethertype.
func tagLen(typ uint16) int {
	if typ == etherETag {
		return 8 // IEEE 802.1BR, 7.5: six bytes of tag
	}
	return 6 // four bytes of interface numbers, or version, length, option and group
}

// decodeNSH reads RFC 8300, section 2.2: a length in words of four bytes in six bits at bit 10, and the next protocol in the fourth byte.
//
//	|Ver|O|U|    TTL    |   Length  |U|U|U|U|MD Type| Next Protocol |
//	|          Service Path Identifier (SPI)        | Service Index |
func decodeNSH(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 8 {
		return ShortLink
	}
	n, next := uint32(be16(b)&0x3f)*4, b[3]
	if n < 8 || n > length || b[0]>>6 != 0 {
		return Tunnel
	}
	if n > uint32(len(b)) {
		return ShortLink
	}
	b, length = b[n:], length-n
	switch next {
	case 1, 2:
		return openIP(NSH, transparent, 0, b, length, s)
	case 3:
		return openEthernet(NSH, transparent, 0, b, length, s)
	case 4:
		return openEtherType(NSH, transparent, 0, etherNSH, b, length, s)
	case 5:
		return openEtherType(NSH, transparent, 0, etherMPLS, b, length, s)
	}
	return Tunnel
}
