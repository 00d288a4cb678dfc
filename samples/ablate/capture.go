package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

type kind int

const (
	otherFile kind = iota
	pcapFile
	pcapngFile
	gzipFile
)

// The first four bytes of a pcap file, read in its own byte order.
const (
	magicMicro = 0xa1b2c3d4
	magicNano  = 0xa1b23c4d
)

func kindOf(head []byte) kind {
	if len(head) < 4 {
		return otherFile
	}
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		if magic := order.Uint32(head); magic == magicMicro || magic == magicNano {
			return pcapFile
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x0a, 0x0d, 0x0d, 0x0a}):
		return pcapngFile
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipFile
	}
	return otherFile
}

// byteOrder is that of a capture's headers.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// maxLength bounds what one frame or block may claim to hold.
const maxLength = 1 << 26

var errLength = errors.New("a frame or block claims an impossible length")

// over says that a capture ends here, if only because the rest of it is missing: the copy then ends at the last whole frame.
func over(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// copyPcap copies a pcap file: a header of 24 bytes, then for each frame seconds, fraction, captured length and length, and its bytes.
func copyPcap(r io.Reader, w io.Writer, e *editor) error {
	head := make([]byte, 24)
	if _, err := io.ReadFull(r, head); err != nil {
		return fmt.Errorf("read pcap header: %w", err)
	}
	order := byteOrder(binary.LittleEndian)
	if magic := order.Uint32(head); magic != magicMicro && magic != magicNano {
		order = binary.BigEndian
	}
	second := uint64(1e6)
	if order.Uint32(head) == magicNano {
		second = 1e9
	}
	cutSnapLength(head[16:20], order, e.snap)
	if _, err := w.Write(head); err != nil {
		return err
	}
	record := make([]byte, 16)
	e.write = func(f *frame) error {
		order.PutUint32(record, uint32(f.ticks/f.second))
		order.PutUint32(record[4:], uint32(f.ticks%f.second))
		order.PutUint32(record[8:], uint32(len(f.data)))
		order.PutUint32(record[12:], f.length)
		if _, err := w.Write(record); err != nil {
			return err
		}
		_, err := w.Write(f.data)
		return err
	}
	for {
		if _, err := io.ReadFull(r, record); over(err) {
			return e.flush(len(e.late))
		} else if err != nil {
			return fmt.Errorf("read pcap record: %w", err)
		}
		n := order.Uint32(record[8:])
		if n > maxLength {
			return errLength
		}
		f := frame{ticks: uint64(order.Uint32(record))*second + uint64(order.Uint32(record[4:])), second: second,
			data: make([]byte, n), length: order.Uint32(record[12:])}
		if _, err := io.ReadFull(r, f.data); over(err) {
			return e.flush(len(e.late))
		} else if err != nil {
			return fmt.Errorf("read pcap frame: %w", err)
		}
		if err := e.frame(&f); err != nil {
			return err
		}
	}
}

// cutSnapLength lets a header say what the frames were cut to.
func cutSnapLength(field []byte, order byteOrder, snap uint) {
	if old := order.Uint32(field); snap > 0 && (old == 0 || uint64(old) > uint64(snap)) {
		order.PutUint32(field, uint32(snap))
	}
}

// Block types of pcapng that hold frames or what is needed to read them.
const (
	sectionHeader  = 0x0a0d0d0a
	interfaceBlock = 1
	packetBlock    = 2 // obsolete
	simpleBlock    = 3
	enhancedBlock  = 6
)

// copyPcapng copies a pcapng file: blocks of type, length, body and length again. Blocks without frames are copied as they are.
func copyPcapng(r io.Reader, w io.Writer, e *editor) error {
	order := byteOrder(binary.LittleEndian)
	var seconds []uint64 // ticks a second, by interface of the section
	block := func(kind uint32, parts ...[]byte) error {
		length := 12
		for _, p := range parts {
			length += len(p)
		}
		head := order.AppendUint32(order.AppendUint32(nil, kind), uint32(length))
		for _, p := range append(append([][]byte{head}, parts...), head[4:]) {
			if _, err := w.Write(p); err != nil {
				return err
			}
		}
		return nil
	}
	e.write = func(f *frame) error {
		padding := make([]byte, -len(f.data)&3)
		var fields []byte
		if f.kind != simpleBlock {
			fields = order.AppendUint32(order.AppendUint32(f.header, uint32(f.ticks>>32)), uint32(f.ticks))
			fields = order.AppendUint32(fields, uint32(len(f.data)))
		}
		return block(f.kind, order.AppendUint32(fields, f.length), f.data, padding, f.tail)
	}
	for {
		head := make([]byte, 12) // with the first word of the body: in a section header the byte order
		if _, err := io.ReadFull(r, head); over(err) {
			return e.flush(len(e.late))
		} else if err != nil {
			return fmt.Errorf("read pcapng block: %w", err)
		}
		if bytes.HasPrefix(head, []byte{0x0a, 0x0d, 0x0d, 0x0a}) {
			if err := e.flush(len(e.late)); err != nil { // interfaces are numbered anew
				return err
			}
			order, seconds = binary.LittleEndian, nil
			if order.Uint32(head[8:]) != 0x1a2b3c4d {
				order = binary.BigEndian
			}
		}
		length := order.Uint32(head[4:])
		if length < 12 || length > maxLength || length%4 != 0 {
			return errLength
		}
		rest := make([]byte, max(length, 16)-12) // the body without its first word, and the length again
		if length == 12 {
			rest = nil // an empty body: the word read is the length
		}
		if _, err := io.ReadFull(r, rest); over(err) && len(rest) > 0 {
			return e.flush(len(e.late))
		} else if err != nil {
			return fmt.Errorf("read pcapng block: %w", err)
		}
		whole := append(head, rest...)
		if err := e.block(order, whole, &seconds, w); err != nil {
			return err
		}
	}
}

// block changes a block that holds a frame, and copies any other.
func (e *editor) block(order byteOrder, whole []byte, seconds *[]uint64, w io.Writer) error {
	kind, body := order.Uint32(whole), whole[8:len(whole)-4]
	var f frame
	switch {
	case kind == interfaceBlock && len(body) >= 8:
		cutSnapLength(body[4:8], order, e.snap)
		*seconds = append(*seconds, resolution(order, body[8:]))
		_, err := w.Write(whole)
		return err
	case (kind == enhancedBlock || kind == packetBlock) && len(body) >= 20:
		id := order.Uint32(body)
		if kind == packetBlock {
			id = uint32(order.Uint16(body))
		}
		n := order.Uint32(body[12:])
		if uint64(id) >= uint64(len(*seconds)) || uint64(n) > uint64(len(body)-20) {
			return errLength
		}
		f = frame{ticks: uint64(order.Uint32(body[4:]))<<32 | uint64(order.Uint32(body[8:])), second: (*seconds)[id],
			header: body[:4:4], data: body[20 : 20+n], length: order.Uint32(body[16:]), tail: body[20+(n+3)&^3:]}
	case kind == simpleBlock && len(body) >= 4:
		f = frame{second: 1, length: order.Uint32(body)}
		f.data = body[4 : 4+min(uint64(f.length), uint64(len(body)-4))]
	default:
		_, err := w.Write(whole)
		return err
	}
	f.kind = kind
	return e.frame(&f)
}

// resolution reads the option if_tsresol (9): a power of ten, or with the high bit a power of two; microseconds without it.
func resolution(order byteOrder, options []byte) uint64 {
	for len(options) >= 4 {
		code, n := order.Uint16(options), int(order.Uint16(options[2:]))
		if code == 0 || len(options) < 4+n {
			break
		}
		if v := options[4:]; code == 9 && n == 1 {
			if v[0]&0x80 != 0 {
				return 1 << (v[0] & 63)
			}
			ticks := uint64(1)
			for range min(v[0], 19) {
				ticks *= 10
			}
			return ticks
		}
		options = options[min(len(options), 4+(n+3)&^3):]
	}
	return 1e6
}
