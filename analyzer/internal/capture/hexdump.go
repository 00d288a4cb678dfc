package capture

import (
	"bytes"
	"strconv"
	"time"
)

var _ = registerFormat(format{names: []string{"hex dump"}, sniff: sniffHex, open: (*Reader).hexHeader, guessed: true})

// maxLine bounds a line; what is longer is no line of a dump.
const maxLine = 4096

type hexState struct {
	frame []byte // of the packet at hand, reused
	time  int64
	timed bool
}

// sniffHex believes that text holds packets if a line is the first of a dump, with a whole Ethernet header at least: what tcpdump -x, -xx and -X and the
// sniffer of FortiGate print. Where offsets do not begin with 0x, as Wireshark writes them, and xxd and hexdump -C, the next line has to go on.
func sniffHex(head []byte) string {
	if bytes.IndexByte(head, 0) >= 0 {
		return ""
	}
	var row [maxRow]byte
	first := 0 // bytes on the line before, if it may be the first of a packet
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		head = rest
		offset, n := dumpLine(line, &row)
		if n >= 14 && offset == 0 && bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("0x")) || n > 0 && first > 0 && offset == first {
			return "hex dump"
		}
		first = 0
		if n >= 14 && offset == 0 {
			first = n
		}
	}
	return ""
}

// maxRow is the most bytes that a line shows.
const maxRow = 64

// dumpLine reads a line of a dump into row, and gives its offset and how many bytes it shows; none if it is no such line:
//
//	0x0010:  0028 0001 0000 4006 7ccd 7f00 0001 7f00  .(....@.|.......
//	0010   00 28 00 01 00 00 40 06 7c cd 7f 00 00 01 7f 00   .(....@.|.......
//	00000010  00 28 00 01 00 00 40 06  7c cd 7f 00 00 01 7f 00  |.(....@.|.......|
//
// The text at the right stands behind two spaces or a tab. FortiGate leaves the colon out; hexdump -C leaves a gap behind eight bytes.
func dumpLine(line []byte, row *[maxRow]byte) (offset, n int) {
	line = bytes.TrimLeft(line, " \t")
	if len(line) < 8 {
		return 0, 0
	}
	least := 4 // digits of an offset that nothing else marks as one
	if line[0] == '0' && line[1] == 'x' {
		line, least = line[2:], 0
	}
	digits := 0
	for ; len(line) > 0 && hexDigit(line[0]) >= 0; digits++ {
		if offset = offset<<4 | hexDigit(line[0]); offset > MaxRecord {
			return 0, 0
		}
		line = line[1:]
	}
	if len(line) > 0 && line[0] == ':' {
		line, least = line[1:], min(least, digits)
	} else if least > 0 && !bytes.HasPrefix(line, []byte("  ")) {
		return 0, 0 // a number and others
	}
	if digits < least {
		return 0, 0
	}
	gap := least > 0 && digits == 8
	if len(line) == 0 || line[0] != ' ' && line[0] != '\t' {
		return 0, 0
	}
	line = bytes.TrimLeft(line, " \t")
	for len(line) >= 2 && n < maxRow {
		high, low := hexDigit(line[0]), hexDigit(line[1])
		if high < 0 || low < 0 {
			break
		}
		row[n] = byte(high<<4 | low)
		n++
		line = line[2:]
		if len(line) > 0 && line[0] == ' ' {
			line = line[1:]
			if gap && n == 8 && len(line) > 0 && line[0] == ' ' {
				line = line[1:]
			}
			continue // another space ends the bytes
		}
		if len(line) > 0 && line[0] == '\t' {
			break
		}
	}
	return offset, n
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (r *Reader) hexHeader([]byte) error {
	r.next = (*Reader).nextHex
	r.info.Sections = 1
	r.info.Interfaces = []Interface{{Link: 1, Resolution: "10^-6 s"}}
	return nil
}

// nextHex gathers the lines of a packet. The line before it tells its time.
func (r *Reader) nextHex() bool {
	h := &r.hex
	h.frame = h.frame[:0]
	var row [maxRow]byte
	for {
		b, err := r.src.Peek(maxLine)
		if len(b) == 0 {
			if len(h.frame) > 0 {
				return r.hexRecord()
			}
			return r.end(err)
		}
		used := len(b)
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b, used = b[:i], i+1
		}
		offset, n := dumpLine(b, &row)
		switch {
		case n > 0 && offset == len(h.frame) && len(h.frame)+n <= MaxRecord:
			h.frame = append(h.frame, row[:n]...)
		case len(h.frame) > 0: // the line is not of this packet
			return r.hexRecord()
		case n > 0:
			r.info.BadPackets++
		default:
			r.hexClock(b)
		}
		if r.pend = used; !r.skip() {
			return false
		}
	}
}

// hexRecord makes the packet that was gathered current. Of what kind it is its first bytes tell: -x leaves the link layer out.
func (r *Reader) hexRecord() bool {
	h := &r.hex
	c := &r.rec
	*c = Record{Frame: c.Frame + 1, Time: h.time, HasTime: h.timed, Link: 1, CapLen: uint32(len(h.frame)), OrigLen: uint32(len(h.frame)), Data: h.frame}
	if version := h.frame[0] >> 4; (version == 4 && h.frame[0]&15 >= 5 || version == 6) && !ethernetLike(h.frame) {
		c.Link = 101
	}
	return true
}

// ethernetLike says that an ethertype of IP, and a datagram of that version, or a VLAN tag stand where an Ethernet frame has them.
func ethernetLike(b []byte) bool {
	if len(b) < 15 {
		return false
	}
	switch be16(b[12:]) {
	case 0x0800:
		return b[14]>>4 == 4
	case 0x86dd:
		return b[14]>>4 == 6
	}
	return be16(b[12:]) == 0x8100
}

// hexClock reads the time that a line begins with: date and time, a time of day, or seconds since the epoch or the start of the dump. Times of day go on
// past midnight.
func (r *Reader) hexClock(line []byte) {
	h := &r.hex
	fields := bytes.Fields(line[:min(len(line), 64)])
	if len(fields) < 2 {
		return
	}
	if len(fields[0]) == len("2006-01-02") && fields[0][4] == '-' {
		if t, err := time.Parse("2006-01-02 15:04:05.999999999", string(fields[0])+" "+string(fields[1])); err == nil {
			h.time, h.timed, r.info.LocalTime = t.UnixNano(), true, true
		}
		return
	}
	if t, err := time.Parse("15:04:05.999999999", string(fields[0])); err == nil {
		const day, noon = int64(24 * time.Hour), int64(12 * time.Hour)
		ns := int64(t.Sub(t.Truncate(24 * time.Hour)))
		if h.timed {
			ns += h.time / day * day
			if h.time-ns > noon {
				ns += day
			}
		}
		h.time, h.timed, r.info.LocalTime, r.info.NoDate = ns, true, true, true
		return
	}
	whole, fraction, ok := bytes.Cut(fields[0], []byte("."))
	if !ok || len(fraction) == 0 || len(fraction) > 9 || len(whole) > 10 {
		return
	}
	s, err := strconv.ParseUint(string(whole), 10, 34)
	f, err2 := strconv.ParseUint(string(fraction), 10, 32)
	if err != nil || err2 != nil || s > 1<<33 {
		return
	}
	for range 9 - len(fraction) {
		f *= 10
	}
	h.time, h.timed = int64(s)*1e9+int64(f), true
}
