package container

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
)

const xzMagic = "\xfd7zXZ\x00"

// xz peels an xz off, as gzip does.
func (w *walker) xz(m *Member, r io.Reader, in input) error {
	return w.peel(m, r, in, "xz", func(r *bufio.Reader) (io.Reader, func(), error) {
		return newUnxz(r), func() {}, nil
	})
}

// unxz reads an xz: The .xz File Format 1.2.1.
//
//	stream:  FD 37 7A 58 5A 00  flags  CRC32 | block ... | index | CRC32  index size  flags  59 5A
//	         0                  6      8    12
//	block:   header size/4-1  flags  compressed  uncompressed  filters  padding  CRC32 | LZMA2 | padding | check
//	         0                1      2
//	index:   00  blocks  size of each, packed and unpacked  padding  CRC32
//
// Note: the LZMA library reads the format as well, but takes whatever memory a block asks for, up to 4 GiB, without a way to bound it.
type unxz struct {
	r       *countedBytes
	flags   [2]byte
	stream  bool // begun, and its index not yet read
	streams int

	block  io.Reader // nil between blocks
	check  hash.Hash // nil: the stream has none
	header int64     // bytes of the block's header
	start  int64     // of its data
	size   int64     // what came out of it
	wants  [2]int64  // its compressed and uncompressed size, as its header says; -1: it does not
	blocks uint64
	index  hash.Hash32 // of the sizes of all blocks, to compare with the index

	dictionaries, out int64 // bytes of all blocks
}

var crc64Table = crc64.MakeTable(crc64.ECMA)

func newUnxz(r *bufio.Reader) *unxz { return &unxz{r: &countedBytes{r: r}} }

// countedBytes counts what is read of a bufio.Reader.
type countedBytes struct {
	r *bufio.Reader
	n int64
}

func (c *countedBytes) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *countedBytes) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (x *unxz) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
		}
		n, err := x.block.Read(p)
		if x.check != nil {
			x.check.Write(p[:n])
		}
		x.size += int64(n)
		x.out += int64(n)
		if err == io.EOF {
			err = noEOF(x.endBlock())
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next begins the next block, of the next stream if need be; io.EOF and errTrailing say that there is none.
func (x *unxz) next() error {
	for {
		if !x.stream {
			if err := x.beginStream(); err != nil {
				return err
			}
		}
		n, err := x.r.ReadByte()
		if err != nil {
			return noEOF(err)
		}
		if n != 0 {
			return noEOF(x.beginBlock(n))
		}
		if err := x.endStream(); err != nil {
			return noEOF(err)
		}
	}
}

func (x *unxz) beginStream() error {
	head, err := x.r.r.Peek(12)
	for x.streams > 0 && len(head) >= 4 && bytes.Equal(head[:4], make([]byte, 4)) { // padding between streams
		x.r.r.Discard(4)
		head, err = x.r.r.Peek(12)
	}
	switch {
	case x.streams > 0 && len(head) == 0:
		return err // io.EOF at the end
	case x.streams > 0 && !bytes.HasPrefix(head, []byte(xzMagic)):
		return errTrailing
	case len(head) < 12:
		return noEOF(err)
	case crc32.ChecksumIEEE(head[6:8]) != binary.LittleEndian.Uint32(head[8:]):
		return errors.New("the checksum of its header is wrong")
	}
	copy(x.flags[:], head[6:8])
	switch x.flags {
	case [2]byte{}:
		x.check = nil
	case [2]byte{0, 1}:
		x.check = crc32.NewIEEE()
	case [2]byte{0, 4}:
		x.check = crc64.New(crc64Table)
	case [2]byte{0, 10}:
		x.check = sha256.New()
	default:
		return fmt.Errorf("its blocks have a check of a kind that is not known: %x", x.flags)
	}
	x.r.r.Discard(12)
	x.stream, x.blocks, x.index = true, 0, crc32.NewIEEE()
	x.streams++
	return nil
}

// beginBlock reads a block's header, whose first byte says how long it is.
func (x *unxz) beginBlock(length byte) error {
	h := make([]byte, 4*(int(length)+1))
	h[0] = length
	if _, err := io.ReadFull(x.r, h[1:]); err != nil {
		return err
	}
	end := len(h) - 4
	if crc32.ChecksumIEEE(h[:end]) != binary.LittleEndian.Uint32(h[end:]) {
		return errors.New("the checksum of a block's header is wrong")
	}
	fields := bytes.NewReader(h[2:end])
	for i := range x.wants {
		x.wants[i] = -1
		if h[1]&(0x40<<i) != 0 {
			n, err := xzNumber(fields)
			if err != nil {
				return err
			}
			x.wants[i] = int64(n)
		}
	}
	var filter [3]byte
	fields.Read(filter[:])
	if h[1]&0x3f != 0 || filter[0] != 0x21 || filter[1] != 1 {
		return errors.New("it is packed with a filter that is meant for programs, which is not read: unpack it and pass the result")
	}
	dictionary, err := lzma2Dictionary(filter[2], x.wants[1])
	if err != nil {
		return err
	}
	// Many small blocks would keep the program busy with getting memory, of which each takes some. Blocks of less than a KiB are of no use: their
	// headers and checks take up what is saved.
	x.dictionaries += int64(min(dictionary, firstDictionary))
	if x.dictionaries > 4*maxDictionary && x.dictionaries/64 > x.out {
		return errors.New("it has many blocks of less than a KiB: unpack it and pass the result")
	}
	x.header, x.start, x.size = int64(len(h)), x.r.n, 0
	if x.block, err = newLZMA2(x.r, dictionary); err != nil {
		return err
	}
	if x.check != nil {
		x.check.Reset()
	}
	return nil
}

func (x *unxz) endBlock() error {
	x.block = nil
	packed := x.r.n - x.start
	if x.wants[0] >= 0 && x.wants[0] != packed || x.wants[1] >= 0 && x.wants[1] != x.size {
		return errors.New("a block is not as long as its header says")
	}
	if err := x.padding(packed); err != nil {
		return err
	}
	unpadded := x.header + packed
	if x.check != nil {
		want := make([]byte, x.check.Size())
		if _, err := io.ReadFull(x.r, want); err != nil {
			return err
		}
		got := x.check.Sum(nil)
		if x.flags[1] != 10 { // the sums are little-endian, unlike those of package hash
			for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
				got[i], got[j] = got[j], got[i]
			}
		}
		if !bytes.Equal(got, want) {
			return errors.New("the checksum of a block is wrong")
		}
		unpadded += int64(len(want))
	}
	x.blocks++
	x.record(uint64(unpadded), uint64(x.size))
	return nil
}

