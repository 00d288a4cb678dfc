package container

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// maxDictionary bounds the dictionary of LZMA, which is memory that the packer asks of the unpacker: 7-Zip's strongest level asks for that much, xz for a
// quarter. That of RAR is not to be had bit by bit, and the library holds two while one file follows another; WinRAR asks for a quarter of the bound
// unless told otherwise.
const (
	maxDictionary    = 256 << 20
	maxRARDictionary = 128 << 20
)

// dictionaryError says that an archive asks for more memory than that; size is 0 where it is not known how much (RAR).
type dictionaryError struct{ size int64 }

func (e *dictionaryError) Error() string {
	if e.size == 0 {
		return fmt.Sprintf("to unpack it takes more than %s of memory: unpack it and pass the result", byteCount(maxRARDictionary))
	}
	return fmt.Sprintf("to unpack it takes %s of memory, and %s are granted: unpack it and pass the result", byteCount(e.size), byteCount(maxDictionary))
}

// lzma2Dictionary is the size of an LZMA2 dictionary, bytes. property is the only one of LZMA2; expanded is the number of bytes that the data
// expands to, or -1 if that is not known: no more dictionary is needed.
func lzma2Dictionary(property byte, expanded int64) (int, error) {
	if property > 40 {
		return 0, errors.New("its dictionary has no valid size")
	}
	size := int64(2|property&1) << (property/2 + 11)
	if expanded >= 0 {
		size = min(size, expanded)
	}
	if size > maxDictionary {
		return 0, &dictionaryError{size}
	}
	return int(max(size, lzma.MinDictCap)), nil
}

// newLZMA2 reads LZMA2, and no byte behind it.
func newLZMA2(r io.Reader, dictionary int) (io.Reader, error) {
	var c *lzma2Chunks
	return newGrowing(r, dictionary, func() int { return c.unpacked }, func(r io.Reader, dictionary int) (io.Reader, error) {
		c = &lzma2Chunks{r: r}
		return lzma.Reader2Config{DictCap: dictionary}.NewReader2(c)
	})
}

// lzma2Chunks holds the chunks of LZMA2, as they are read, to the settings that it may have: the library takes those of LZMA, with tables of 6 MiB,
// for each chunk anew.
//
//	chunk:  00, the end
//	        01 or 02  size-1                                          | data
//	        control   size-1 unpacked  size-1  [settings: C0 and up]  | LZMA
//	        0         1                3       5
type lzma2Chunks struct {
	r        io.Reader
	head     []byte
	left     int // bytes of the chunk
	unpacked int // bytes that the chunk unpacks to
	isLZMA   bool
}

func (c *lzma2Chunks) Read(p []byte) (int, error) {
	// The library takes LZMA byte by byte, and what follows as a header once it has unpacked what it is to: also where the chunk has more.
	if c.left > 0 && len(p) > 1 && c.isLZMA {
		return 0, errors.New("a chunk of it is longer than what it unpacks to")
	}
	n, err := c.r.Read(p)
	for b := p[:n]; len(b) > 0; {
		if c.left > 0 {
			k := min(c.left, len(b))
			c.left -= k
			b = b[k:]
			continue
		}
		c.head = append(c.head, b[0])
		b = b[1:]
		switch h, be := c.head, binary.BigEndian; {
		case h[0] == 0:
			c.head = h[:0]
		case h[0] < 0x80 && len(h) == 3:
			c.left = int(be.Uint16(h[1:])) + 1
			c.unpacked, c.isLZMA, c.head = c.left, false, h[:0]
		case h[0] >= 0x80 && h[0] < 0xc0 && len(h) == 5, len(h) == 6:
			if len(h) == 6 && !tablesWithin(h[5], maxLZMA2Tables) {
				return 0, errTables
			}
			c.left = int(be.Uint16(h[3:])) + 1
			c.unpacked, c.isLZMA, c.head = int(h[0]&0x1f)<<16+int(be.Uint16(h[1:]))+1, true, h[:0]
		}
	}
	return n, err
}

// The tables for literals are 1.5 KiB times two to the power of lc and lp, which may be 8 and 4: the LZMA SDK's lzma-specification.txt.
const (
	maxLZMA2Tables = 4 // for lc and lp together: as LZMA2 is defined
	// maxLZMATables is what lc alone may be. lp is for data in units, which LZMA packs no better with a large lc.
	maxLZMATables = 8
)

var errTables = errors.New("it is packed with settings that LZMA is not used with: unpack it and pass the result")

// tablesWithin says that lc and lp together are at most most. property is (pb*5+lp)*9+lc.
func tablesWithin(property byte, most int) bool {
	return int(property%9)+int(property/9%5) <= most
}

// newLZMA reads LZMA, and perhaps bytes behind it. properties are its five, as 7z and zip keep them; expanded is as above.
//
//	lc, lp, pb  size of the dictionary
//	0           1                      5
func newLZMA(r io.Reader, properties []byte, expanded int64) (io.Reader, error) {
	if len(properties) != 5 {
		return nil, errors.New("LZMA without the size of its dictionary")
	}
	le := binary.LittleEndian
	size := int64(le.Uint32(properties[1:]))
	if expanded >= 0 {
		size = min(size, expanded)
	}
	if size > maxDictionary {
		return nil, &dictionaryError{size}
	}
	if !tablesWithin(properties[0], maxLZMATables) {
		return nil, errTables
	}
	// LZMA is unpacked until the dictionary is full.
	return newGrowing(r, int(size), func() int { return 0 }, func(r io.Reader, dictionary int) (io.Reader, error) {
		// The library takes the header of a .lzma file, in which all ones are an unknown size.
		head := le.AppendUint64(le.AppendUint32(properties[:1:1], uint32(dictionary)), uint64(expanded))
		return lzma.ReaderConfig{DictCap: maxDictionary}.NewReader(bufio.NewReaderSize(io.MultiReader(bytes.NewReader(head), r), 16<<10))
	})
}
