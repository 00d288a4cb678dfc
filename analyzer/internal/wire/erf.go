package wire

// linkERF is LINKTYPE_ERF: records of Endace's cards, in a pcap file or in one of their own.
const linkERF = 197

var _ = registerLink(linkERF, "ERF", "Endace record", decodeERF)

// Types of Endace's records that hold frames, without the bit that announces extension headers.
const (
	erfHDLC      = 1
	erfEthernet  = 2
	erfColorHDLC = 10
	erfColorEth  = 11
	erfDSMEth    = 16
	erfIPv4      = 22
	erfIPv6      = 23
	erfHashHDLC  = 19
	erfHashEth   = 20
)

// maxERFExtensions bounds the chain of extension headers.
const maxERFExtensions = 16

// decodeERF reads the extensible record format:
//
//	 0           8      9       10     12         14         16
//	+-----------+------+-------+------+----------+----------+-------------------+------
//	| time      | type | flags | rlen | loss/col | wire len | [extensions of 8] | frame
//	+-----------+------+-------+------+----------+----------+-------------------+------
//
// The highest bit of the type, and of an extension's first byte, announces an extension. Two bytes stand before an Ethernet frame.
func decodeERF(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 16 {
		return ShortLink
	}
	n := uint32(16)
	for more, i := b[8]&0x80 != 0, 0; more; i++ {
		if uint32(len(b)) < n+8 || i == maxERFExtensions {
			return ShortLink
		}
		more = b[n]&0x80 != 0
		n += 8
	}
	switch b[8] & 0x7f {
	case erfEthernet, erfColorEth, erfDSMEth, erfHashEth:
		if uint32(len(b)) < n+2 {
			return ShortLink
		}
		return decodeEthernet(b[n+2:], length-n-2, s)
	case erfHDLC, erfColorHDLC, erfHashHDLC:
		return decodePPPLink(b[n:], length-n, s)
	case erfIPv4, erfIPv6:
		return decodeIPBehind(n, b, length, s)
	}
	return UnknownLink
}
