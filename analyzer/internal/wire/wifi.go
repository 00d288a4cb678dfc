package wire

// Link types of IEEE 802.11.
const (
	link80211    = 105
	linkPrism    = 119
	linkRadiotap = 127
	linkAVS      = 163
	linkPPI      = 192
)

var (
	_ = registerLink(link80211, "IEEE802_11", "Wi-Fi", func(b []byte, length uint32, s *Segment) Reason { return decode80211(b, length, false, s) })
	_ = registerLink(linkPrism, "IEEE802_11_PRISM", "Wi-Fi with Prism header", decodePrism)
	_ = registerLink(linkRadiotap, "IEEE802_11_RADIOTAP", "Wi-Fi with radiotap header", decodeRadiotap)
	_ = registerLink(linkAVS, "IEEE802_11_AVS", "Wi-Fi with AVS header", decodeAVS)
	_ = registerLink(linkPPI, "PPI", "per-packet information", decodePPI)
)

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

func le32(b []byte) uint32 { return uint32(le16(b)) | uint32(le16(b[2:]))<<16 }

// decode80211 reads a data frame, IEEE 802.11, section 9.3.2:
//
//	 0    2     4       10      16      22    24
//	+----+-----+-------+-------+-------+-----+-----------+-------+-------+-----
//	| FC | dur | addr1 | addr2 | addr3 | seq | [address] | [QoS] | [HT]  | LLC
//	+----+-----+-------+-------+-------+-----+-----------+-------+-------+-----
//
// padded says that the header was padded to a multiple of four bytes, as some drivers do.
func decode80211(b []byte, length uint32, padded bool, s *Segment) Reason {
	if len(b) < 2 {
		return ShortLink
	}
	return decode80211Control(b[0], b[1], b, length, padded, s)
}

// decode80211Control reads a frame whose two bytes of frame control are given.
func decode80211Control(control, flags uint8, b []byte, length uint32, padded bool, s *Segment) Reason {
	const data, null, qos = 2, 4, 8
	kind, subtype := control>>2&3, control>>4
	if kind != data || subtype&null != 0 {
		return LinkControl
	}
	n := uint32(24)
	if flags&3 == 3 { // from one access point to another
		n += 6
	}
	msdus := false
	if subtype&qos != 0 {
		if uint32(len(b)) < n+2 {
			return ShortLink
		}
		msdus = b[n]&0x80 != 0
		n += 2
		if flags&0x80 != 0 { // HT control
			n += 4
		}
	}
	if padded {
		n = (n + 3) &^ 3
	}
	if uint32(len(b)) < n {
		return ShortLink
	}
	if flags&0x40 != 0 {
		return Encrypted
	}
	s.DstMAC, s.SrcMAC, s.HasMAC = [6]byte(b[4:]), [6]byte(b[10:]), true
	b, length = b[n:], length-n
	if msdus {
		return decodeMSDUs(b, length, s)
	}
	return decodeLLC(b, length, s)
}

// decodeMSDUs reads the first of several packets in one frame, IEEE 802.11, section 9.3.2.2: two addresses, a length, and LLC, padded to four bytes.
func decodeMSDUs(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 14 {
		return ShortLink
	}
	n := uint32(be16(b[12:]))
	b, length = b[14:], length-14
	if n > length {
		return ShortLink
	}
	s.Aggregate = (n+3)&^3+14 < length
	return decodeLLC(b[:min(uint32(len(b)), n)], n, s)
}

// decodeRadiotap reads the radiotap header: version, padding, length, words of what is present (the highest bit announces another), all little
// endian, and fields in the order of the bits. Of these the flags tell that the header within is padded.
func decodeRadiotap(b []byte, length uint32, s *Segment) Reason {
	const tsft, flags, more, dataPad, maxWords = 1, 2, 1 << 31, 0x20, 32
	if len(b) < 8 {
		return ShortLink
	}
	n := uint32(le16(b[2:]))
	if n < 8 || n > uint32(len(b)) {
		return ShortLink
	}
	present, at := le32(b[4:]), uint32(8)
	for word, i := present, 0; word&more != 0 && at+4 <= n && i < maxWords; i++ {
		word = le32(b[at:])
		at += 4
	}
	if present&tsft != 0 {
		at = (at+7)&^7 + 8
	}
	padded := present&flags != 0 && at < n && b[at]&dataPad != 0
	return decode80211(b[n:], length-n, padded, s)
}

// decodePrism reads the length of a Prism header: a code and a length of four bytes each, in the byte order of the driver's host.
func decodePrism(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 8 {
		return ShortLink
	}
	if be32(b) == 0x80211001 { // drivers sent either
		return decodeAVS(b, length, s)
	}
	n := min(le32(b[4:]), be32(b[4:]))
	if n < 8 || n > uint32(len(b)) {
		return ShortLink
	}
	return decode80211(b[n:], length-n, false, s)
}

// decodeAVS reads the length of an AVS header: version and length of four bytes each.
func decodeAVS(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 8 {
		return ShortLink
	}
	n := be32(b[4:])
	if n < 8 || n > uint32(len(b)) {
		return ShortLink
	}
	return decode80211(b[n:], length-n, false, s)
}

// decodePPI reads per-packet information: version, flags, length, link type, little endian, and fields that are passed; see [decodeNested].
func decodePPI(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 8 {
		return ShortLink
	}
	n := uint32(le16(b[2:]))
	if n < 8 || n > uint32(len(b)) {
		return ShortLink
	}
	return decodeNested(le32(b[4:]), b[n:], length-n, s)
}

// decodeNested goes on at another link type, unless it holds another in its turn.
func decodeNested(link uint32, b []byte, length uint32, s *Segment) Reason {
	if link == linkPPI || link == linkPKTAP || link == linkPKTAPOld || link == linkERF || link > 0xffff {
		return UnknownLink
	}
	return decodeLink(uint16(link), b, length, s)
}
