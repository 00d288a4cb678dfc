package wire

const portCAPWAP = 5247 // RFC 5415: data between an access point and its controller

// openCAPWAP reads a data packet, RFC 5415, section 4.3:
//
//	 0                   1                   2                   3
//	|  preamble     |  HLEN   |   RID   |  WBID   |T|F|L|W|M|K|flags|
//	|          Fragment ID          |     Frag Offset         |Rsvd |
//	|                 [Radio MAC, wireless information]             |
//
// HLEN counts words of four bytes. T says that an IEEE 802.11 frame follows, and else one of Ethernet. Some access points swap the first two bytes of
// IEEE 802.11. False: it is no such packet, is encrypted, or is a later fragment.
func openCAPWAP(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 8 || b[0] != 0 {
		return 0, false
	}
	word := be32(b)
	n := word >> 19 & 31 * 4
	native, fragment, keepAlive := word&0x100 != 0, word&0x80 != 0, word&0x08 != 0
	if word&7 != 0 || b[7]&7 != 0 || n < 8 || n > uint32(len(b)) || keepAlive || fragment && be16(b[6:])>>3 != 0 {
		return 0, false
	}
	b, length = b[n:], length-n
	if !native {
		if !fragment && !etherFits(b, length) {
			return 0, false
		}
		return openEthernet(CAPWAP, transparent, 0, b, length, s), true
	}
	if word>>9&31 != 1 || len(b) < 2 || !s.enter(CAPWAP, transparent, 0) { // WBID 1 is IEEE 802.11
		return 0, false
	}
	if swapped := b[0]&3 == 0 && b[0]&0x0c == 0 && b[1]&0x0f == 8; swapped {
		return decode80211Control(b[1], b[0], b, length, false, s), true
	}
	return decode80211(b, length, false, s), true
}
