package container

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/dsnet/compress/bzip2"
)

func isBzip2(head []byte) bool {
	if len(head) < 10 || string(head[:3]) != "BZh" || head[3] < '1' || head[3] > '9' {
		return false
	}
	// The digits of pi begin a block, those of its root end a file without one.
	return bytes.Equal(head[4:10], []byte("1AY&SY")) || bytes.Equal(head[4:10], []byte("\x17\x72\x45\x38\x50\x90"))
}

// bzip2 peels a bzip2 off, as gzip does.
func (w *walker) bzip2(m *Member, r io.Reader, in input) error {
	return w.peel(m, r, in, "bzip2", func(r *bufio.Reader) (io.Reader, func(), error) {
		z := newBunzip2(r)
		return z, func() { z.Close() }, nil
	})
}

// bunzip2s are used again: one has 4 MB, which takes longer to come by than most members take to read.
//
// Note: the standard library's cannot be used again, so that ten thousand small members took seconds.
var bunzip2s = sync.Pool{New: func() any { return new(bzip2.Reader) }}

// bunzip2 tells what follows the last stream from damage.
type bunzip2 struct {
	z *bzip2.Reader
}

func newBunzip2(r *bufio.Reader) *bunzip2 {
	z := bunzip2s.Get().(*bzip2.Reader)
	z.Reset(r)
	return &bunzip2{z}
}

func (b *bunzip2) Read(p []byte) (int, error) {
	if b.z == nil {
		return 0, errors.New("it is closed")
	}
	n, err := b.z.Read(p)
	if err != nil && strings.HasSuffix(err.Error(), "invalid stream magic") { // the first stream's was told
		err = errTrailing
	}
	return n, err
}

// Close lets the next stream have its memory.
func (b *bunzip2) Close() error {
	if b.z != nil {
		b.z.Reset(nil)
		bunzip2s.Put(b.z)
		b.z = nil
	}
	return nil
}
