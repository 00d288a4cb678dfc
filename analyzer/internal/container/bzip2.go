package container

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
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
		return &bunzip2{bzip2.NewReader(r)}, func() {}, nil
	})
}

// bunzip2 tells what follows the last stream from damage: that the first one is one its magic has told.
type bunzip2 struct{ r io.Reader }

func (b *bunzip2) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, bzip2.StructuralError("bad magic value in continuation file")) {
		err = errTrailing
	}
	return n, err
}
