package wire

// Segment is what one frame says: raw wire values, and views that are valid as long as the frame's bytes.
type Segment struct {
	Reason         Reason
	Link           uint16 // LINKTYPE_ number
	EtherType      uint16 // of the innermost layer below IP
	VLAN           [2]uint16
	VLANs          uint8 // tags seen, outermost first in VLAN
	SrcMAC, DstMAC [6]byte
	HasMAC         bool
	PktType        uint8  // Linux cooked: 0 to us, 4 sent by us; noPktType elsewhere
	Encaps         uint8  // encapsulations passed; all that is not of the link layer is of the innermost datagram
	Encap          Encap  // the innermost
	EncapID        uint32 // its number: network identifier, key, label, tunnel end point; 0 if it has none
	Tenant         Tenant
	Aggregate      bool          // the frame holds further packets, which are not decoded (IEEE 802.11 A-MSDU)
	ESP            bool          // the datagram is UDP and carries ESP (RFC 3948), which is not opened
	Outer          OuterFragment // the datagram around the encapsulation came in pieces; this is the first

	V4         bool
	Src, Dst   [16]byte // IPv4 in its IPv4-mapped form (RFC 4291, 2.5.5.2)
	TTL, TOS   uint8    // hop limit and traffic class in IPv6
	Proto      uint8    // after extension headers
	IPID       uint16
	DF, MF     bool
	FragOff    uint16 // bytes
	FragID     uint32 // IPv6 fragment header
	FlowLabel  uint32
	IPOptions  bool
	IPLen      uint32 // of the datagram by its header; by the frame where the header says 0
	ZeroLength bool   // the header says 0: segmentation was left to the network card

	SrcPort, DstPort   uint16
	Seq, Ack           uint32
	SeqCut             bool   // not even the sequence number was captured
	Flags              uint16 // twelve bits, as Wireshark's tcp.flags
	Window             uint16
	Checksum, Urgent   uint16
	Options            []byte // TCP options as captured
	OptionsCut         bool
	PayloadLen         uint32 // by the headers, without the padding of short frames
	Payload            []byte // as captured
	Cut                bool   // the capture holds less than the headers promise
	ICMPType, ICMPCode uint8
	ICMPRest           uint32 // the four bytes after the checksum
	Quote              []byte // ICMP error: the datagram that it quotes, as captured
}

// OuterFragment names a datagram in pieces that carries an encapsulation; MF is false if there is none.
type OuterFragment struct {
	Src, Dst [16]byte
	FragID   uint32
	IPID     uint16
	Proto    uint8
	V4, MF   bool
}

const noPktType = 255

// Decode fills s from one frame of a link type; origLen is the frame's length on the wire. It never allocates and never fails:
// the result, also in s.Reason, says how far it came.
func Decode(link uint16, frame []byte, origLen uint32, s *Segment) Reason {
	*s = Segment{Link: link, PktType: noPktType}
	s.Cut = uint32(len(frame)) < origLen
	s.Reason = decodeLink(link, frame, max(origLen, uint32(len(frame))), s)
	return s.Reason
}

// DecodeQuote fills s from the datagram that an ICMP error quotes: at least the IP header and eight bytes more (RFC 792), so that
// ports and, in TCP, the sequence number are known. Understood means that the ports are there; a short capture may have cut what follows.
func DecodeQuote(quote []byte, s *Segment) Reason {
	*s = Segment{PktType: noPktType, Cut: true, Encaps: maxEncaps} // an error about a tunnel is not about what it carries
	s.Reason = decodeIP(quote, uint32(len(quote)), s)
	if s.Reason == ShortTransport && s.SrcPort|s.DstPort != 0 {
		s.Reason = Understood
	}
	return s.Reason
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
