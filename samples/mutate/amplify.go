package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Work that grows with the square of something is not noticed on a small ticket. One ticket in amplified has a lot of something.
const amplified = 250

// amplify makes many packets of few: connections by the thousand, or one that goes on and on.
func (c chance) amplify(t *trace) {
	if len(t.packets) == 0 {
		return
	}
	base := slices.Clone(t.packets)
	kind, at := c.IntN(6), c.IntN(len(base))
	if kind < 4 { // one packet, or two in turn
		base = base[at:min(len(base), at+1+c.IntN(2))]
	}
	for copies := 20_000 / len(base); copies > 0; copies-- {
		for _, p := range base {
			p.at += int64(copies) * 1e6
			b := slices.Clone(p.data)
			if p.data = b; len(b) >= 42 && binary.BigEndian.Uint16(b[12:]) == 0x0800 {
				step := func(off, size int) {
					f := field{off, size, binary.BigEndian}
					f.set(b, f.get(b)+uint64(copies))
				}
				switch kind {
				case 1:
					step(38, 4) // the sequence number
				case 2:
					step(18, 2) // the identification
				case 3, 4:
					step(34, 2) // the client's port, or the server's
				case 5:
					step(28, 2) // in the addresses
					step(32, 2)
				}
				repair(b, 14, 34, b[23])
			}
			t.packets = append(t.packets, p)
		}
	}
}

// many makes a large file of a text, or an archive of many members or many layers of what is in the files.
func (c chance) many(files []file) file {
	f := pick(c, files)
	switch c.IntN(6) {
	case 0:
		return file{f.name, bytes.Repeat(f.data, 1+1<<20/(1+len(f.data)))}
	case 1:
		lines := strings.SplitAfter(string(f.data), "\n")
		return file{f.name, []byte(strings.Repeat(pick(c, lines), 5000))}
	case 2:
		return file{f.name, bytes.ReplaceAll(bytes.Repeat(f.data, 1+1<<20/(1+len(f.data))), []byte("\n"), []byte(" "))}
	case 3:
		for range 40 {
			f = c.pack([]file{f})
		}
		return f
	case 4:
		return c.pack([]file{{"zeros.pcap", append(slices.Clone(f.data), make([]byte, 24<<20)...)}})
	}
	var all []file
	for i := range 12_000 {
		all = append(all, file{fmt.Sprintf("%d/%s", i, f.name[:min(len(f.name), 100)]), f.data[:min(len(f.data), 100)]})
	}
	return c.pack(all)
}
