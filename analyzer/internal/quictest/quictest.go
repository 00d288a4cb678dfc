// Package quictest builds Initial packets of QUIC for tests, independently of how package payload reads them.
package quictest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"net"
	"slices"
)

// Initial is an Initial packet of QUIC to be built.
type Initial struct {
	V2         bool
	Key        []byte // the connection ID that the keys follow from; nil: DCID
	DCID, SCID []byte
	Token      []byte
	Server     bool // it comes from the server
	Number     uint32
	Frames     []byte
	Size       int // of the packet, filled up with PADDING; 0: as long as it takes
}

// Bytes seals the packet: RFC 9001, section 5, and RFC 9369, section 3.
func (p *Initial) Bytes() []byte {
	const tag, digits = 16, 4
	salt, version, first, label := "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a", uint32(1), byte(0xc0), "quic "
	if p.V2 {
		salt, version, first, label = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9", 0x6b3343cf, 0xd0, "quicv2 "
	}
	h := binary.BigEndian.AppendUint32([]byte{first | digits - 1}, version)
	h = append(append(h, byte(len(p.DCID))), p.DCID...)
	h = append(append(h, byte(len(p.SCID))), p.SCID...)
	h = append(append(h, byte(len(p.Token))), p.Token...)
	frames := slices.Clone(p.Frames)
	if fill := p.Size - len(h) - 2 - digits - len(frames) - tag; fill > 0 {
		frames = append(frames, make([]byte, fill)...)
	}
	h = binary.BigEndian.AppendUint16(h, 0x4000|uint16(digits+len(frames)+tag))
	h = binary.BigEndian.AppendUint32(h, p.Number)

	key, side := p.Key, "client in"
	if key == nil {
		key = p.DCID
	}
	if p.Server {
		side = "server in"
	}
	secret := expand(must(hkdf.Extract(sha256.New, key, []byte(salt))), side, 32)
	nonce := expand(secret, label+"iv", 12)
	binary.BigEndian.PutUint32(nonce[8:], binary.BigEndian.Uint32(nonce[8:])^p.Number)
	aead := must(cipher.NewGCM(must(aes.NewCipher(expand(secret, label+"key", 16)))))
	b := aead.Seal(slices.Clone(h), nonce, frames, h)
	var mask [16]byte
	must(aes.NewCipher(expand(secret, label+"hp", 16))).Encrypt(mask[:], b[len(h):][:16])
	b[0] ^= mask[0] & 0x0f
	for i := range digits {
		b[len(h)-digits+i] ^= mask[1+i]
	}
	return b
}

func expand(secret []byte, label string, length int) []byte {
	info := string([]byte{0, byte(length), byte(6 + len(label))}) + "tls13 " + label + "\x00"
	return must(hkdf.Expand(sha256.New, secret, info, length))
}

// must is for what fails only by a mistake in this file.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Crypto is a CRYPTO frame (RFC 9000, section 19.6).
func Crypto(offset int, b []byte) []byte {
	f := binary.BigEndian.AppendUint16([]byte{6}, 0x4000|uint16(offset))
	return append(binary.BigEndian.AppendUint16(f, 0x4000|uint16(len(b))), b...)
}

// ClientHello gives the hello of the standard library's client for a server name, without its record header: with a post-quantum key share
// it takes more than a datagram.
func ClientHello(name string) []byte { return hello(&tls.Config{ServerName: name}) }

// ShortHello is ClientHello without it, and with zeros for all that is random: the same name gives the same bytes.
func ShortHello(name string) []byte {
	b := hello(&tls.Config{ServerName: name, CurvePreferences: []tls.CurveID{tls.X25519}})
	const random, session, keyShare = 6, 39, "\x00\x33\x00\x26\x00\x24\x00\x1d\x00\x20" // RFC 8446, sections 4.1.2 and 4.2.8
	clear(b[random:][:32])
	clear(b[session:][:b[session-1]])
	clear(b[bytes.Index(b, []byte(keyShare))+len(keyShare):][:32])
	return b
}

func hello(config *tls.Config) []byte {
	c, s := net.Pipe()
	go func() { _ = tls.Client(c, config).Handshake() }() // fails as nobody answers
	b := make([]byte, 1<<14)
	n := must(s.Read(b))
	s.Close()
	return b[5:n]
}
