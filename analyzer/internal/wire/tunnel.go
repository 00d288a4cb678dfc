package wire

// UDP ports of encapsulations.
const (
	portGTPU      = 2152 // 3GPP TS 29.281
	portVXLAN     = 4789 // RFC 7348
	portVXLANOld  = 8472 // of the Linux kernel before the port was assigned
	portGREInUDP  = 4754 // RFC 8086
	portGeneve    = 6081 // RFC 8926
	transEthernet = 0x6558
)

// udpTunnel says that a datagram carries a frame or a packet. Port and header must both say so: any of the ports may be a client's.
func udpTunnel(port uint16, b []byte) bool {
	if len(b) < 8 {
		return false
	}
	switch port {
	case portVXLAN, portVXLANOld: // the flag of a valid network identifier, those of the group policy and generic protocol extensions
		return b[0]&^0x84 == 0x08 && b[7] == 0
	case portGeneve: // version 0, and six reserved bits behind two flags
		return b[0]>>6 == 0 && b[1]&0x3f == 0 && carried(be16(b[2:]))
	case portGREInUDP: // checksum, key and sequence number may be there; version 0
		return b[0]&0x4f == 0 && b[1] == 0 && carried(be16(b[2:]))
	case portGTPU: // version 1, no GTP', a user's packet
		return b[0]&0xf0 == 0x30 && b[1] == 0xff
	}
	return false
}

// carried says that an encapsulation's protocol field names what connections are made of.
func carried(etherType uint16) bool {
	return etherType == transEthernet || etherType == etherIPv4 || etherType == etherIPv6
}
