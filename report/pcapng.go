package report

import (
	"encoding/binary"
	"io"
	"math"
	"strings"
)

// ngWriter writes the blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian. A block is its type, its length, a body and the
// length again; options follow the body, each a code, a length and a value filled up to four bytes.
//
// Note: pcapgo.NgWriter knows no comments on packets, which are what an evidence capture is about.
type ngWriter struct {
	w   io.Writer
	buf []byte
	err error // the first
}

// Block types, and codes of options.
const (
	ngSection   = 0x0a0d0d0a
	ngInterface = 1
	ngPacket    = 6

	optComment   = 1
	optName      = 2 // of an interface
	optDescribed = 3
	optProgram   = 4 // of a section
	optUnit      = 9 // of an interface's times
)

func (n *ngWriter) begin(kind uint32) {
	n.buf = binary.LittleEndian.AppendUint32(n.buf[:0], kind)
	n.buf = append(n.buf, 0, 0, 0, 0) // the length; see end
}

func (n *ngWriter) fill() {
	for len(n.buf)%4 != 0 {
		n.buf = append(n.buf, 0)
	}
}

func (n *ngWriter) option(code uint16, value string) {
	if len(value) > math.MaxUint16 {
		value = strings.ToValidUTF8(value[:math.MaxUint16], "")
	}
	n.buf = binary.LittleEndian.AppendUint16(n.buf, code)
	n.buf = binary.LittleEndian.AppendUint16(n.buf, uint16(len(value)))
	n.buf = append(n.buf, value...)
	n.fill()
}

func (n *ngWriter) end() {
	length := uint32(len(n.buf)) + 8
	n.buf = append(n.buf, 0, 0, 0, 0) // the end of the options
	n.buf = binary.LittleEndian.AppendUint32(n.buf, length)
	binary.LittleEndian.PutUint32(n.buf[4:], length)
	if n.err == nil {
		_, n.err = n.w.Write(n.buf)
	}
}

// section writes the head of the file. The program comes first, so that a file is easily recognised.
func (n *ngWriter) section(program, comment string) {
	n.begin(ngSection)
	n.buf = binary.LittleEndian.AppendUint32(n.buf, 0x1a2b3c4d)
	n.buf = append(n.buf, 1, 0, 0, 0) // version 1.0
	n.buf = binary.LittleEndian.AppendUint64(n.buf, math.MaxUint64)
	n.option(optProgram, program)
	n.option(optComment, comment)
	n.end()
}

// iface describes where packets come from. Their times are nanoseconds.
func (n *ngWriter) iface(link uint16, name, description string) {
	n.begin(ngInterface)
	n.buf = binary.LittleEndian.AppendUint16(n.buf, link)
	n.buf = append(n.buf, 0, 0, 0, 0, 0, 0) // reserved; no snap length
	n.option(optName, name)
	n.option(optDescribed, description)
	n.option(optUnit, "\x09")
	n.end()
}

func (n *ngWriter) packet(iface int, time int64, data []byte, origLen uint32, comment string) {
	t := uint64(max(time, 0)) // the format knows none before 1970
	n.begin(ngPacket)
	for _, v := range []uint32{uint32(iface), uint32(t >> 32), uint32(t), uint32(len(data)), max(origLen, uint32(len(data)))} {
		n.buf = binary.LittleEndian.AppendUint32(n.buf, v)
	}
	n.buf = append(n.buf, data...)
	n.fill()
	n.option(optComment, comment)
	n.end()
}
