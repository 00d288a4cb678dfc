package capture

import (
	"errors"
	"fmt"
)

// Block types of the pcapng specification (draft-ietf-opsawg-pcapng).
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockPacketOld  = 2
	blockSimple     = 3
	blockNames      = 4
	blockStatistics = 5
	blockEnhanced   = 6
	blockJournal    = 9 // systemd journal export
	blockSecrets    = 10
	blockCustom     = 0x0bad
	blockCustomNo   = 0x40000bad

	byteOrderMagic = 0x1a2b3c4d
)

// Bounds of a section.
const (
	maxInterfaces = 1 << 16
	maxBlock      = 16 << 20 // Wireshark's bound; blocks without packets are passed without being held
	maxOptions    = 64 << 10 // of a block without a packet, read at a time
)

var _ = registerFormat(format{names: []string{"pcapng"}, sniff: sniffNG, open: (*Reader).ngHeader})

func sniffNG(head []byte) string {
	if isNG(head) {
		return "pcapng"
	}
	return ""
}

// ngHeader leaves the section header, which may come again, to nextNG.
func (r *Reader) ngHeader([]byte) error {
	r.next = (*Reader).nextNG
	return nil
}

type ngState struct {
	big   bool
	first int // index in Info.Interfaces of the section's first interface
}

func (r *Reader) u16(b []byte) uint16 {
	if r.ng.big {
		return be16(b)
	}
	return le16(b)
}

func (r *Reader) u32(b []byte) uint32 {
	if r.ng.big {
		return be32(b)
	}
	return le32(b)
}

// nextNG reads blocks up to the next packet:
//
//	 0      4        8                  length-4   length
//	+------+--------+-----------------+----------+
//	| type | length | body, padded    | length   |
//	+------+--------+-----------------+----------+
func (r *Reader) nextNG() bool {
	for {
		if r.pend > 0 && !r.skip() {
			return false
		}
		b, err := r.src.Peek(12)
		if len(b) < 12 {
			if len(b) == 0 {
				return r.end(err)
			}
			return r.fail(errCut, true, err)
		}
		if be32(b) == blockSection { // a palindrome: its byte order is not known yet
			if !r.section(b) {
				return false
			}
			continue
		}
		if r.info.Sections == 0 {
			return r.fail(errors.New("the file does not begin with a section header"), false, nil)
		}
		typ, length := r.u32(b), r.u32(b[4:])
		if length < 12 || length > maxBlock {
			return r.fail(fmt.Errorf("pcapng block: length %d is impossible", length), false, nil)
		}
		switch typ {
		case blockEnhanced, blockPacketOld, blockSimple:
			if length > MaxRecord+maxOptions {
				return r.fail(fmt.Errorf("pcapng packet block: its %d bytes are more than the %d that are read of one", length, MaxRecord+maxOptions), false, nil)
			}
			body, ok := r.block(length)
			if !ok {
				return false
			}
			if r.packet(typ, body) {
				return true
			}
			continue
		}
		if !r.other(typ, length) {
			return false
		}
		switch typ {
		case blockJournal, blockCustom, blockCustomNo: // no packets, but frames to Wireshark: the numbers must agree
			r.rec = Record{Frame: r.rec.Frame + 1, Link: LinkNone}
			return true
		}
	}
}

// LinkNone stands for frames that are no packets: journal entries and custom blocks. No registry assigns it.
const LinkNone = 0xffff

// padded is what a block takes in the file. Lengths are multiples of four; some writers (samples of the ntar library) leave the
// padding out of both length fields and write it all the same, and Wireshark reads those as well.
func padded(length uint32) int { return int(length+3) &^ 3 }

// block makes a whole block current and gives its body.
func (r *Reader) block(length uint32) ([]byte, bool) {
	size := padded(length)
	b, err := r.src.Peek(size)
	if len(b) < size {
		return nil, r.fail(errCut, true, err)
	}
	if again := r.u32(b[size-4:]); again != length {
		return nil, r.fail(fmt.Errorf("pcapng block: its two lengths differ (%d and %d)", length, again), false, nil)
	}
	r.pend = size
	return b[8 : size-4], true
}

