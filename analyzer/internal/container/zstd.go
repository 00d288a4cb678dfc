package container

import (
	"bufio"
	"errors"
	"io"

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
		z, err := zstd.NewReader(r, zstdOptions...)
		if err != nil {
			return nil, nil, err
		}
		return &unzstd{z}, z.Close, nil
	})
}

// unzstd tells what follows the last frame from damage: the first frame has been told by its magic.
type unzstd struct{ *zstd.Decoder }

func (u *unzstd) Read(p []byte) (int, error) {
	n, err := u.Decoder.Read(p)
	if errors.Is(err, zstd.ErrMagicMismatch) {
		err = errTrailing
	}
	return n, err
}
