package capture

var _ = registerFormat(format{names: []string{"ERF"}, sniff: sniffERF, open: (*Reader).erfHeader, guessed: true})

// linkERF is LINKTYPE_ERF: a frame is the record with its header, which wire reads.
const linkERF = 197

// erfTypes are the record types of Endace that are in use, without the bit that announces extension headers.
const (
	erfFirstType = 1
	erfLastType  = 33
	erfPad       = 48
)

// erfSure is how many records have to look like it: nothing at the beginning of a file says that it is one.
const erfSure = 3

// sniffERF believes that a file is one of Endace's if the records that begin it follow each other by their lengths, in order of time within a
// minute each, and have types and flags in use.
func sniffERF(head []byte) string {
	last, n := uint64(0), 0
	for ; len(head) >= 16; n++ {
		time, typ, length := le64(head), head[8]&0x7f, int(be16(head[10:]))
		if length < 16 || (typ < erfFirstType || typ > erfLastType) && typ != erfPad || head[9]&0xc0 != 0 {
			return ""
		}
		if typ != erfPad {
			// Before 2000 and after 2100, and minutes away from the record before, no capture goes on.
			if s := time >> 32; s < 946684800 || s > 4102444800 || last != 0 && (s+60 < last>>32 || s > last>>32+600) {
				return ""
			}
			if wire := be16(head[14:]); typ == 2 && (wire < 14 || length < 18) {
				return ""
			}
			last = time
		}
		if length > len(head) {
			n++
			break
		}
		head = head[length:]
	}
	if n < erfSure && (n == 0 || len(head) > 0) { // a short file may have few, and then ends with the last of them
		return ""
	}
	if last == 0 {
		return ""
	}
	return "ERF"
}

// erfHeader has nothing to read: such a file is records and nothing else.
func (r *Reader) erfHeader([]byte) error {
	r.next = (*Reader).nextERF
	r.info.BigEndian, r.info.Sections = true, 1
	r.info.Interfaces = []Interface{{Link: linkERF, Resolution: "2^-32 s"}}
	return nil
}

// nextERF reads a record:
//
//	 0                  8      9       10              12              14
//	+------------------+------+-------+---------------+---------------+-------------+-----
//	| time, 2^-32 s    | type | flags | record length | lost, or more | wire length | ...
//	+------------------+------+-------+---------------+---------------+-------------+-----
//
// The time is little endian, and all else big endian.
func (r *Reader) nextERF() bool {
	const header = 16
	for {
		if r.pend > 0 && !r.skip() {
			return false
		}
		b, err := r.src.Peek(header)
		if len(b) < header {
			if len(b) == 0 {
				return r.end(err)
			}
			return r.fail(errCut, true, err)
		}
		n := int(be16(b[10:]))
		if n < header {
			return r.fail(errLength, false, nil)
		}
		b, err = r.src.Peek(n)
		if len(b) < n {
			return r.fail(errCut, true, err)
		}
		r.pend = n
		typ := b[8] & 0x7f
		if typ == erfPad {
			continue
		}
		c := &r.rec
		ticks := le64(b)
		*c = Record{Frame: c.Frame + 1, Time: int64(ticks>>32)*1e9 + int64(ticks&0xffffffff*1e9>>32), HasTime: true, Link: linkERF}
		c.OrigLen = uint32(erfHeaders(b)) + uint32(be16(b[14:]))
		c.Data = b[:min(n, int(c.OrigLen))] // what is beyond pads the record
		c.CapLen = uint32(len(c.Data))
		if lost := be16(b[12:]); lost > 0 && typ == 2 {
			c.Dropped = uint32(lost)
			r.info.Interfaces[0].Drops += uint64(lost)
		}
		return true
	}
}

// erfHeaders gives what stands before a record's frame: extension headers, each of which says whether another comes, and two bytes before Ethernet.
func erfHeaders(b []byte) int {
	n := 16
	for more := b[8]&0x80 != 0; more && n+8 <= len(b); n += 8 {
		more = b[n]&0x80 != 0
	}
	switch b[8] & 0x7f {
	case 2, 11, 16, 20:
		n += 2
	}
	return n
}
