package wire

import "strconv"

// EtherTypeName names the ethertypes that captures hold beside IP.
func EtherTypeName(t uint16) string {
	switch {
	case t == 0x0806:
		return "ARP"
	case t == 0x88cc:
		return "LLDP"
	case t == 0x888e:
		return "802.1X"
	case t == 0x8863:
		return "PPPoE discovery"
	case t == 0x9000:
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
		return "ESP"
	case 59:
		return "IPv6 without next header"
	case 89:
		return "OSPF"
	case 103:
		return "PIM"
	case 112:
		return "VRRP"
	case 132:
		return "SCTP"
	}
	return "IP protocol " + strconv.Itoa(int(p))
}

// LinkName names a link type as the registry of tcpdump.org does, without LINKTYPE_.
func LinkName(l uint16) string {
	switch l {
	case linkNull:
		return "NULL"
	case linkEthernet:
		return "ETHERNET"
	case linkRaw, linkRaw12, linkRaw14:
		return "RAW"
	case linkLoop:
		return "LOOP"
	case linkSLL:
		return "LINUX_SLL"
	case linkSLL2:
		return "LINUX_SLL2"
	case linkIPv4:
		return "IPV4"
	case linkIPv6:
		return "IPV6"
	case 6:
		return "IEEE802_5"
	case 9:
		return "PPP"
	case 10:
		return "FDDI"
	case 50:
		return "PPP_HDLC"
	case 51:
		return "PPP_ETHER"
	case 104:
		return "C_HDLC"
	case 105:
		return "IEEE802_11"
	case 107:
		return "FRELAY"
	case 117:
		return "PFLOG"
	case 127:
		return "IEEE802_11_RADIOTAP"
	case 189:
		return "USB_LINUX"
	case 192:
		return "PPI"
	case 220:
		return "USB_LINUX_MMAPPED"
	case 239:
		return "NFLOG"
	case 249:
		return "USBPCAP"
	case 253:
		return "NETLINK"
	case 0xffff:
		return "no packet (journal entry or custom block)"
	}
	return "LINKTYPE " + strconv.Itoa(int(l))
}
