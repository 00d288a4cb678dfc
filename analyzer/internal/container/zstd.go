package container

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds the window, which is the memory that a frame asks for: what zstd itself grants without --memory, with
// --long=27.
const maxZstdWindow = 128 << 20

// zstdOptions read in the calling goroutine, which is as fast as four of them are on two processors.
var zstdOptions = []zstd.DOption{
	zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(maxZstdWindow),
}

// isZstd tells a frame of zstd, or a skippable one before it: RFC 8878, sections 3.1.1 and 3.1.2.
func isZstd(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	return string(head[:4]) == "\x28\xb5\x2f\xfd" || head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18"
}

// zstd peels a zstd off, as gzip does.
func (w *walker) zstd(m *Member, r io.Reader, in input) error {
	return w.peel(m, r, in, "zstd", func(r *bufio.Reader) (io.Reader, func(), error) {
		z, err := newZstd(r)
		if err != nil {
			return nil, nil, err
		}
		return &unzstd{z}, func() { z.Close() }, nil
	})
}

// zstdDecoders keeps decoders from one file to the next, and their windows with them: the library makes a window as large as a frame claims.
var zstdDecoders sync.Pool

// zstdReader is a decoder that is lent.
type zstdReader struct {
	*zstd.Decoder
	reading bool
}

// newZstd lends one until Close.
func newZstd(r io.Reader) (*zstdReader, error) {
	z, ok := zstdDecoders.Get().(*zstd.Decoder)
	if ok {
		return &zstdReader{Decoder: z}, z.Reset(r)
	}
	z, err := zstd.NewReader(r, zstdOptions...)
	return &zstdReader{Decoder: z}, err
}

func (z *zstdReader) Read(p []byte) (int, error) {
	z.reading = true
	n, err := z.Decoder.Read(p)
	z.reading = false
	return n, err
}

// Close gives the decoder back, unless a panic has ended it in the midst of its work.
func (z *zstdReader) Close() error {
	if !z.reading && z.Reset(nil) == nil {
		z.reading = true // a second call gives nothing back
		zstdDecoders.Put(z.Decoder)
	}
	return nil
}

// unzstd tells what follows the last frame from damage: the first frame has been told by its magic.
type unzstd struct{ *zstdReader }

func (u *unzstd) Read(p []byte) (int, error) {
	n, err := u.zstdReader.Read(p)
	if errors.Is(err, zstd.ErrMagicMismatch) {
		err = errTrailing
	}
	return n, err
}
