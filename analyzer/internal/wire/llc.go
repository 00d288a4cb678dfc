package wire

// Link types whose frames hold IEEE 802.2 LLC or an ethertype behind a header of fixed form.
const (
	linkTokenRing   = 6
	linkARCNET      = 7
	linkFDDI        = 10
	linkATM         = 100 // RFC 1483
	linkATMCLIP     = 106
	linkFC          = 122
	linkSunATM      = 123
	linkARCNETLinux = 129
	linkFireWire    = 138
	linkIPoIB       = 242
)

var (
	_ = registerLink(linkTokenRing, "IEEE802_5", "token ring", decodeTokenRing)
	_ = registerLink(linkARCNET, "ARCNET_BSD", "ARCNET", func(b []byte, length uint32, s *Segment) Reason { return decodeARCNET(2, b, length, s) })
	_ = registerLink(linkFDDI, "FDDI", "FDDI", func(b []byte, length uint32, s *Segment) Reason { return decodeLLCBehind(13, b, length, s) })
	_ = registerLink(linkATM, "ATM_RFC1483", "ATM with LLC", decodeLLC)
	_ = registerLink(linkATMCLIP, "ATM_CLIP", "classical IP over ATM", decodeCLIP)
	_ = registerLink(linkFC, "IP_OVER_FC", "IP over Fibre Channel", func(b []byte, length uint32, s *Segment) Reason { return decodeLLCBehind(16, b, length, s) })
	_ = registerLink(linkSunATM, "SUNATM", "SunATM", decodeSunATM)
	_ = registerLink(linkARCNETLinux, "ARCNET_LINUX", "ARCNET", func(b []byte, length uint32, s *Segment) Reason { return decodeARCNET(4, b, length, s) })
	_ = registerLink(linkFireWire, "APPLE_IP_OVER_IEEE1394", "IP over FireWire", func(b []byte, length uint32, s *Segment) Reason { return decodeTypeAt(16, 18, b, length, s) })
	_ = registerLink(linkIPoIB, "IPOIB", "IP over InfiniBand", func(b []byte, length uint32, s *Segment) Reason { return decodeTypeAt(40, 44, b, length, s) })
)

// decodeLLC reads IEEE 802.2 with SNAP (RFC 1042): aa aa 03, an organisation code and an ethertype; with the service access point of IP; and ISO's for
// routed protocols (RFC 2684): fe fe 03 and an NLPID.
func decodeLLC(b []byte, length uint32, s *Segment) Reason {
	if len(b) >= 8 && b[0] == 0xaa && b[1] == 0xaa && b[2] == 3 {
		switch oui := be32(b[2:]) & 0xffffff; oui {
		case 0, 0x0000f8, 0x00000c: // Ethernet, its tunnel (IEEE 802.1H), Cisco
			if typ := be16(b[6:]); typ >= minEtherType {
				return decodeEtherType(typ, b[8:], length-8, s)
			}
		case 0x0080c2: // bridged, RFC 2684: protocols 1 and 7 are Ethernet with and without check sequence, behind two bytes of padding
			if typ := be16(b[6:]); (typ == 1 || typ == 7) && len(b) >= 10 {
				return decodeEthernet(b[10:], length-10, s)
			}
		}
	}
	if len(b) >= 4 && b[2] == 3 {
		switch {
		case b[0] == 6 && b[1] == 6:
			return decodeIP(b[3:], length-3, s)
		case b[0] == 0xfe && b[1] == 0xfe && b[3] == 0xcf: // PPP over ATM: RFC 2364
			return decodePPP(b[4:], length-4, s)
		case b[0] == 0xfe && b[1] == 0xfe && b[3] == nlpidIPv4:
			return decodeIP(b[4:], length-4, s)
		}
	}
	s.EtherType = 0
	return NotIP
}

// decodeLLCBehind goes on at LLC behind a header of n bytes.
func decodeLLCBehind(n uint32, b []byte, length uint32, s *Segment) Reason {
	if uint32(len(b)) < n {
		return ShortLink
	}
	return decodeLLC(b[n:], length-n, s)
}

// decodeTypeAt goes on at an ethertype at one place and what it names at another.
func decodeTypeAt(typ, n uint32, b []byte, length uint32, s *Segment) Reason {
	if uint32(len(b)) < n {
		return ShortLink
	}
	return decodeEtherType(be16(b[typ:]), b[n:], length-n, s)
}

// decodeTokenRing reads IEEE 802.5: access control, frame control, two addresses, and a route, whose length is in five bits of its first byte, if the
// source's first bit is set.
func decodeTokenRing(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 14 {
		return ShortLink
	}
	if b[1]>>6 != 1 {
		return LinkControl
	}
	n := uint32(14)
	if b[8]&0x80 != 0 {
		if len(b) < 16 {
			return ShortLink
		}
		n += uint32(b[14] & 31)
	}
	return decodeLLCBehind(n, b, length, s)
}

// decodeCLIP reads LLC, or where the capture has none, IP.
func decodeCLIP(b []byte, length uint32, s *Segment) Reason {
	if len(b) > 0 && (b[0]>>4 == 4 || b[0]>>4 == 6) {
		return decodeIP(b, length, s)
	}
	return decodeLLC(b, length, s)
}

// decodeSunATM reads SunATM's four bytes: direction and type in one, of which 2 is LLC and 1 LAN emulation; VPI; VCI.
func decodeSunATM(b []byte, length uint32, s *Segment) Reason {
	switch {
	case len(b) < 4:
		return ShortLink
	case b[0]&15 == 2:
		return decodeLLC(b[4:], length-4, s)
	case b[0]&15 == 1 && len(b) >= 6: // the emulated LAN's number of two bytes, an Ethernet frame
		return decodeEthernet(b[6:], length-6, s)
	}
	return LinkControl
}

// decodeARCNET reads source and destination of a byte each, two bytes of offset in Linux, and a protocol: 240 and 241 are the old ones of RFC
// 1051; those of RFC 1201 (212 IP) have a split flag and a sequence number, and an exception frame in between if the flag is 0xff.
func decodeARCNET(at uint32, b []byte, length uint32, s *Segment) Reason {
	if uint32(len(b)) < at+1 {
		return ShortLink
	}
	n := at + 1
	switch b[at] {
	case 240:
	case 212, 196:
		if uint32(len(b)) < at+4 {
			return ShortLink
		}
		n += 3
		switch split := b[at+1]; {
		case split == 0xff:
			n += 4
		case split > 0 && split&1 == 0: // odd is the first piece of several
			return LaterFragment
		}
	default:
		return NotIP
	}
	if uint32(len(b)) < n {
		return ShortLink
	}
	return decodeIP(b[n:], length-n, s)
}
