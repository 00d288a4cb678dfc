package wire

// Labels of RFC 3032, section 2.1, and RFC 6790, that name no network.
const (
	labelEntropyIndicator = 7
	firstOrdinaryLabel    = 16
)

// maxLabels is more than any stack: routers push up to ten or so for segment routing.
const maxLabels = 32

// decodeMPLS reads a label stack, RFC 3032, section 2.1:
//
//	 0                   1                   2                   3
//	|                Label                  | TC  |S|       TTL     |
//
// The label at the bottom is the network's; those above it lead to its router. An entropy label (RFC 6790) below it tells nothing.
func decodeMPLS(b []byte, length uint32, s *Segment) Reason {
	network, indicated := uint32(0), false
	for range maxLabels {
		if len(b) < 4 {
			return ShortLink
		}
		word := be32(b)
		b, length = b[4:], length-4
		label := word >> 12
		if label >= firstOrdinaryLabel && !indicated {
			network = label
		}
		indicated = label == labelEntropyIndicator
		if word&0x100 != 0 {
			return decodeLabelled(network, b, length, s)
		}
	}
	return Tunnel
}

// decodeLabelled goes on below the label stack. Nothing names what is there; its first bits tell (RFC 4385, section 1; RFC 4928): 4 and 6 the IP
// version, 0 the control word of a pseudowire, 1 a message of the network's own. Ethernet without a control word begins with an address, which
// may look like any of them.
func decodeLabelled(label uint32, b []byte, length uint32, s *Segment) Reason {
	sc := local
	if label == 0 {
		sc = transparent
	}
	switch {
	case len(b) == 0:
		return ShortIP
	case (b[0]>>4 == 4 || b[0]>>4 == 6) && ipFits(b, length):
		return openIP(MPLS, sc, uint64(label), b, length, s)
	case b[0]>>4 == 0 && len(b) >= 4 && etherFits(b[4:], length-4):
		return openEthernet(MPLS, sc, uint64(label), b[4:], length-4, s)
	case etherFits(b, length):
		return openEthernet(MPLS, sc, uint64(label), b, length, s)
	case b[0]>>4 == 1: // the associated channel: RFC 5586
		return LinkControl
	case b[0]>>4 == 4 || b[0]>>4 == 6:
		return openIP(MPLS, sc, uint64(label), b, length, s)
	}
	return Tunnel
}
