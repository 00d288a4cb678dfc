package main

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// byteOrder is that of a file's numbers.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// writer writes a file and remembers where its numbers are.
type writer struct {
	b      []byte
	fields []field
	order  byteOrder
}

func (w *writer) put(size int, values ...uint64) {
	for _, v := range values {
		f := field{len(w.b), size, w.order}
		w.b = append(w.b, make([]byte, size)...)
		f.set(w.b, v)
		w.fields = append(w.fields, f)
	}
}

func (w *writer) raw(s string)    { w.b = append(w.b, s...) }
func (w *writer) align(n int)     { w.b = append(w.b, make([]byte, (n-len(w.b)%n)%n)...) }
func (w *writer) u8(v ...uint64)  { w.put(1, v...) }
func (w *writer) u16(v ...uint64) { w.put(2, v...) }
func (w *writer) u32(v ...uint64) { w.put(4, v...) }
func (w *writer) u64(v ...uint64) { w.put(8, v...) }

// encoding is a capture format.
type encoding struct {
	name  string
	write func(c chance, w *writer, t *trace)
}

func encoded(c chance, e encoding, t *trace) *writer {
	w := &writer{order: binary.LittleEndian}
	e.write(c, w, t)
	return w
}

// encodings are the formats that captures are written in. The first two hold the same and nothing that was chosen at random.
var encodings = []encoding{
	{"pcap", func(_ chance, w *writer, t *trace) { w.pcap(t, 0xa1b23c4d, 1e9, 16) }},
	{"pcapng", func(_ chance, w *writer, t *trace) { w.pcapng(chance{}, t) }},
	{"pcap of some kind", func(c chance, w *writer, t *trace) {
		w.order = pick(c, []byteOrder{binary.LittleEndian, binary.BigEndian})
		switch c.IntN(4) {
		case 0:
			w.pcap(t, 0xa1b2c3d4, 1e6, 16)
		case 1:
			w.pcap(t, 0xa1b2cd34, 1e6, 24)
		case 2:
			w.pcap(t, 0xa1b2c3d4, 1e6, pick(c, []int{20, 24}))
		default:
			w.pcap(t, 0xa1b23c4d, 1e9, 16)
		}
	}},
	{"pcapng of some kind", func(c chance, w *writer, t *trace) {
		w.order = pick(c, []byteOrder{binary.LittleEndian, binary.BigEndian})
		w.pcapng(c, t)
	}},
	{"snoop", func(_ chance, w *writer, t *trace) { w.snoop(t) }},
	{"Network Monitor", func(c chance, w *writer, t *trace) { w.netmon(t, 1+c.IntN(2), c.IntN(4)) }},
	{"ERF", func(c chance, w *writer, t *trace) { w.erf(t, c.IntN(3)) }},
	{"hex dump", func(_ chance, w *writer, t *trace) { w.hexDump(t) }},
}

func (w *writer) pcap(t *trace, magic, second uint64, record int) {
	w.u32(magic)
	w.u16(2, 4)
	w.u32(0, 0, 262144, uint64(t.link))
	for _, p := range t.packets {
		w.u32(uint64(p.at/1e9), uint64(p.at)%1e9*second/1e9, uint64(len(p.data)), uint64(p.length))
		w.raw(strings.Repeat("\x00", record-16))
		w.raw(string(p.data))
	}
}

// pcapng writes sections, interfaces, options and blocks of every kind that holds packets or tells of them. Without chance it writes one plain
// section of nanoseconds.
func (w *writer) pcapng(c chance, t *trace) {
	yes := func(n int) bool { return c.Rand != nil && c.in(n) }
	interfaces := 0
	begin := func() {
		w.block(0x0a0d0d0a, func() {
			w.u32(0x1a2b3c4d)
			w.u16(1, 0)
			w.u64(1<<64 - 1)
			if yes(2) {
				w.options(c)
			}
		})
		for interfaces = 0; interfaces == 0 || yes(3); interfaces++ {
			w.block(1, func() {
				w.u16(uint64(t.link), 0)
				w.u32(262144)
				w.option(9, "\x09")
				if yes(2) {
					w.option(14, "\x00\x00\x00\x00\x00\x00\x00\x01")
					w.options(c)
				} else {
					w.u32(0)
				}
			})
		}
	}
	begin()
	for _, p := range t.packets {
		switch {
		case yes(60):
			begin()
		case yes(20):
			w.block(pick(c, []uint64{4, 5, 10, 0x80000001, 0xbad, 8}), func() {
				w.u32(0, 1, 2)
				w.options(c)
			})
		}
		id := uint64(0)
		if yes(4) {
			id = uint64(c.IntN(interfaces))
		}
		switch time := uint64(p.at); {
		case yes(15):
			w.block(3, func() { w.u32(uint64(p.length)); w.raw(string(p.data)); w.align(4) })
		case yes(15):
			w.block(2, func() {
				w.u16(id, 7)
				w.u32(time>>32, time&(1<<32-1), uint64(len(p.data)), uint64(p.length))
				w.raw(string(p.data))
				w.align(4)
			})
		default:
			w.block(6, func() {
				w.u32(id, time>>32, time&(1<<32-1), uint64(len(p.data)), uint64(p.length))
				w.raw(string(p.data))
				w.align(4)
				if yes(4) {
					w.options(c)
				}
			})
		}
	}
}

