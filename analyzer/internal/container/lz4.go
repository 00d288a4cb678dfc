package container

import (
	"bufio"
	"errors"
	"io"

	"github.com/pierrec/lz4/v4"
)

// lz4 peels the frames of an lz4 off, as gzip does. Its blocks, which are the memory that it takes, are of 8 MiB at most.
func (w *walker) lz4(m *Member, r io.Reader, in input) error {
	return w.peel(m, r, in, "lz4", func(r *bufio.Reader) (io.Reader, func(), error) {
		return &unlz4{lz4.NewReader(r)}, func() {}, nil
	})
}

// unlz4 tells what follows the last frame from damage: the first frame has been told by its magic.
type unlz4 struct{ *lz4.Reader }

func (u *unlz4) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if errors.Is(err, lz4.ErrInvalidFrame) {
		err = errTrailing
	}
	return n, err
}
