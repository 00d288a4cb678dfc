package container

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// deflate64 reads Deflate64, in which Windows Explorer packs files of more than 2 GB: RFC 1951, but for a window of 64 KiB, distance codes 30 and
// 31, and length code 285, which has 16 more bits. No library reads it.
//
// The window is written ahead of the reader by at most half its size, so that distances of the other half can be followed.
type deflate64 struct {
	r    *bufio.Reader
	bits uint64 // read and not yet used, the next in the lowest
	n    uint   // of bits
	err  error

	window        [1 << 16]byte
	written, read int64 // bytes that went into the window and came out of it
	final         bool  // the block is the last
	in            blockKind
	stored        int // bytes left of a stored block
	length        int // bytes left of a match
	distance      int64

	literals, distances huffman
}

type blockKind int

const (
	between blockKind = iota
	storedBlock
	codedBlock
)

var errDeflate64 = errors.New("deflate64 data is damaged")

func newDeflate64(r *bufio.Reader) *deflate64 { return &deflate64{r: r} }

// Read gives what is in the window, and fills it when that is used up.
func (d *deflate64) Read(p []byte) (int, error) {
	if d.read == d.written {
		if d.err == nil {
			d.fill()
		}
		if d.read == d.written {
			return 0, d.err
		}
	}
	from := d.read % int64(len(d.window))
	n := copy(p, d.window[from:min(int64(len(d.window)), from+d.written-d.read)])
	d.read += int64(n)
	return n, nil
}

func (d *deflate64) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// need makes n bits ready, at most 56.
func (d *deflate64) need(n uint) bool {
	for d.n < n {
		b, err := d.r.ReadByte()
		if err != nil {
			d.fail(noEOF(err))
			return false
		}
		d.bits |= uint64(b) << d.n
		d.n += 8
	}
	return true
}

func (d *deflate64) take(n uint) int {
	if !d.need(n) {
		return 0
	}
	v := int(d.bits & (1<<n - 1))
	d.bits >>= n
	d.n -= n
	return v
}

func (d *deflate64) write(b byte) {
	d.window[d.written%int64(len(d.window))] = b
	d.written++
}

// fill writes up to half a window.
func (d *deflate64) fill() {
	limit := d.read + int64(len(d.window))/2
	for d.written < limit && d.err == nil {
		switch {
		case d.length > 0:
			for ; d.length > 0 && d.written < limit; d.length-- {
				d.write(d.window[(d.written-d.distance)%int64(len(d.window))])
			}
		case d.in == storedBlock:
			d.copyStored(limit)
		case d.in == codedBlock:
			d.decode(limit)
		case d.final:
			d.err = io.EOF
		default:
			d.header()
		}
	}
}

func (d *deflate64) copyStored(limit int64) {
	for ; d.stored > 0 && d.written < limit; d.stored-- {
		b := d.take(8)
		if d.err != nil {
			return
		}
		d.write(byte(b))
	}
	if d.stored == 0 {
		d.in = between
	}
}

// lengthExtra and distanceExtra are the bits that follow a code.
func lengthExtra(code int) (base int, extra uint) {
	switch {
	case code < 8:
		return 3 + code, 0
	case code < 28:
		extra = uint(code)/4 - 1
		return 3 + (4+code%4)<<extra, extra
	}
	return 3, 16
}

func distanceExtra(code int) (base int, extra uint) {
	if code < 4 {
		return 1 + code, 0
	}
	extra = uint(code)/2 - 1
	return 1 + (2+code%2)<<extra, extra
}

// decode writes literals until the block ends, or a match begins.
func (d *deflate64) decode(limit int64) {
	const endOfBlock, lengths = 256, 29
	for d.written < limit {
		symbol := d.symbol(&d.literals)
		switch {
		case d.err != nil:
			return
		case symbol < endOfBlock:
			d.write(byte(symbol))
			continue
		case symbol == endOfBlock:
			d.in = between
			return
		case symbol > endOfBlock+lengths:
			d.fail(errDeflate64)
			return
		}
		base, extra := lengthExtra(symbol - endOfBlock - 1)
		d.length = base + d.take(extra)
		base, extra = distanceExtra(d.symbol(&d.distances))
		d.distance = int64(base + d.take(extra))
		if d.err == nil && d.distance > d.written {
			d.fail(errDeflate64)
		}
		if d.err != nil {
			d.length = 0
		}
		return
	}
}

