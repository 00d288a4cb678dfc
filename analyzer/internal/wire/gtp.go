package wire

const portGTPU = 2152 // 3GPP TS 29.281

// maxGTPExtensions bounds the chain of extension headers; networks use one or two.
const maxGTPExtensions = 8

// openGTPU reads the message that carries a user's packet, 3GPP TS 29.281, section 5.1:
//
//	 0                   1                   2                   3
//	| Ver |P|*|E|S|N|  type 255     |            Length             |
//	|                 Tunnel Endpoint Identifier                    |
//	|     [Sequence Number]         | [N-PDU Number]| [Next Ext.]   |
//
// the fields in brackets if any of E, S and N is set; extensions are a length in words of four bytes, data, and the next one's type. The
// identifier is the receiver's: each direction of a connection has its own. False: it is no such message.
func openGTPU(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 8 || b[0]&0xf8 != 0x30 || b[1] != 0xff {
		return 0, false
	}
	n := uint32(be16(b[2:])) + 8
	if n > length {
		return 0, false
	}
	teid, more := uint64(be32(b[4:])), b[0]&7 != 0
	b, length = b[:min(uint32(len(b)), n)], n
	at := uint32(8)
	if more {
		if len(b) < 12 {
			return 0, false
		}
		at = 12
		next := b[11]
		if b[0]&4 == 0 {
			next = 0
		}
		for i := 0; next != 0; i++ {
			if i == maxGTPExtensions || uint32(len(b)) <= at || b[at] == 0 {
				return 0, false
			}
			at += uint32(b[at]) * 4
			if uint32(len(b)) < at {
				return 0, false
			}
			next = b[at-1]
		}
	}
	switch b, length = b[at:], length-at; {
	case ipFits(b, length):
		return openIP(GTPU, local, teid, b, length, s), true
	case etherFits(b, length): // 5G's Ethernet sessions
		return openEthernet(GTPU, local, teid, b, length, s), true
	}
	return 0, false
}
