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

// maxDictionary bounds the dictionary of LZMA and the window of RAR, which are memory that the packer asks of the unpacker: 7-Zip's
// strongest level asks for that much, xz for a quarter.
const maxDictionary = 256 << 20

// dictionaryError says that an archive asks for more memory than that.
type dictionaryError struct{ size int64 }

func (e *dictionaryError) Error() string {
	if e.size == 0 {
		return fmt.Sprintf("to unpack it takes more than %s of memory: unpack it and pass the result", byteCount(maxDictionary))
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
	return lzma.Reader2Config{DictCap: dictionary}.NewReader2(r)
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
	// The library takes the header of a .lzma file, in which all ones are an unknown size.
	head := le.AppendUint64(le.AppendUint32(properties[:1:1], uint32(size)), uint64(expanded))
	return lzma.ReaderConfig{DictCap: maxDictionary}.NewReader(bufio.NewReaderSize(io.MultiReader(bytes.NewReader(head), r), 16<<10))
}