// header reads that of a block: RFC 1951, section 3.2.3.
func (d *deflate64) header() {
	d.final = d.take(1) == 1
	switch kind := d.take(2); {
	case d.err != nil:
	case kind == 0:
		d.take(d.n % 8)
		length, inverse := d.take(16), d.take(16)
		if d.err == nil && length != ^inverse&0xffff {
			d.fail(errDeflate64)
		}
		d.in, d.stored = storedBlock, length
	case kind == 1:
		var lens [288 + 32]uint8
		for i := range lens {
			switch {
			case i < 144, i >= 280 && i < 288:
				lens[i] = 8
			case i < 256:
				lens[i] = 9
			case i < 280:
				lens[i] = 7
			default:
				lens[i] = 5
			}
		}
		d.begin(lens[:288], lens[288:])
	case kind == 2:
		d.codes()
	default:
		d.fail(errDeflate64)
	}
}

func (d *deflate64) begin(literals, distances []uint8) {
	if !d.literals.init(literals) || !d.distances.init(distances) {
		d.fail(errDeflate64)
	}
	d.in = codedBlock
}

// codes reads the lengths of a block's codes: section 3.2.7.
func (d *deflate64) codes() {
	order := [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	literals, distances, own := 257+d.take(5), 1+d.take(5), 4+d.take(4)
	var lens [288 + 32]uint8
	for _, i := range order[:own] {
		lens[i] = uint8(d.take(3))
	}
	if d.err != nil || !d.literals.init(lens[:len(order)]) {
		d.fail(errDeflate64)
		return
	}
	lens = [len(lens)]uint8{}
	for i := 0; i < literals+distances; {
		var value uint8
		times := 1
		switch symbol := d.symbol(&d.literals); {
		case symbol < 16:
			value = uint8(symbol)
		case symbol == 16 && i > 0:
			value, times = lens[i-1], 3+d.take(2)
		case symbol == 17:
			times = 3 + d.take(3)
		case symbol == 18:
			times = 11 + d.take(7)
		default:
			d.fail(errDeflate64)
		}
		if d.err != nil || i+times > literals+distances {
			d.fail(errDeflate64)
			return
		}
		for ; times > 0; times-- {
			lens[i] = value
			i++
		}
	}
	d.begin(lens[:literals], lens[literals:literals+distances])
}

const tableBits = 10

// huffman decodes a canonical code. Codes of up to tableBits are found in the table, longer ones by the number of codes of each length.
type huffman struct {
	table   [1 << tableBits]uint16 // symbol<<4 | length; 0: a longer code
	count   [16]int
	symbols [288]uint16 // by code
}

// init makes the code of symbols that have lengths, up to 15; 0: no code. It is false if no such code is possible.
func (h *huffman) init(lens []uint8) bool {
	*h = huffman{}
	for _, n := range lens {
		if n > 0 {
			h.count[n]++
		}
	}
	var first, offset [16]int
	code, left := 0, 1
	for n := 1; n < 16; n++ {
		if left = left<<1 - h.count[n]; left < 0 {
			return false
		}
		code = (code + h.count[n-1]) << 1
		first[n] = code
		offset[n] = offset[n-1] + h.count[n-1]
	}
	for symbol, n := range lens {
		if n == 0 {
			continue
		}
		h.symbols[offset[n]] = uint16(symbol)
		offset[n]++
		if n <= tableBits {
			for i := int(bits.Reverse16(uint16(first[n])) >> (16 - n)); i < len(h.table); i += 1 << n {
				h.table[i] = uint16(symbol)<<4 | uint16(n)
			}
		}
		first[n]++
	}
	return true
}

// symbol reads one. The last code of the data may be shorter than what is looked at.
func (d *deflate64) symbol(h *huffman) int {
	for d.n < 15 {
		b, err := d.r.ReadByte()
		if err != nil {
			if err != io.EOF {
				d.fail(err)
			}
			break
		}
		d.bits |= uint64(b) << d.n
		d.n += 8
	}
	if e := h.table[d.bits&(1<<tableBits-1)]; e != 0 && uint(e&15) <= d.n {
		d.bits >>= e & 15
		d.n -= uint(e & 15)
		return int(e >> 4)
	}
	code, first, index := 0, 0, 0
	for n := uint(1); n < 16; n++ {
		if n > d.n {
			d.fail(io.ErrUnexpectedEOF)
			return 0
		}
		code |= int(d.bits>>(n-1)) & 1
		if code-h.count[n] < first {
			d.bits >>= n
			d.n -= n
			return int(h.symbols[index+code-first])
		}
		index += h.count[n]
		first = (first + h.count[n]) << 1
		code <<= 1
	}
	d.fail(fmt.Errorf("%w: no such code", errDeflate64))
	return 0
}
