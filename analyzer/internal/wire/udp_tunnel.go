package wire

// UDP ports of encapsulations that need few lines.
const (
	portGREInUDP  = 4754  // RFC 8086
	portMPLSInUDP = 6635  // RFC 7510
	portGUE       = 6080  // draft-ietf-intarea-gue
	portLISP      = 4341  // RFC 9300
	portTZSP      = 37008 // MikroTik's and others' mirrors
)

// openUDP goes on at what a datagram carries, if both a port and the payload say that it is an encapsulation: any of the ports may be a
// client's. Two bits of a byte keep nearly all others out. False: it is a datagram like others.
func openUDP(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 4 || s.Encaps >= maxEncaps {
		return 0, false
	}
	src, dst := s.SrcPort, s.DstPort
	switch {
	case dst == portGeneve:
		return openGeneve(b, length, s)
	case dst == portGTPU || src == portGTPU:
		return openGTPU(b, length, s)
	case dst == portL2TP || src == portL2TP:
		return openL2TP(b, length, s)
	case dst == portTeredo || src == portTeredo:
		return openTeredo(b, length, s)
	case dst == portAYIYA || src == portAYIYA:
		return openAYIYA(b, length, s)
	case dst == portGREInUDP && b[0]&0x4f == 0 && b[1] == 0 && carried(be16(b[2:])):
		return decodeGRE(b, length, s), true
	case dst == portMPLSInUDP && labelFits(b, length):
		return decodeMPLS(b, length, s), true
	case dst == portGUE:
		return openGUE(b, length, s)
	case dst == portLISP && len(b) > 8 && ipFits(b[8:], length-8): // flags, nonce, instance
		return openIP(LISP, ends, 0, b[8:], length-8, s), true
	case dst == portCAPWAP || src == portCAPWAP:
		return openCAPWAP(b, length, s)
	case dst == portESPInUDP || src == portESPInUDP:
		s.ESP = isESP(b, length, s)
		return 0, false
	case dst == portTZSP:
		return openTZSP(b, length, s)
	}
	return openVXLAN(dst, b, length, s)
}

// carried says that an encapsulation's protocol field names what connections are made of.
func carried(etherType uint16) bool {
	return etherType == etherTEB || etherType == etherIPv4 || etherType == etherIPv6
}

// labelFits says that data begins with a label stack of an IP datagram.
func labelFits(b []byte, length uint32) bool {
	for len(b) >= 4 {
		bottom := be32(b)&0x100 != 0
		b, length = b[4:], length-4
		if bottom {
			return ipFits(b, length)
		}
	}
	return false
}

// openGUE reads generic UDP encapsulation: version 0 has five bits of header length in words of four bytes and the IP protocol in the second byte;
// version 1 is a datagram without a header.
func openGUE(b []byte, length uint32, s *Segment) (Reason, bool) {
	if b[0]>>6 == 1 {
		if !ipFits(b, length) {
			return 0, false
		}
		return openIP(GUE, ends, 0, b, length, s), true
	}
	at := 4 + uint32(b[0]&31)*4
	if b[0]>>5 != 0 || b[1] != protoIPIP && b[1] != protoIPv6 || at > uint32(len(b)) || !ipFits(b[at:], length-at) {
		return 0, false
	}
	return openIP(GUE, ends, 0, b[at:], length-at, s), true
}

// openTZSP reads TaZmen Sniffer Protocol: version 1, type, encapsulated protocol of two bytes, tags of a type, a length and data up to tag 1.
// Protocol 1 is Ethernet, 0x12 IEEE 802.11.
func openTZSP(b []byte, length uint32, s *Segment) (Reason, bool) {
	const padding, end, maxTags = 0, 1, 32
	if b[0] != 1 || b[1] > 1 {
		return 0, false
	}
	proto := be16(b[2:])
	b, length = b[4:], length-4
	for range maxTags {
		if len(b) < 2 {
			return 0, false
		}
		tag, n := b[0], uint32(1)
		if tag != padding && tag != end {
			n = 2 + uint32(b[1])
		}
		if n > uint32(len(b)) {
			return 0, false
		}
		b, length = b[n:], length-n
		switch {
		case tag != end:
		case proto == 1 && etherFits(b, length):
			return openEthernet(TZSP, transparent, 0, b, length, s), true
		case proto == 0x12 && s.enter(TZSP, transparent, 0):
			return decode80211(b, length, false, s), true
		default:
			return 0, false
		}
	}
	return 0, false
}
