package payload

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// This file opens the Initial packets of QUIC. Their keys follow from a connection ID that is in clear (RFC 9001, section 5.2), so that
// anybody on the path can read them, and so can we. Everything later is encrypted with keys that no capture holds.

// The versions whose Initials are read: RFC 9000 and RFC 9369.
const (
	quicV1 = 0x00000001
	quicV2 = 0x6b3343cf
)

// The kinds of long header packets, as version 1 numbers them (RFC 9000, section 17.2).
const (
	longInitial = iota
	longEarly   // 0-RTT
	longHandshake
	longRetry
)

const (
	maxConnectionID   = 20 // RFC 9000, section 17.2
	leastClientID     = 8  // of a client's first Initial: RFC 9000, section 7.2
	leastClientPacket = 1200
	headerSample      = 16 // bytes of ciphertext that header protection takes: RFC 9001, section 5.4.2
)

var (
	saltV1 = []byte{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}
	saltV2 = []byte{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}
)

// longHeader is the part of a long header packet that is in clear (RFC 9000, section 17.2), and the packet's bytes:
//
//	| 1 1 kind . . . . | version (4) | length, DCID | length, SCID | Initial: length, token | length | packet number, payload |
type longHeader struct {
	version    uint32
	kind       int
	dcid, scid []byte
	number     int    // where the packet number begins
	packet     []byte // the whole of it, as far as it was captured
	length     int    // of it on the wire
}

// readLongHeader reads the first packet of a datagram, of which the capture may hold a part; size is what the datagram had on the wire. A
// version negotiation has version 0, and nothing after the connection IDs is read of it. The rest is what follows in the datagram.
func readLongHeader(b []byte, size int) (h longHeader, rest []byte, ok bool) {
	s := cryptobyte.String(b)
	var first uint8
	if !s.ReadUint8(&first) || first&0x80 == 0 || !s.ReadUint32(&h.version) {
		return h, nil, false
	}
	var dcid, scid cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&dcid) || !s.ReadUint8LengthPrefixed(&scid) || len(dcid) > maxConnectionID || len(scid) > maxConnectionID {
		return h, nil, false
	}
	h.dcid, h.scid = dcid, scid
	switch h.kind = int(first >> 4 & 3); {
	case h.version == 0: // the versions follow, of four bytes each, and one at least (RFC 8999, section 6)
		versions := size - (len(b) - len(s))
		return h, nil, versions >= 4 && versions%4 == 0
	case first&0x40 == 0:
		return h, nil, false
	case h.version == quicV2:
		h.kind = (h.kind + 3) % 4 // RFC 9369, section 3.2
	case h.version != quicV1:
		return h, nil, false
	}
	if h.kind == longRetry {
		h.packet = b
		return h, nil, true
	}
	if h.kind == longInitial {
		token, ok := readVarint(&s)
		if !ok || token > uint64(len(s)) {
			return h, nil, false
		}
		s = s[token:]
	}
	length, ok := readVarint(&s)
	h.number = len(b) - len(s)
	if !ok || length < 1+headerSample || length > uint64(size-h.number) { // four bytes before the sample, of which the number has at least one
		return h, nil, false
	}
	h.length = h.number + int(length)
	end := min(h.length, len(b))
	h.packet = b[:end]
	return h, b[end:], true
}

// readVarint reads the integers of RFC 9000, section 16.
func readVarint(s *cryptobyte.String) (uint64, bool) {
	if s.Empty() {
		return 0, false
	}
	var b []byte
	if !s.ReadBytes(&b, 1<<((*s)[0]>>6)) {
		return 0, false
	}
	v := uint64(b[0] & 0x3f)
	for _, c := range b[1:] {
		v = v<<8 | uint64(c)
	}
	return v, true
}

// initialKeys open the Initial packets of one side of a connection.
type initialKeys struct {
	aead   cipher.AEAD
	header cipher.Block
	iv     []byte
}

// clientSide and serverSide are the labels of RFC 9001, section 5.2.
const (
	clientSide = "client in"
	serverSide = "server in"
)

// keysOf derives the keys of one side from the connection ID that the client's first Initial is sent to: RFC 9001, section 5.2.
func keysOf(version uint32, dcid []byte, side string) (*initialKeys, error) {
	salt, prefix := saltV1, "quic"
	if version == quicV2 {
		salt, prefix = saltV2, "quicv2" // RFC 9369, section 3.3
	}
	initial, err := hkdf.Extract(sha256.New, dcid, salt)
	if err != nil {
		return nil, err
	}
	secret, err := expandLabel(initial, side, sha256.Size)
	if err != nil {
		return nil, err
	}
	k := &initialKeys{}
	var parts [3][]byte
	for i, p := range [3]struct {
		label  string
		length int
	}{{" key", 16}, {" iv", 12}, {" hp", 16}} {
		if parts[i], err = expandLabel(secret, prefix+p.label, p.length); err != nil {
			return nil, err
		}
	}
	k.iv = parts[1]
	block, err := aes.NewCipher(parts[0])
	if err != nil {
		return nil, err
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	k.header, err = aes.NewCipher(parts[2])
	return k, err
}

// expandLabel is HKDF-Expand-Label of RFC 8446, section 7.1, without a context.
func expandLabel(secret []byte, label string, length int) ([]byte, error) {
	info := binary.BigEndian.AppendUint16(nil, uint16(length))
	info = append(info, byte(len("tls13 ")+len(label)))
	info = append(append(info, "tls13 "...), label...)
	return hkdf.Expand(sha256.New, secret, string(append(info, 0)), length)
}

// open gives the frames of an Initial, into a slice of its own; false if the keys are not its. The packet numbers of Initials begin at 0 or
// little above, so that the bytes that are sent are the whole number (RFC 9000, section 12.3).
func (k *initialKeys) open(h *longHeader) ([]byte, bool) {
	if len(h.packet) < h.length || h.number+4+headerSample > len(h.packet) {
		return nil, false
	}
	var mask [aes.BlockSize]byte
	k.header.Encrypt(mask[:], h.packet[h.number+4:][:headerSample])
	first := h.packet[0] ^ mask[0]&0x0f
	digits := int(first&3) + 1
	header := append(make([]byte, 0, h.number+digits), h.packet[:h.number+digits]...)
	header[0] = first
	number := uint64(0)
	for i := range digits {
		header[h.number+i] ^= mask[1+i]
		number = number<<8 | uint64(header[h.number+i])
	}
	nonce := append([]byte(nil), k.iv...)
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(number >> (8 * i))
	}
	frames, err := k.aead.Open(nil, nonce, h.packet[h.number+digits:], header)
	return frames, err == nil
}