func (x *unxz) record(unpadded, size uint64) {
	x.index.Write(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, unpadded), size))
}

// padding passes the zeros that fill n bytes up to a multiple of four.
func (x *unxz) padding(n int64) error {
	for ; n%4 != 0; n++ {
		b, err := x.r.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return errors.New("its padding is not empty")
		}
	}
	return nil
}

// endStream reads the index, behind its first byte, and what follows it.
func (x *unxz) endStream() error {
	wrong := errors.New("its index does not fit its blocks")
	start := x.r.n - 1
	sum := crc32.NewIEEE()
	sum.Write([]byte{0})
	read := &summedBytes{x.r, sum}
	if n, err := xzNumber(read); err != nil || n != x.blocks {
		return firstOf(err, wrong)
	}
	blocks := x.index.Sum32()
	x.index.Reset()
	for range x.blocks {
		unpadded, err := xzNumber(read)
		if err != nil {
			return err
		}
		size, err := xzNumber(read)
		if err != nil {
			return err
		}
		x.record(unpadded, size)
	}
	if x.index.Sum32() != blocks {
		return wrong
	}
	for n := x.r.n - start; n%4 != 0; n++ {
		if b, err := read.ReadByte(); err != nil || b != 0 {
			return firstOf(err, wrong)
		}
	}
	length := x.r.n - start + 4
	var tail [16]byte
	if _, err := io.ReadFull(x.r, tail[:]); err != nil {
		return err
	}
	le := binary.LittleEndian
	if sum.Sum32() != le.Uint32(tail[:]) || crc32.ChecksumIEEE(tail[8:14]) != le.Uint32(tail[4:]) || string(tail[14:]) != "YZ" ||
		!bytes.Equal(tail[12:14], x.flags[:]) || (int64(le.Uint32(tail[8:]))+1)*4 != length {
		return wrong
	}
	x.stream = false
	return nil
}

func firstOf(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// summedBytes adds what it reads to a checksum.
type summedBytes struct {
	io.ByteReader
	sum hash.Hash
}

func (s *summedBytes) ReadByte() (byte, error) {
	b, err := s.ByteReader.ReadByte()
	if err == nil {
		s.sum.Write([]byte{b})
	}
	return b, err
}

// xzNumber reads an integer of 63 bits, seven in a byte, the lowest first: section 1.2.
func xzNumber(r io.ByteReader) (uint64, error) {
	var n uint64
	for i := 0; i < 63; i += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b&0x7f) << i
		if b&0x80 == 0 {
			return n, nil
		}
	}
	return 0, errors.New("a number in it is too long")
}
