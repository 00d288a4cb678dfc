package wire

import "strconv"

// EtherTypeName names the ethertypes that captures hold beside IP.
func EtherTypeName(t uint16) string {
	switch {
	case t == etherARP:
		return "ARP"
	case t == etherLLDP:
		return "LLDP"
	case t == etherEAPOL:
		return "802.1X"
	case t == etherPPPoED:
		return "PPPoE discovery"
	case t == etherMACsec:
		return "MACsec (encrypted Ethernet)"
	case t == etherPPP:
		return "PPP protocols other than IP"
	case t == etherLoop:
		return "loopback test"
	case t < minEtherType:
		return "IEEE 802.2 LLC (spanning tree and others)"
	}
	return "ethertype 0x" + strconv.FormatUint(uint64(t), 16)
}

// ProtoName names the IP protocols that captures hold beside TCP, UDP and ICMP.
func ProtoName(p uint8) string {
	switch p {
	case 2:
		return "IGMP"
	case 50:
		return "ESP (IPsec, encrypted)"
	case 59:
		return "IPv6 without next header"
	case 89:
		return "OSPF"
	case 103:
		return "PIM"
	case 108:
		return "IPComp (compressed)"
	case 112:
		return "VRRP"
	case 132:
		return "SCTP"
	}
	return "IP protocol " + strconv.Itoa(int(p))
}

// LinkName names a link type as the registry of tcpdump.org does, without LINKTYPE_.
func LinkName(l uint16) string {
	if l < maxLinkType && linkTypes[l].decode != nil {
		return linkTypes[l].Name
	}
	switch l {
	case 189:
		return "USB_LINUX"
	case 220:
		return "USB_LINUX_MMAPPED"
	case 249:
		return "USBPCAP"
	case 253:
		return "NETLINK"
	case 0xfffe:
		return "link type that tcpdump.org has no number for"
	case 0xffff:
		return "no packet (journal entry or custom block)"
	}
	return "LINKTYPE " + strconv.Itoa(int(l))
}
