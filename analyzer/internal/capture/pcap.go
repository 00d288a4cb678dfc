package capture

import (
	"encoding/binary"
	"slices"
)

// pcapKind is one of the forms of the classic format.
type pcapKind struct {
	name     string
	order    binary.ByteOrder
	nanos    bool
	modified bool // Kuznetzov's: eight bytes more in each record header
}

// pcapMagics are the first four bytes of the classic format, as they lie in the file.
var pcapMagics = map[[4]byte]pcapKind{
	{0xa1, 0xb2, 0xc3, 0xd4}: {"pcap", binary.BigEndian, false, false},
	{0xd4, 0xc3, 0xb2, 0xa1}: {"pcap", binary.LittleEndian, false, false},
	{0xa1, 0xb2, 0x3c, 0x4d}: {"pcap (nanoseconds)", binary.BigEndian, true, false},
	{0x4d, 0x3c, 0xb2, 0xa1}: {"pcap (nanoseconds)", binary.LittleEndian, true, false},
	{0xa1, 0xb2, 0xcd, 0x34}: {"pcap (modified)", binary.BigEndian, false, true},
	{0x34, 0xcd, 0xb2, 0xa1}: {"pcap (modified)", binary.LittleEndian, false, true},
}

var _ = registerFormat(format{names: pcapNames(), sniff: sniffPcap, open: (*Reader).pcapHeader})

func sniffPcap(head []byte) string {
	if len(head) < 4 {
		return ""
	}
	return pcapMagics[[4]byte(head[:4])].name
}

// pcapNames gives the forms, by magic number and record header.
func pcapNames() []string {
	var all []string
	for _, k := range pcapMagics {
		all = append(all, k.name)
	}
	for _, forms := range pcapForms {
		for _, f := range forms {
			all = append(all, f.name)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}

// pcapForms are the record headers that patched systems wrote: by their magic number all lie, and only the records tell. The first is what the
// number promises.
var pcapForms = map[bool][]struct {
	header int
	name   string
}{
	false: {{16, ""}, {24, "pcap (patched)"}, {20, "pcap (Nokia)"}}, // Red Hat 6.1, Check Point on IPSO
	true:  {{24, ""}, {28, "pcap (SuSE)"}, {16, "pcap (modified, plain records)"}},
}

type pcapState struct {
	big    bool
	unit   int64 // nanoseconds of a tick of the fraction
	header int   // bytes of a record header
	link   uint16
	swap   uint8 // lengths are the other way round; see pcapLengths
}

const (
	lengthsNormal uint8 = iota
	lengthsSwapped
	lengthsMaybeSwapped
)

// pcapHeader reads the file header:
//
//	 0        4       6       8          12         16         20        24
//	+--------+-------+-------+----------+----------+----------+---------+
//	| magic  | major | minor | reserved | reserved | snap len | link    |
//	+--------+-------+-------+----------+----------+----------+---------+
func (r *Reader) pcapHeader(b []byte) error {
	if len(b) < 24 {
		return &FormatError{"the file ends inside its header"}
	}
	kind := pcapMagics[[4]byte(b[:4])]
	o := kind.order
	p := &r.pcap
	p.big, p.unit, p.header = o == binary.BigEndian, 1000, 16
	if kind.nanos {
		p.unit = 1
	}
	if kind.modified {
		p.header = 24
	}
	// The upper bits tell the length of a frame check sequence.
	p.link = uint16(o.Uint32(b[20:]))
	// libpcap, sf-pcap.c: up to version 2.2 the two lengths were the other way round; in 2.3 and for version 543 either.
	switch major, minor := o.Uint16(b[4:]), o.Uint16(b[6:]); {
	case major == 2 && minor < 3:
		p.swap = lengthsSwapped
	case major == 2 && minor == 3, major == 543:
		p.swap = lengthsMaybeSwapped
	}
	r.info.BigEndian, r.info.SnapLen, r.info.Sections = p.big, o.Uint32(b[16:]), 1
	r.info.Interfaces = []Interface{{Link: p.link, SnapLen: r.info.SnapLen, Resolution: "10^-6 s"}}
	if kind.nanos {
		r.info.Interfaces[0].Resolution = "10^-9 s"
	}
	r.pend = 24
	r.next = (*Reader).nextPcap
	for i, form := range pcapForms[kind.modified] {
		if r.fits(form.header, i == 0) {
			if p.header = form.header; form.name != "" {
				r.info.Format = form.name
			}
			break
		}
	}
	return nil
}

// fits says that the records at the beginning of the file are where a record header of this length puts them. Of the promised length
// impossible lengths alone are held against it, as times and snap lengths are wrong in many a file; another one has to be right in all. Where the
// file ends before that is seen, the promise holds.
func (r *Reader) fits(header int, promised bool) bool {
	const file, records, usual = 24, 3, 0xffff
	at, get := file, le32
	if r.pcap.big {
		get = be32
	}
	for range records {
		b, _ := r.src.Peek(at + header)
		if len(b) == at && at > file {
			return true
		}
		if len(b) < at+16 {
			return promised
		}
		b = b[at:]
		sec, frac, incl, orig := get(b), get(b[4:]), get(b[8:]), get(b[12:])
		if r.pcap.swap != lengthsNormal {
			incl, orig = min(incl, orig), max(incl, orig)
		}
		if incl > MaxRecord || incl > orig && at > file {
			return false
		}
		if !promised && (incl > usual || incl > orig || orig > MaxRecord || frac >= uint32(1e9/r.pcap.unit) || sec == 0) {
			return false
		}
		if at += header + int(incl); at > MaxRecord {
			return promised
		}
	}
	return true
}

// nextPcap reads a record header and its data:
//
//	 0         4          8              12             16
//	+---------+----------+--------------+--------------+--------
//	| seconds | fraction | captured len | original len | data ...
//	+---------+----------+--------------+--------------+--------
func (r *Reader) nextPcap() bool {
	if r.pend > 0 && !r.skip() {
		return false
	}
	p := &r.pcap
	b, err := r.src.Peek(p.header)
	if len(b) < p.header {
		if len(b) == 0 {
			return r.end(err)
		}
		return r.fail(errCut, true, err)
	}
	var sec, frac, cap, orig uint32
	if p.big {
		sec, frac, cap, orig = be32(b), be32(b[4:]), be32(b[8:]), be32(b[12:])
	} else {
		sec, frac, cap, orig = le32(b), le32(b[4:]), le32(b[8:]), le32(b[12:])
	}
	if p.swap == lengthsSwapped || p.swap == lengthsMaybeSwapped && cap > orig {
		cap, orig = orig, cap
	}
	if cap > MaxRecord {
		return r.fail(errLength, false, nil)
	}
	n := p.header + int(cap)
	b, err = r.src.Peek(n)
	if len(b) < n {
		return r.fail(errCut, true, err)
	}
	r.pend = n
	c := &r.rec
	c.Frame++
	c.Time, c.HasTime = int64(sec)*1e9+int64(frac)*p.unit, true
	c.Link, c.CapLen, c.OrigLen, c.Data = p.link, cap, orig, b[p.header:]
	r.odd(c, r.info.SnapLen)
	return true
}

// odd counts lengths that contradict each other; the record is kept as it is.
func (r *Reader) odd(c *Record, snap uint32) {
	if c.CapLen > snap && snap > 0 {
		r.info.AboveSnapLen++
	}
	if c.CapLen > c.OrigLen {
		r.info.AboveOriginal++
	}
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