// other reads a block that holds no packet. Long ones are passed after their beginning.
func (r *Reader) other(typ, length uint32) bool {
	body, ok := []byte(nil), true
	if length <= MaxRecord {
		if body, ok = r.block(length); !ok {
			return false
		}
	} else {
		r.pend = padded(length)
	}
	switch typ {
	case blockInterface:
		return r.iface(body)
	case blockStatistics:
		r.statistics(body)
	case blockNames:
		r.names(body)
	case blockSecrets:
		r.info.Secrets++
	case blockCustom, blockCustomNo:
		r.info.Custom++
	case blockJournal:
	default:
		r.info.Unknown++
	}
	return true
}

// section reads a section header block: byte-order magic, version, section length, options.
func (r *Reader) section(b []byte) bool {
	switch {
	case be32(b[8:]) == byteOrderMagic:
		r.ng.big = true
	case le32(b[8:]) == byteOrderMagic:
		r.ng.big = false
	default:
		return r.fail(errors.New("pcapng section header: no byte-order magic"), false, nil)
	}
	length := r.u32(b[4:])
	if length < 28 || length > MaxRecord {
		return r.fail(fmt.Errorf("pcapng section header: length %d is impossible", length), false, nil)
	}
	body, ok := r.block(length)
	if !ok {
		return false
	}
	// Version 1.2 is to be read as 1.0.
	if major := r.u16(body[4:]); major != 1 {
		return r.fail(fmt.Errorf("pcapng section header: version %d is not known", major), false, nil)
	}
	r.info.Sections++
	r.info.BigEndian = r.ng.big
	r.ng.first = len(r.info.Interfaces)
	r.options(body[16:], func(code uint16, v []byte) {
		switch code {
		case 2:
			r.info.Hardware = text(v)
		case 3:
			r.info.OS = text(v)
		case 4:
			r.info.Application = text(v)
		}
	})
	return true
}

// iface reads an interface description block: link type, reserved, snap length, options.
func (r *Reader) iface(b []byte) bool {
	if len(b) < 8 {
		return r.fail(fmt.Errorf("pcapng interface block: %d bytes are too few", len(b)), false, nil)
	}
	if len(r.info.Interfaces) >= maxInterfaces {
		return r.fail(fmt.Errorf("pcapng interface block: more than %d interfaces", maxInterfaces), false, nil)
	}
	f := Interface{Link: r.u16(b), SnapLen: r.u32(b[4:]), Resolution: "10^-6 s", res: microseconds}
	offset := int64(0)
	r.options(b[8:], func(code uint16, v []byte) {
		switch {
		case code == 2:
			f.Name = text(v)
		case code == 3:
			f.Description = text(v)
		case code == 9 && len(v) == 1:
			f.res, f.Resolution = resolutionOf(v[0]), resolutionName(v[0])
		case code == 11 && len(v) > 0 && v[0] == 0:
			f.Filter = text(v[1:])
		case code == 14 && len(v) == 8:
			offset = int64(r.u64(v))
		}
	})
	f.res.offset = offset
	if r.info.SnapLen < f.SnapLen {
		r.info.SnapLen = f.SnapLen
	}
	r.info.Interfaces = append(r.info.Interfaces, f)
	return true
}

// u64 reads a 64-bit number in the section's byte order.
func (r *Reader) u64(b []byte) uint64 {
	if r.ng.big {
		return uint64(be32(b))<<32 | uint64(be32(b[4:]))
	}
	return uint64(le32(b[4:]))<<32 | uint64(le32(b))
}

// statistics reads an interface statistics block: interface, time, options with the counts of lost frames.
func (r *Reader) statistics(b []byte) {
	if len(b) < 12 {
		return
	}
	i := r.ng.first + int(r.u32(b)&0xffffff)
	if i >= len(r.info.Interfaces) {
		return
	}
	f := &r.info.Interfaces[i]
	drops := uint64(0)
	r.options(b[12:], func(code uint16, v []byte) {
		if (code == 5 || code == 7) && len(v) == 8 { // isb_ifdrop, isb_osdrop
			drops += r.u64(v)
		}
	})
	f.Drops = max(f.Drops, drops)
}

