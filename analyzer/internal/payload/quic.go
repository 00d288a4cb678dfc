package payload

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"github.com/capforensics/capforensics/analyzer/flow"
)

const (
	// maxQUIC is how many connections are remembered at a time: the hello's name and a server's refusal are in the first round trips.
	maxQUIC = 256
	// maxOpened is how many Initials of one connection are decrypted: post-quantum hellos take two, and each is sent again a few times.
	maxOpened = 32
)

// QUIC reads the datagrams of QUIC connections; K names a flow. The zero value is ready.
type QUIC[K comparable] struct {
	open []*quicConn[K]
}

// quicConn is a connection whose client's first Initial was opened.
type quicConn[K comparable] struct {
	key            K
	version        uint32
	dcid           []byte // the client's first, or of a Retry
	client, server *initialKeys
	hello          stream
	opened         int
	named          bool
}

// IsQUIC says that a datagram begins with a long header of a version that is read, or with a version negotiation: all that [QUIC.Read]
// understands. Connections of other protocols rarely get beyond this.
func IsQUIC(b []byte) bool {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return false
	}
	switch binary.BigEndian.Uint32(b[1:]) {
	case quicV1, quicV2:
		return b[0]&0x40 != 0
	case 0:
		return len(b) >= 7+4 && b[5] <= maxConnectionID
	}
	return false
}

// Read reads a datagram of a flow, of which the capture may hold a part; size is what it had on the wire.
func (q *QUIC[K]) Read(key K, b []byte, size int) Said {
	var said Said
	b = b[:min(len(b), size)] // what is behind the datagram is not its
	for len(b) > 0 {
		h, rest, ok := readLongHeader(b, size)
		if !ok {
			break // a short header, padding behind the packets, or something else
		}
		switch {
		case h.version == 0:
			if len(h.dcid)+len(h.scid) == 0 || said.Talk != flow.NoTalk {
				return said // zeros
			}
			return Said{Talk: flow.QUICVersions, Answer: connectionID(h.scid)}
		case h.kind == longRetry:
			q.retried(key, &h)
			return Said{Talk: flow.QUICRetry, Answer: connectionID(h.scid)}
		case h.kind == longInitial:
			one := q.initial(key, &h)
			if said.Talk == flow.NoTalk || one.Talk == flow.QUICClose || len(one.Name) > 0 {
				said = one
			}
		case said.Talk == flow.NoTalk:
			said = Said{Talk: flow.QUICHandshake, Answer: connectionID(h.dcid)}
		}
		size -= len(b) - len(rest)
		b = rest
	}
	return said
}

// connectionID writes a connection ID as Wireshark shows it.
func connectionID(id []byte) []byte { return hex.AppendEncode(nil, id) }

func (q *QUIC[K]) find(key K) *quicConn[K] {
	for _, c := range q.open {
		if c.key == key {
			return c
		}
	}
	return nil
}

// retried forgets the keys of a connection: those after a Retry follow from the connection ID that it names (RFC 9001, section 5.2), to
// which the client's next Initial is sent.
func (q *QUIC[K]) retried(key K, h *longHeader) {
	q.open = slices.DeleteFunc(q.open, func(c *quicConn[K]) bool { return c.key == key && !bytes.Equal(c.dcid, h.scid) })
}

// initial reads an Initial, of either side.
func (q *QUIC[K]) initial(key K, h *longHeader) Said {
	said := Said{Talk: flow.QUICInitial, Answer: connectionID(h.dcid)}
	c := q.find(key)
	if c != nil && c.opened >= maxOpened {
		return said
	}
	if c != nil {
		c.opened++
		if c.server == nil {
			c.server, _ = keysOf(c.version, c.dcid, serverSide)
		}
		for _, k := range []*initialKeys{c.client, c.server} {
			if k == nil {
				continue
			}
			if frames, ok := k.open(h); ok {
				c.read(frames, k == c.client, &said)
				return said
			}
		}
	}
	if len(h.dcid) < leastClientID || len(h.packet) < h.length {
		return said
	}
	client, err := keysOf(h.version, h.dcid, clientSide)
	if err != nil {
		return said
	}
	frames, ok := client.open(h)
	if !ok {
		return said
	}
	if c != nil { // ports used again, or a Retry that the capture missed
		q.open = slices.DeleteFunc(q.open, func(o *quicConn[K]) bool { return o == c })
	} else if len(q.open) == maxQUIC {
		q.open = slices.Delete(q.open, 0, 1)
	}
	c = &quicConn[K]{key: key, version: h.version, dcid: bytes.Clone(h.dcid), client: client, opened: 1}
	q.open = append(q.open, c)
	c.read(frames, true, &said)
	return said
}

// The frames of Initials: RFC 9000, section 19.
const (
	framePadding = 0x00
	framePing    = 0x01
	frameACK     = 0x02
	frameACKECN  = 0x03
	frameCrypto  = 0x06
	frameClose   = 0x1c
)

// read goes through the frames of an Initial: CRYPTO frames of the client are parts of its hello, and CONNECTION_CLOSE ends the connection.
func (c *quicConn[K]) read(frames []byte, client bool, said *Said) {
	s := cryptobyte.String(frames)
	for !s.Empty() {
		typ, ok := readVarint(&s)
		if !ok {
			return
		}
		switch typ {
		case framePadding, framePing:
		case frameACK, frameACKECN:
			if !skipACK(&s, typ == frameACKECN) {
				return
			}
		case frameCrypto:
			offset, ok := readVarint(&s)
			length, ok2 := readVarint(&s)
			if !ok || !ok2 || length > uint64(len(s)) {
				return
			}
			if client && !c.named {
				c.hello.add(offset, s[:length])
			}
			s = s[length:]
		case frameClose:
			if code, ok := readVarint(&s); ok {
				said.Talk, said.Code = flow.QUICClose, uint16(min(code, 0xffff))
			}
			return
		default:
			return
		}
	}
	// The datagram that completes the hello is where Wireshark shows the name.
	if m := c.hello.prefix(); client && !c.named && len(m) >= 4 && m[0] == typeClientHello && len(m) >= 4+helloLength(m) {
		hello := readClientHello(m[:4+helloLength(m)], true)
		said.Name, said.Bits, c.named = hello.Name, hello.Bits, true
		c.hello = stream{} // the name is in what m holds
	}
}

// skipACK passes an ACK frame over: RFC 9000, section 19.3.
func skipACK(s *cryptobyte.String, ecn bool) bool {
	var ranges uint64
	for i := range 4 { // largest, delay, count of ranges, first range
		v, ok := readVarint(s)
		if !ok {
			return false
		}
		if i == 2 {
			ranges = v
		}
	}
	left := 2 * min(ranges, 1<<20)
	if ecn {
		left += 3
	}
	for range left {
		if _, ok := readVarint(s); !ok {
			return false
		}
	}
	return true
}