func (w *writer) block(kind uint64, body func()) {
	start := len(w.b)
	w.u32(kind, 0)
	length := w.fields[len(w.fields)-1]
	body()
	w.align(4)
	n := uint64(len(w.b) - start + 4)
	length.set(w.b, n)
	w.u32(n)
}

func (w *writer) option(code uint64, value string) {
	w.u16(code, uint64(len(value)))
	w.raw(value)
	w.align(4)
}

// options writes a few that any block may have, hostile comments among them.
func (w *writer) options(c chance) {
	for range c.IntN(4) {
		value := pick(c, hostileNames)
		w.option(uint64(c.IntN(16)), value[:min(len(value), 1<<16-1)])
	}
	if !c.in(4) {
		w.u32(0)
	}
}

func (w *writer) snoop(t *trace) {
	w.order = binary.BigEndian
	w.raw("snoop\x00\x00\x00")
	w.u32(2, 4)
	for _, p := range t.packets {
		n := uint64(len(p.data))
		w.u32(uint64(p.length), n, 24+(n+3)&^3, 0, uint64(p.at/1e9), uint64(p.at%1e9/1000))
		w.raw(string(p.data))
		w.align(4)
	}
}

// netmon writes a capture of Network Monitor: a header of 128 bytes, the frames, and a table of where they are.
func (w *writer) netmon(t *trace, major, minor int) {
	w.raw(map[int]string{1: "RTSS", 2: "GMBU"}[major])
	w.u8(uint64(minor), uint64(major))
	w.u16(1, 2026, 1, 4, 1, 0, 0, 0, 0)
	table := len(w.fields)
	w.u32(0, 0, 0, 0, 0, 0, 0, 0)
	w.raw(strings.Repeat("\x00", 128-len(w.b)))
	var entries []uint64
	for _, p := range t.packets {
		entries = append(entries, uint64(len(w.b)))
		ticks := uint64(p.at-t.packets[0].at) / 1000
		if major == 1 {
			w.u32(ticks)
			w.u16(uint64(p.length), uint64(len(p.data)))
		} else {
			w.u64(ticks)
			w.u32(uint64(p.length), uint64(len(p.data)))
		}
		w.raw(string(p.data))
		if major == 2 && minor >= 1 {
			w.u16(1)
		}
		if major == 2 && minor >= 2 {
			w.u32(0)
		}
		if major == 2 && minor >= 3 {
			w.u64(116444736000000000 + uint64(p.at)/100)
			w.u8(0)
		}
	}
	w.fields[table].set(w.b, uint64(len(w.b)))
	w.fields[table+1].set(w.b, uint64(4*len(entries)))
	w.u32(entries...)
}

// erf writes records of an Endace card, with so many extension headers.
func (w *writer) erf(t *trace, extensions int) {
	w.order = binary.BigEndian
	for _, p := range t.packets {
		kind, more := uint64(2), uint64(0)
		if extensions > 0 {
			kind, more = kind|0x80, 0x80
		}
		w.order = binary.LittleEndian
		w.u64(uint64(p.at/1e9)<<32 | uint64(p.at)%1e9<<32/1e9)
		w.order = binary.BigEndian
		w.u8(kind, 4)
		padding := (-len(p.data) - 2) & 7
		w.u16(uint64(16+8*extensions+2+len(p.data)+padding), 0, uint64(p.length))
		for i := range extensions {
			if i == extensions-1 {
				more = 0
			}
			w.u64(more << 56)
		}
		w.u16(0)
		w.raw(string(p.data) + strings.Repeat("\x00", padding))
	}
}

// hexDump writes what tcpdump -XX prints.
func (w *writer) hexDump(t *trace) {
	for _, p := range t.packets {
		w.raw(fmt.Sprintf("%d.%06d IP x > y: Flags [S]\n", p.at/1e9, uint64(p.at)%1e9/1000))
		for at := 0; at < len(p.data); at += 16 {
			line := p.data[at:min(len(p.data), at+16)]
			w.raw(fmt.Sprintf("\t0x%04x:  % x  ................\n", at, line))
		}
	}
}
