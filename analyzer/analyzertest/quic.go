package analyzertest

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/capforensics/capforensics/analyzer/internal/quictest"
)

// quic builds a datagram of a QUIC connection, whose client's first connection ID is its port.
func (f *flowScript) quic(kind string, server bool) []byte {
	dcid := fmt.Appendf(nil, "%08d", f.client.Port())
	what, arg, _ := strings.Cut(kind, ":")
	p := quictest.Initial{DCID: dcid, SCID: []byte("client"), Size: 1200}
	switch {
	case what == "handshake":
		return append([]byte("\xe0\x00\x00\x00\x01\x06client\x06server\x40\x80"), make([]byte, 128)...)
	case server:
		p.Key, p.DCID, p.SCID, p.Server, p.Frames = dcid, []byte("client"), []byte("server"), true, []byte{2, 0, 0, 0, 0}
		if code, err := strconv.ParseUint(arg, 0, 14); err == nil && what == "close" {
			p.Frames = append(binary.BigEndian.AppendUint16([]byte{0x1c}, 0x4000|uint16(code)), 6, 0)
		}
	default:
		p.Frames = quictest.Crypto(0, quictest.ShortHello(what))
	}
	return p.Bytes()
}
