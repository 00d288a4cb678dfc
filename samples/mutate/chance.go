package main

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
)

// chance is what one input is made with. The same numbers give the same input.
type chance struct{ *rand.Rand }

func newChance(seed, number uint64) chance { return chance{rand.New(rand.NewPCG(seed, number))} }

// in says yes once in n times.
func (c chance) in(n int) bool { return c.IntN(n) == 0 }

func pick[T any](c chance, all []T) T { return all[c.IntN(len(all))] }

// field is a number in a file whose meaning is known: a length, an offset, a type. It takes 1, 2, 4 or 8 bytes.
type field struct {
	at, size int
	order    binary.ByteOrder
}

func (f field) get(b []byte) uint64 {
	switch b = b[f.at:]; f.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(f.order.Uint16(b))
	case 4:
		return uint64(f.order.Uint32(b))
	}
	return f.order.Uint64(b)
}

func (f field) set(b []byte, v uint64) {
	switch b = b[f.at:]; f.size {
	case 1:
		b[0] = byte(v)
	case 2:
		f.order.PutUint16(b, uint16(v))
	case 4:
		f.order.PutUint32(b, uint32(v))
	default:
		f.order.PutUint64(b, v)
	}
}

// fields changes up to three fields of b: to limits of their width, to lengths that b has, to one beside what they are.
func (c chance) fields(b []byte, all []field) {
	all = slices.DeleteFunc(slices.Clone(all), func(f field) bool { return f.at < 0 || f.at+f.size > len(b) })
	if len(all) == 0 {
		return
	}
	for range 1 + c.IntN(3) {
		f := pick(c, all)
		f.set(b, c.number(f.get(b), uint64(len(b)), uint64(len(b)-f.at)))
	}
}

// number gives one that breaks a parser sooner than others.
func (c chance) number(old uint64, lengths ...uint64) uint64 {
	switch c.IntN(9) {
	case 0:
		return pick(c, []uint64{0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1<<63 - 1, 1 << 63, 1<<64 - 1})
	case 1:
		return old + uint64(1+c.IntN(8))
	case 2:
		return old - uint64(1+c.IntN(8))
	case 3:
		return old ^ 1<<c.IntN(64)
	case 4:
		return pick(c, append(lengths, old)) + uint64(c.IntN(9)) - 4
	case 5:
		return uint64(c.IntN(64))
	case 6:
		return old * uint64(2+c.IntN(3))
	case 7:
		return -old
	}
	return c.Uint64()
}

// bytes damages a file as if it had no structure: flips, cuts, insertions, repetitions and splices with another.
func (c chance) bytes(b, other []byte) []byte {
	for range 1 + c.IntN(4) {
		if len(b) == 0 {
			return slices.Clone(other)
		}
		at := c.IntN(len(b))
		end := min(len(b), at+1+c.IntN(64))
		switch c.IntN(7) {
		case 0:
			b[at] ^= 1 << c.IntN(8)
		case 1:
			b[at] = byte(c.number(uint64(b[at])))
		case 2:
			b = b[:at]
		case 3:
			b = slices.Delete(b, at, end)
		case 4:
			b = slices.Insert(b, at, slices.Clone(b[at:end])...)
		case 5:
			if len(other) > 0 {
				from := c.IntN(len(other))
				b = slices.Insert(b, at, other[from:min(len(other), from+1+c.IntN(256))]...)
			}
		case 6:
			if len(other) > 0 {
				b = append(slices.Clone(b[:at]), other[c.IntN(len(other)):]...)
			}
		}
	}
	return b
}

// hostileNames are names of files that mean something to what shows or stores them.
var hostileNames = []string{
	"\x1b[31mred\x1b[0m.pcap", "\x1b]0;title\x07", "\u009b2J.pcap", "a\r\nb.pcap", "a\x00b.pcap", "a\tb",
	"<script>alert(1)</script>.pcap", "<!--", "]]>", "\"><img src=x onerror=alert(1)>", "a'b\"c&amp;.pcap", "{{.}}", "%s%n%d%!x", "\\u{1b}[31m", ") Tj ET",
	"=cmd|' /C calc'!A0.pcap", "+1+1.pcap", "-rf.pcap", "@SUM(A1).pcap",
	"\u202egnp.pcap", "\u2066x\u2069.pcap", "a\u200bb", "a\u2028b", "\ufeffa", strings.Repeat("e\u0301\u0301\u0301\u0301", 20), "\ufdd0\U0010ffff",
	strings.Repeat("n", 64<<10-1), strings.Repeat("\u202e", 20<<10), strings.Repeat("d/", 500) + "x",
	"CON", "nul.pcap", "COM1.txt", "aux.", "a. ", "a:b", "../../../tmp/out.pcap", "/tmp/absolute.pcap", `C:\Windows\x.pcap`, `\\host\share\x`, "", ".", "..", "/", "a!/b",
	"\xff\xfe\xfd", "\xd7\xa5\xb0\xfc.pcap", "抓包.pcap", "client.capforensics.html", "truth.json",
}
