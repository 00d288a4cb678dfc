package container

import (
	"bufio"
	"compress/bzip2"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// zipMethods reads the methods of APPNOTE.TXT, 4.4.5. expanded is the number of bytes that the data expands to, -1 if it is not known.
var zipMethods = map[uint16]func(r *bufio.Reader, expanded int64) (io.ReadCloser, error){
	0:                    func(r *bufio.Reader, _ int64) (io.ReadCloser, error) { return io.NopCloser(r), nil },
	8:                    func(r *bufio.Reader, _ int64) (io.ReadCloser, error) { return flate.NewReader(r), nil },
	9:                    func(r *bufio.Reader, _ int64) (io.ReadCloser, error) { return io.NopCloser(newDeflate64(r)), nil },
	12:                   func(r *bufio.Reader, _ int64) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil },
	14:                   zipLZMA,
	zstd.ZipMethodPKWare: zipZstd,
	zstd.ZipMethodWinZip: zipZstd,
	95:                   func(r *bufio.Reader, _ int64) (io.ReadCloser, error) { return io.NopCloser(newUnxz(r)), nil },
}

// zipLZMA reads method 14, 5.8.8: version of the packer, length of the properties, properties, LZMA.
func zipLZMA(r *bufio.Reader, expanded int64) (io.ReadCloser, error) {
	head := make([]byte, 9)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, noEOF(err)
	}
	if binary.LittleEndian.Uint16(head[2:]) != 5 {
		return nil, fmt.Errorf("LZMA with %d bytes of properties", binary.LittleEndian.Uint16(head[2:]))
	}
	z, err := newLZMA(r, head[4:], expanded)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(z), nil
}

func zipZstd(r *bufio.Reader, _ int64) (io.ReadCloser, error) { return newZstd(r) }

// methodName names a method that is not read.
func methodName(method uint16) string {
	switch method {
	case 1:
		return "Shrink"
	case 6:
		return "Implode"
	case 98:
		return "PPMd"
	}
	return fmt.Sprintf("method %d", method)
}
