// Package payload reads what payloads say of themselves: the name that a client asks for (TLS, HTTP, DNS), the banner of SSH, and what is
// answered. It takes the first message of a payload only and never fails: what it does not understand says nothing.
package payload

import (
	"bytes"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Said is what a payload says. Its texts are raw bytes of the capture, valid as long as the payload and until the next call.
type Said struct {
	Talk         flow.Talk
	Bits         flow.MessageBits
	Code, ID     uint16 // see flow.Talk
	Name, Answer []byte
	More         bool // the message goes on in the next segment, and its name may be there
}

// portDNS is where DNS is spoken, over UDP and TCP (RFC 1035, section 4.2).
const portDNS = 53

// TCP reads the payload of a segment.
func TCP(b []byte, srcPort, dstPort uint16) Said {
	if srcPort == portDNS || dstPort == portDNS {
		return dnsOverTCP(b)
	}
	if len(b) < 6 {
		return Said{}
	}
	switch b[0] {
	case recordHandshake, recordAlert:
		return readTLS(b)
	case 'H':
		if bytes.HasPrefix(b, []byte("HTTP/1.")) {
			return readHTTPResponse(b)
		}
		fallthrough
	case 'G', 'P', 'D', 'O', 'C':
		if isHTTPRequest(b) {
			return readHTTPRequest(b)
		}
	case 'S':
		if bytes.HasPrefix(b, []byte("SSH-")) {
			return Said{Talk: flow.SSHBanner, Name: firstLine(b[:min(len(b), maxBanner)])}
		}
	}
	return Said{}
}

// maxBanner is how long an SSH identification may be: RFC 4253, section 4.2.
const maxBanner = 255

// UDP reads the payload of a datagram, except of QUIC, which takes more than one: see [QUIC]. cut says that the capture holds only its beginning.
func UDP(b []byte, cut bool, srcPort, dstPort uint16) Said {
	if srcPort == portDNS || dstPort == portDNS {
		return readDNS(b, cut)
	}
	return readRequest(b, srcPort, dstPort)
}

func firstLine(b []byte) []byte {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		return b[:i]
	}
	return b
}