// names counts the records of a name resolution block.
func (r *Reader) names(b []byte) {
	for len(b) >= 4 {
		typ, n := r.u16(b), int(r.u16(b[2:]))
		if typ == 0 {
			return
		}
		r.info.Names++
		n = 4 + (n+3)&^3
		if n > len(b) {
			return
		}
		b = b[n:]
	}
}

// options calls visit with each option: code, length, value padded to four bytes.
func (r *Reader) options(b []byte, visit func(code uint16, v []byte)) {
	for len(b) >= 4 {
		code, n := r.u16(b), int(r.u16(b[2:]))
		if code == 0 {
			return
		}
		if n > len(b)-4 {
			r.info.BadOptions++
			return
		}
		if code == 1 {
			r.info.Comments++
		}
		visit(code, b[4:4+n])
		b = b[min(len(b), 4+(n+3)&^3):]
	}
	if len(b) > 0 {
		r.info.BadOptions++
	}
}

// packet reads one of the three packet blocks. A block that contradicts itself, or names an interface that was not described, is
// counted and passed; Wireshark ends the file there.
//
//	enhanced: interface 4, time 4+4, captured 4, original 4, data, options
//	old:      interface 2, drops 2, time 4+4, captured 4, original 4, data, options
//	simple:   original 4, data; no time, interface 0, captured up to its snap length
func (r *Reader) packet(typ uint32, b []byte) bool {
	header := 20
	if typ == blockSimple {
		header = 4
	}
	if len(b) < header {
		r.info.BadPackets++
		return false
	}
	c := Record{Frame: r.rec.Frame + 1}
	switch typ {
	case blockEnhanced:
		c.Interface = r.u32(b)
	case blockPacketOld:
		c.Interface = uint32(r.u16(b))
		if n := r.u16(b[2:]); n != 0xffff {
			c.Dropped = uint32(n)
		}
	}
	if uint64(c.Interface) >= uint64(len(r.info.Interfaces)-r.ng.first) {
		r.info.BadPackets++
		return false
	}
	f := &r.info.Interfaces[r.ng.first+int(c.Interface)]
	if typ == blockSimple {
		c.OrigLen = r.u32(b)
		c.CapLen = min(c.OrigLen, uint32(len(b)-4))
		if f.SnapLen > 0 {
			c.CapLen = min(c.CapLen, f.SnapLen)
		}
	} else {
		c.CapLen, c.OrigLen = r.u32(b[12:]), r.u32(b[16:])
		c.Time, c.HasTime = f.res.nanos(uint64(r.u32(b[4:]))<<32|uint64(r.u32(b[8:]))), true
	}
	if uint64(c.CapLen) > uint64(len(b)-header) {
		r.info.BadPackets++
		return false
	}
	c.Link, c.Data = f.Link, b[header:header+int(c.CapLen)]
	if rest := header + int(c.CapLen+3)&^3; typ == blockEnhanced && rest < len(b) {
		r.packetOptions(b[rest:], &c)
	}
	r.rec = c
	r.odd(&r.rec, f.SnapLen)
	return true
}

// packetOptions reads what an enhanced packet block adds: comments, and the frames lost before it.
func (r *Reader) packetOptions(b []byte, c *Record) {
	for len(b) >= 4 {
		code, n := r.u16(b), int(r.u16(b[2:]))
		if code == 0 {
			return
		}
		if n > len(b)-4 {
			r.info.BadOptions++
			return
		}
		switch {
		case code == 1:
			r.info.Comments++
		case code == 4 && n == 8:
			c.Dropped = uint32(min(r.u64(b[4:]), 1<<32-1))
		}
		b = b[min(len(b), 4+(n+3)&^3):]
	}
}
