package wire

// Ports of VXLAN. Others are used too (Docker, OpenStack and mirrors let the operator choose), so that the header decides.
const (
	portVXLAN         = 4789  // RFC 7348; the mirrors of AWS, Alibaba and Azure
	portVXLANOld      = 8472  // of the Linux kernel before the port was assigned: Flannel, Cilium, k3s, VMware
	portVXLANGPE      = 4790  // draft-ietf-nvo3-vxlan-gpe
	portAzureInternal = 10800 // Azure's gateway load balancer, the side within
	portAzureExternal = 10801 // and without
	portVXLANAzureVFP = 65330 // Azure's virtual switch
)

// vxlanPort says that VXLAN is usual on a port.
func vxlanPort(p uint16) bool {
	switch p {
	case portVXLAN, portVXLANOld, portVXLANGPE, portAzureInternal, portAzureExternal, portVXLANAzureVFP:
		return true
	}
	return false
}

// openVXLAN reads RFC 7348, section 5, with the flags and fields of the group policy and generic protocol extensions:
//
//	 0                   1                   2                   3
//	|G|R|V V|I|P|B|O|R|D|R|R|A|R|R|R|   group policy | next protocol |
//	|          VXLAN Network Identifier             |   Reserved    |
//
// On a port that is not usual the frame within must be one of IP and fill the datagram to its end. False: it is no VXLAN.
func openVXLAN(port uint16, b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 8 || b[0]&^0x84 != 0x08 || b[7] != 0 {
		return 0, false
	}
	const group, protocol = 0x80, 0x04
	switch {
	case b[0]&group != 0 && b[1]&^0x48 != 0, b[0]&group == 0 && b[1] != 0,
		b[0]&(group|protocol) == 0 && be16(b[2:]) != 0, b[0]&protocol != 0 && (b[2] != 0 || b[0]&group != 0):
		return 0, false
	}
	vni := uint64(be32(b[4:]) >> 8)
	next := uint8(3)
	if b[0]&protocol != 0 {
		next = b[3]
	}
	b, length = b[8:], length-8
	if !vxlanPort(port) && (next != 3 || !fillsEthernet(b, length)) {
		return 0, false
	}
	switch {
	case (next == 1 || next == 2) && ipFits(b, length):
		return openIP(VXLAN, global, vni, b, length, s), true
	case next == 3 && etherFits(b, length):
		return openEthernet(VXLAN, global, vni, b, length, s), true
	case next == 4 && len(b) >= 8:
		return openEtherType(VXLAN, global, vni, etherNSH, b, length, s), true
	case next == 5 && len(b) >= 4:
		return openEtherType(VXLAN, global, vni, etherMPLS, b, length, s), true
	}
	return 0, false
}

// fillsEthernet says that data is an Ethernet frame without tags that holds one IP datagram and nothing more.
func fillsEthernet(b []byte, length uint32) bool {
	if len(b) < 14+20 || !etherFits(b, length) {
		return false
	}
	ip, left := b[14:], length-14
	switch be16(b[12:]) {
	case etherIPv4:
		return uint32(be16(ip[2:])) == left
	case etherIPv6:
		return uint32(be16(ip[4:]))+40 == left
	}
	return false
}
