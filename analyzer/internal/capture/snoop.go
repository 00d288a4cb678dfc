package capture

import (
	"bytes"
	"fmt"
)

var _ = registerFormat(format{names: []string{"snoop"}, sniff: sniffSnoop, open: (*Reader).snoopHeader})

// snoopLinks are the datalink types of RFC 1761, section 4, and of Solaris, by LINKTYPE_.
var snoopLinks = map[uint32]uint16{0: 1, 4: 1, 2: 6, 8: 10, 18: 123, 26: 242}

func sniffSnoop(head []byte) string {
	if bytes.HasPrefix(head, []byte("snoop\x00\x00\x00")) {
		return "snoop"
	}
	return ""
}

// snoopHeader reads the file header of RFC 1761, section 4: eight bytes of name, version 2, datalink type.
func (r *Reader) snoopHeader(b []byte) error {
	if len(b) < 16 {
		return &FormatError{"the file ends inside its header"}
	}
	if v := be32(b[8:]); v != 2 {
		return &FormatError{fmt.Sprintf("snoop captures of version %d are not read: convert it with \"editcap -F pcapng\"", v)}
	}
	link, ok := snoopLinks[be32(b[12:])]
	if !ok {
		link = LinkUnknown
	}
	r.next, r.pend = (*Reader).nextSnoop, 16
	r.info.BigEndian, r.info.Sections = true, 1
	r.info.Interfaces = []Interface{{Link: link, Resolution: "10^-6 s"}}
	return nil
}

// nextSnoop reads a packet record, RFC 1761, section 4:
//
//	 0              4              8               12      16        20             24
//	+--------------+--------------+---------------+-------+---------+--------------+---------------
//	| original len | included len | record length | drops | seconds | microseconds | data, padding
//	+--------------+--------------+---------------+-------+---------+--------------+---------------
//
// drops are all since the beginning.
func (r *Reader) nextSnoop() bool {
	const header, maxPad = 24, 4096
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
	orig, incl, length, drops := be32(b), be32(b[4:]), be32(b[8:]), be32(b[12:])
	time := int64(be32(b[16:]))*1e9 + int64(be32(b[20:]))*1000
	if incl > MaxRecord || length < header+incl || length > header+incl+maxPad {
		return r.fail(errLength, false, nil)
	}
	n := header + int(incl)
	b, err = r.src.Peek(n)
	if len(b) < n {
		return r.fail(errCut, true, err)
	}
	r.pend = int(length)
	f := &r.info.Interfaces[0]
	c := &r.rec
	*c = Record{Frame: c.Frame + 1, Time: time, HasTime: true, Link: f.Link, CapLen: incl, OrigLen: orig, Data: b[header:]}
	if uint64(drops) > f.Drops {
		c.Dropped = uint32(uint64(drops) - f.Drops)
		f.Drops = uint64(drops)
	}
	r.odd(c, 0)
	return true
}
