package analyzertest

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/capforensics/capforensics/analyzer/internal/quictest"
)

// quic builds a datagram of a QUIC connection, whose connection IDs are made of the client's port.
func (f *flowScript) quic(kind string, server bool) []byte {
	dcid, client, own := fmt.Appendf(nil, "%08d", f.client.Port()), fmt.Appendf(nil, "c%05d", f.client.Port()), fmt.Appendf(nil, "s%05d", f.client.Port())
	what, arg, _ := strings.Cut(kind, ":")
	p := quictest.Initial{DCID: dcid, SCID: client, Size: 1200}
	switch {
	case what == "handshake":
		to, from := client, own
		if !server {
			to, from = own, client
		}
		return append(fmt.Appendf([]byte{0xe0, 0, 0, 0, 1}, "\x06%s\x06%s\x40\x80", to, from), make([]byte, 128)...)
	case server:
		p.Key, p.DCID, p.SCID, p.Server, p.Frames = dcid, client, own, true, []byte{2, 0, 0, 0, 0}
		if code, err := strconv.ParseUint(arg, 0, 14); err == nil && what == "close" {
			p.Frames = append(binary.BigEndian.AppendUint16([]byte{0x1c}, 0x4000|uint16(code)), 6, 0)
		}
	default:
		p.Frames = quictest.Crypto(0, quictest.ShortHello(what))
	}
	return p.Bytes()
}
