package capture

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

var _ = registerFormat(format{names: []string{"Network Monitor 1", "Network Monitor 2"}, sniff: sniffNetMon, open: (*Reader).netmonHeader})

// Network types of Network Monitor beyond those of NDIS.
const (
	netmonWiFi     = 6
	netmonPcapBase = 0xe000 // behind it LINKTYPE_ numbers
	netmonEvent    = 0xffe0 // an event of Windows: a frame that is no packet
	netmonMetadata = 0xfffb // from here on records about the capture, which are no frames
)

// netmonLinks are the network types that the registry of link types has a number for. Network Monitor 3 gives 0 to Ethernet frames of a VPN.
var netmonLinks = map[uint16]uint16{0: 1, 1: 1, 2: 6, 3: 10, netmonWiFi: 105, 7: 101, 8: 101, 9: 101}

type netmonState struct {
	major, minor uint8
	link         uint16 // of the file
	start        int64
	frames, seen uint32 // by the frame table, and read
	sections     [][2]int64
}

func sniffNetMon(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("RTSS")):
		return "Network Monitor 1"
	case bytes.HasPrefix(head, []byte("GMBU")):
		return "Network Monitor 2"
	}
	return ""
}

// netmonHeader reads the file header:
//
//	 0       4       5       6         8                     24            28
//	+-------+-------+-------+---------+---------------------+-------------+--------------+-----
//	| magic | minor | major | network | start, a SYSTEMTIME | frame table | its length   | ...
//	+-------+-------+-------+---------+---------------------+-------------+--------------+-----
//
// behind which offsets and lengths of other sections stand. A SYSTEMTIME is year, month, day of the week, day, hour, minute, second and
// millisecond, of two bytes each. The frame table is at the end of the file as a rule, and frames stand one behind the other.
func (r *Reader) netmonHeader(b []byte) error {
	const header = 128
	if len(b) < header {
		return &FormatError{"the file ends inside its header"}
	}
	p := &r.netmon
	p.minor, p.major, p.link = b[4], b[5], le16(b[6:])
	if p.major != 1 && p.major != 2 {
		return &FormatError{fmt.Sprintf("Network Monitor captures of version %d.%d are not known", p.major, p.minor)}
	}
	at := func(i int) int { return int(le16(b[8+2*i:])) }
	p.start = time.Date(at(0), time.Month(at(1)), at(3), at(4), at(5), at(6), at(7)*1e6, time.UTC).UnixNano()
	p.frames = le32(b[28:]) / 4
	for i := 24; i <= 56; i += 8 {
		if offset, n := int64(le32(b[i:])), int64(le32(b[i+4:])); offset >= header && n > 0 {
			p.sections = append(p.sections, [2]int64{offset, n})
		}
	}
	slices.SortFunc(p.sections, func(x, y [2]int64) int { return int(x[0]>>1 - y[0]>>1) })
	r.next, r.pend = (*Reader).nextNetMon, header
	r.info.Sections, r.info.LocalTime = 1, !p.hasUTC()
	r.info.Interfaces = []Interface{{Link: netmonLink(p.link), Resolution: p.resolution()}}
	return nil
}

// hasUTC says that frames carry their time in UTC; the time of the file's header is local.
func (p *netmonState) hasUTC() bool { return p.major == 2 && p.minor >= 3 }

func (p *netmonState) resolution() string {
	switch {
	case p.major == 1:
		return "10^-3 s"
	case p.hasUTC():
		return "10^-7 s"
	}
	return "10^-6 s"
}

// trailer gives what stands behind a frame: its network from version 2.1 on, a process from 2.2, a FILETIME and a time zone from 2.3.
func (p *netmonState) trailer() int {
	switch {
	case p.major < 2 || p.minor == 0:
		return 0
	case p.minor == 1:
		return 2
	case p.minor == 2:
		return 6
	}
	return 15
}

func netmonLink(network uint16) uint16 {
	if network >= netmonPcapBase && network < netmonEvent {
		return network - netmonPcapBase
	}
	if network == netmonEvent {
		return LinkNone
	}
	if l, ok := netmonLinks[network]; ok {
		return l
	}
	return LinkUnknown
}

// section gives the length of the section, other than frames, that begins here.
func (p *netmonState) section(offset int64) int64 {
	for _, s := range p.sections {
		if s[0] == offset {
			return s[1]
		}
	}
	return 0
}

// nextNetMon reads a frame: time since the start of the capture in milliseconds (version 1: four bytes) or microseconds (version 2: eight), original and
// captured length (two bytes each, or four), data, trailer.
func (r *Reader) nextNetMon() bool {
	p := &r.netmon
	for {
		if r.pend > 0 && !r.skip() {
			return false
		}
		if p.seen == p.frames {
			return r.end(nil)
		}
		if n := p.section(r.offset); n > 0 {
			r.pend = int(n)
			continue
		}
		network, ok := r.netmonFrame()
		if !ok {
			return false
		}
		p.seen++
		if network < netmonMetadata {
			return true
		}
		r.info.Custom++
	}
}

// netmonFrame makes the frame at hand current, unless its network says that it is none.
func (r *Reader) netmonFrame() (network uint16, ok bool) {
	p := &r.netmon
	header := 8
	if p.major == 2 {
		header = 16
	}
	b, err := r.src.Peek(header)
	if len(b) < header {
		return 0, r.fail(errCut, true, err)
	}
	var c Record
	if p.major == 1 {
		c.Time, c.OrigLen, c.CapLen = addTicks(p.start, uint64(le32(b)), 1e6), uint32(le16(b[4:])), uint32(le16(b[6:]))
	} else {
		c.Time, c.OrigLen, c.CapLen = addTicks(p.start, le64(b), 1e3), le32(b[8:]), le32(b[12:])
	}
	if c.CapLen > MaxRecord-maxTrailer {
		return 0, r.fail(errLength, false, nil)
	}
	end := header + int(c.CapLen)
	n := end + p.trailer()
	b, err = r.src.Peek(n)
	if len(b) < n {
		return 0, r.fail(errCut, true, err)
	}
	r.pend = n
	network = p.link
	if n > end {
		network = le16(b[end:])
	}
	if p.hasUTC() {
		c.Time = filetime(le64(b[end+6:]))
	}
	if network >= netmonMetadata {
		return network, true
	}
	c.Frame, c.HasTime, c.Link, c.Data = r.rec.Frame+1, true, netmonLink(network), b[header:end]
	if network == netmonWiFi { // version, length of what the driver tells of the frame in two bytes
		if len(c.Data) < 3 || int(le16(c.Data[1:])) > len(c.Data) || int(le16(c.Data[1:])) < 3 {
			c.Link = LinkUnknown
		} else {
			told := uint32(le16(c.Data[1:]))
			c.Data, c.CapLen, c.OrigLen = c.Data[told:], c.CapLen-told, max(c.OrigLen, c.CapLen)-told
		}
	}
	r.rec = c
	r.odd(&r.rec, 0)
	return network, true
}

// maxTrailer is the longest of trailers and headers together.
const maxTrailer = 31
