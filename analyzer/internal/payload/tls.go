package payload

import (
	"golang.org/x/crypto/cryptobyte"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Numbers of RFC 8446, sections 4 and 5.1, RFC 6066, section 3, and RFC 9849, section 5.
const (
	recordAlert           = 21
	recordHandshake       = 22
	typeClientHello       = 1
	typeServerHello       = 2
	extensionServerName   = 0
	extensionClientHello  = 0xfe0d // encrypted_client_hello
	nameTypeHost          = 0
	recordHeader          = 5
	longestPlaintextAlert = 2
)

// readTLS reads a stream from the beginning of a record (RFC 8446, section 5.1):
//
//	| type (1) | version (2) | length (2) | fragment ... |
func readTLS(b []byte) Said {
	if len(b) < recordHeader+1 || b[1] != 3 {
		return Said{}
	}
	length := int(b[3])<<8 | int(b[4])
	switch {
	case b[0] == recordAlert && length == longestPlaintextAlert && len(b) >= recordHeader+2:
		return Said{Talk: flow.TLSAlert, Code: uint16(b[5])<<8 | uint16(b[6])}
	case b[0] == recordAlert && length < 256:
		return Said{Talk: flow.TLSAlert, Code: flow.SecretAlert}
	case b[0] == recordHandshake && b[5] == typeServerHello:
		return Said{Talk: flow.TLSServerHello, Code: uint16(length)}
	case b[0] == recordHandshake && b[5] == typeClientHello:
		hello, all := handshake(b)
		return readClientHello(hello, all)
	}
	return Said{}
}

// handshake gives the first handshake message of a stream of records without their headers, as far as it is there, and whether it is
// whole. Messages may be spread over records (RFC 8446, section 5.1).
func handshake(b []byte) (message []byte, whole bool) {
	s := cryptobyte.String(b)
	for !s.Empty() {
		var typ uint8
		var version, length uint16
		if !s.ReadUint8(&typ) || !s.ReadUint16(&version) || !s.ReadUint16(&length) || typ != recordHandshake {
			return message, false
		}
		part := s[:min(int(length), len(s))]
		if message == nil {
			message = part // of the usual single record: no copy
		} else {
			message = append(message[:len(message):len(message)], part...)
		}
		if len(message) >= 4 && len(message) >= 4+helloLength(message) {
			return message[:4+helloLength(message)], true
		}
		if len(part) < int(length) {
			return message, false
		}
		s = s[length:]
	}
	return message, false
}

// helloLength reads the three bytes of length of a handshake message.
func helloLength(m []byte) int { return int(m[1])<<16 | int(m[2])<<8 | int(m[3]) }

// readClientHello reads a ClientHello as far as it is there (RFC 8446, section 4.1.2): whole says that all of it is.
func readClientHello(m []byte, whole bool) Said {
	s := Said{Talk: flow.TLSClientHello, More: !whole}
	if len(m) < 4 {
		return s
	}
	s.Code = uint16(min(helloLength(m), 0xffff))
	c := cryptobyte.String(m[4:])
	var session, suites, compression cryptobyte.String
	if !c.Skip(2+32) || !c.ReadUint8LengthPrefixed(&session) || !c.ReadUint16LengthPrefixed(&suites) || !c.ReadUint8LengthPrefixed(&compression) || !c.Skip(2) {
		return s
	}
	for {
		var typ uint16
		var body cryptobyte.String
		if !c.ReadUint16(&typ) || !c.ReadUint16LengthPrefixed(&body) {
			return s
		}
		switch typ {
		case extensionServerName:
			var list, name cryptobyte.String
			var kind uint8
			if body.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&kind) && kind == nameTypeHost && list.ReadUint16LengthPrefixed(&name) {
				s.Name, s.More = name, false
			}
		case extensionClientHello:
			s.Bits |= flow.EncryptedHello
		}
	}
}
