package wire

// Link types of serial lines.
const (
	linkSLIP       = 8
	linkPPP        = 9
	linkPPPHDLC    = 50
	linkPPPEther   = 51
	linkCHDLC      = 104
	linkFrameRelay = 107
	linkPPPPPPD    = 166
	linkPPPDir     = 204
	linkCHDLCDir   = 205
	linkFRelayDir  = 206
)

var (
	_ = registerLink(linkSLIP, "SLIP", "SLIP", func(b []byte, length uint32, s *Segment) Reason { return decodeIPBehind(16, b, length, s) }) // direction, compressed header
	_ = registerLink(linkPPP, "PPP", "PPP", decodePPPLink)
	_ = registerLink(linkPPPHDLC, "PPP_HDLC", "PPP in HDLC framing", decodePPPLink)
	_ = registerLink(linkPPPEther, "PPP_ETHER", "PPPoE without Ethernet", decodePPPoE)
	_ = registerLink(linkCHDLC, "C_HDLC", "Cisco HDLC", decodeCHDLC)
	_ = registerLink(linkFrameRelay, "FRELAY", "Frame Relay", decodeFrameRelay)
	_ = registerLink(linkPPPPPPD, "PPP_PPPD", "PPP of Linux", behindDirection(decodePPPLink))
	_ = registerLink(linkPPPDir, "PPP_WITH_DIR", "PPP with direction", behindDirection(decodePPPLink))
	_ = registerLink(linkCHDLCDir, "C_HDLC_WITH_DIR", "Cisco HDLC with direction", behindDirection(decodeCHDLC))
	_ = registerLink(linkFRelayDir, "FRELAY_WITH_DIR", "Frame Relay with direction", behindDirection(decodeFrameRelay))
)

// Network layer protocol identifiers of ISO/IEC TR 9577.
const (
	nlpidSNAP = 0x80
	nlpidIPv6 = 0x8e
	nlpidIPv4 = 0xcc
)

// decodeIPBehind goes on at IP behind a header of n bytes.
func decodeIPBehind(n uint32, b []byte, length uint32, s *Segment) Reason {
	if uint32(len(b)) < n {
		return ShortLink
	}
	return decodeIP(b[n:], length-n, s)
}

// behindDirection makes a decoder that passes a byte that tells sent from received.
func behindDirection(decode func([]byte, uint32, *Segment) Reason) func([]byte, uint32, *Segment) Reason {
	return func(b []byte, length uint32, s *Segment) Reason {
		if len(b) == 0 {
			return ShortLink
		}
		return decode(b[1:], length-1, s)
	}
}

// decodePPPLink reads PPP, or Cisco HDLC where its address says so: 0f for one receiver, 8f for all. Linux leaves the address of PPP out and
// the control byte in.
func decodePPPLink(b []byte, length uint32, s *Segment) Reason {
	switch {
	case len(b) >= 2 && (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0:
		return decodeCHDLC(b, length, s)
	case len(b) >= 2 && b[0] == 3 && b[1] == 0:
		b, length = b[1:], length-1
	}
	return decodePPP(b, length, s)
}

// decodeCHDLC reads Cisco's HDLC, RFC 1547, section 4.3.1: address, control, an ethertype. 0x8035 are its keepalives.
func decodeCHDLC(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 4 {
		return ShortLink
	}
	const keepalive = 0x8035
	if be16(b[2:]) == keepalive {
		return LinkControl
	}
	return decodeEtherType(be16(b[2:]), b[4:], length-4, s)
}

// decodeFrameRelay reads RFC 2427: an address of two to four bytes, whose last has its lowest bit set (Q.922), control 03, perhaps padding, and an NLPID;
// or, as Cisco does, an ethertype behind the address.
func decodeFrameRelay(b []byte, length uint32, s *Segment) Reason {
	const maxAddress = 4
	n := uint32(1)
	for ; n <= maxAddress; n++ {
		if uint32(len(b)) < n {
			return ShortLink
		}
		if b[n-1]&1 != 0 {
			break
		}
	}
	if n < 2 || n > maxAddress {
		return NotIP
	}
	b, length = b[n:], length-n
	if len(b) < 2 {
		return ShortLink
	}
	if b[0] != 3 {
		return decodeEtherType(be16(b), b[2:], length-2, s)
	}
	b, length = b[1:], length-1
	if b[0] == 0 {
		b, length = b[1:], length-1
	}
	if len(b) == 0 {
		return ShortLink
	}
	switch b[0] {
	case nlpidIPv4, nlpidIPv6:
		return decodeIP(b[1:], length-1, s)
	case nlpidSNAP:
		if len(b) < 6 {
			return ShortLink
		}
		if oui := be32(b) & 0xffffff; oui == 0 {
			return decodeEtherType(be16(b[4:]), b[6:], length-6, s)
		} else if typ := be16(b[4:]); oui == 0x0080c2 && (typ == 1 || typ == 7) { // bridged Ethernet
			return decodeEthernet(b[6:], length-6, s)
		}
	case 0x08: // Q.933: the line's own
		return LinkControl
	}
	return NotIP
}
