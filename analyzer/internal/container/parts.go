package container

import (
	"io"
	"sort"
)

// Joined is several pieces, one behind the other, as of an archive that came in parts.
type Joined struct {
	pieces []Part
	starts []int64
	size   int64
}

// Part is bytes that can be read at any place, of a known number.
type Part interface {
	io.ReaderAt
	Size() int64
}

// Join makes one of pieces.
func Join(pieces ...Part) *Joined {
	j := &Joined{pieces: pieces}
	for _, p := range pieces {
		j.starts = append(j.starts, j.size)
		j.size += p.Size()
	}
	return j
}

// Size gives the number of bytes of all pieces.
func (j *Joined) Size() int64 { return j.size }

// IsArchive says that the pieces together begin like an archive, or something compressed.
func (j *Joined) IsArchive() bool {
	head := make([]byte, sniffLen)
	n, _ := j.ReadAt(head, 0)
	return formatOf(head[:n]) != nil
}

// ReadAt reads on in the next piece at the end of one.
func (j *Joined) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off >= j.size {
		return 0, io.EOF
	}
	for i := sort.Search(len(j.starts), func(i int) bool { return j.starts[i] > off }) - 1; n < len(p) && i < len(j.pieces); i++ {
		k, err := j.pieces[i].ReadAt(p[n:min(int64(len(p)), int64(n)+j.starts[i]+j.pieces[i].Size()-off)], off-j.starts[i])
		n += k
		off += int64(k)
		if err != nil && err != io.EOF || off < j.starts[i]+j.pieces[i].Size() && n < len(p) {
			return n, noEOF(err)
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
