package payload

import (
	"encoding/binary"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Ports of protocols over UDP in which every request has an answer, whatever it is: where none comes, something is wrong. Others (syslog,
// RTP, WireGuard, games) say nothing of whether an answer is due.
const (
	portNTP        = 123
	portIKE        = 500
	portIKENAT     = 4500
	portRADIUS     = 1812
	portAccounting = 1813
)

// readRequest reads a request or its answer, as far as it takes to tell one from the other and to match them.
func readRequest(b []byte, srcPort, dstPort uint16) Said {
	switch port := min(srcPort, dstPort); port {
	case portNTP:
		return readNTP(b)
	case portIKE:
		return readIKE(b)
	case portRADIUS, portAccounting:
		return readRADIUS(b)
	}
	if (srcPort == portIKENAT || dstPort == portIKENAT) && len(b) > 4 && binary.BigEndian.Uint32(b) == 0 {
		return readIKE(b[4:]) // RFC 3948, section 2.2: four zeros tell it from ESP
	}
	return Said{}
}

// readNTP reads RFC 5905, section 7.3. The answer's origin timestamp is the transmit timestamp of the request:
//
//	| leap, version, mode | ... 23 bytes | origin (8) | receive (8) | transmit (8) |
func readNTP(b []byte) Said {
	const origin, transmit, least = 24, 40, 48
	if len(b) < least {
		return Said{}
	}
	switch b[0] & 7 {
	case 3:
		return Said{Talk: flow.Request, Code: flow.ServiceNTP, ID: binary.BigEndian.Uint16(b[transmit+4:])}
	case 4:
		return Said{Talk: flow.Reply, Code: flow.ServiceNTP, ID: binary.BigEndian.Uint16(b[origin+4:])}
	}
	return Said{}
}

// readRADIUS reads RFC 2865, section 3: code, identifier, length.
func readRADIUS(b []byte) Said {
	const header = 20
	if len(b) < header || binary.BigEndian.Uint16(b[2:]) < header {
		return Said{}
	}
	s := Said{Code: flow.ServiceRADIUS, ID: uint16(b[1])}
	switch b[0] {
	case 1, 4: // Access-Request, Accounting-Request
		s.Talk = flow.Request
	case 2, 3, 5, 11: // Access-Accept, Access-Reject, Accounting-Response, Access-Challenge
		s.Talk = flow.Reply
	default:
		return Said{}
	}
	return s
}

// readIKE reads RFC 7296, section 3.1, as far as the first exchange, IKE_SA_INIT, is concerned: the later ones tell of tunnels that stood.
//
//	| initiator's SPI (8) | responder's SPI (8) | next payload | version | exchange | flags | message ID (4) | length (4) |
func readIKE(b []byte) Said {
	const header, version, exchange, flags, saInit, response = 28, 17, 18, 19, 34, 0x20
	if len(b) < header || b[version] != 0x20 || b[exchange] != saInit {
		return Said{}
	}
	s := Said{Talk: flow.Request, Code: flow.ServiceIKE, ID: binary.BigEndian.Uint16(b[6:])}
	if b[flags]&response != 0 {
		s.Talk = flow.Reply
	}
	return s
}
