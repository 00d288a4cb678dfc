package container

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// compressedBuffer is read at once of a compressed form. The decoders' own 4 KiB would be a system call each.
const compressedBuffer = 128 << 10

// errTrailing says that bytes follow which are not part of the compressed data. What came before them is whole.
var errTrailing = errors.New("bytes that are no part of it follow the compressed data")

// gzip peels a gzip off. A single file in it keeps its name; an archive is walked as usual.
func (w *walker) gzip(m *Member, r io.Reader, in input) error {
	return w.peel(m, r, in, "gzip", func(r *bufio.Reader) (io.Reader, func(), error) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		z.Multistream(false)
		return &gunzip{z, r}, func() {}, nil
	})
}

// peel replaces a member's stream by what open makes of it.
func (w *walker) peel(m *Member, r io.Reader, in input, name string, open func(*bufio.Reader) (io.Reader, func(), error)) error {
	if len(m.Via) >= w.limits.MaxDepth {
		m.Format = name
		return w.opaque(m, r, in, w.tooDeep(m))
	}
	used := &meter{walker: w}
	out, done, err := open(bufio.NewReaderSize(used.reader(r), compressedBuffer))
	if err != nil {
		m.Format = name
		return w.unreadable(m, fmt.Errorf("open %s: %w", name, noEOF(err)))
	}
	defer done()
	m.Via = append(m.Via, name)
	packed := in.layer.packed // an archive's measure of the member goes before that of its own compression
	if packed == nil {
		packed = func() int64 { return used.n }
	}
	return w.stream(m, input{layer: &layer{r: &decoder{out, name, used}, packed: packed}, depth: in.depth})
}

// decoder names the compression in the errors of its reader. An error of the compressed form goes before what the reader makes of
// it: some say of any that the data is cut short.
type decoder struct {
	r    io.Reader
	name string
	used *meter
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if d.used.err != nil {
		err = d.used.err
	}
	return n, fmt.Errorf("read %s: %w", d.name, err)
}

// gunzip reads the members of a gzip as one stream, as RFC 1952, section 2.2 has it. The library would do that too, but give the
// same error for a damaged member as for padding behind the last.
type gunzip struct {
	z *gzip.Reader
	r *bufio.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if err != io.EOF {
			return n, err
		}
		if next := g.next(); next != nil {
			return n, next
		}
		if n > 0 {
			return n, nil
		}
	}
}

// next begins the next member; io.EOF if there is none.
func (g *gunzip) next() error {
	head, err := g.r.Peek(2)
	if len(head) == 0 {
		return err // io.EOF at the end
	}
	if len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		if err := g.z.Reset(g.r); err != nil {
			return noEOF(err)
		}
		g.z.Multistream(false)
		return nil
	}
	for { // zeros are the padding of tapes and blocks, which gzip passes over as well
		b, err := g.r.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return errTrailing
		}
	}
}

// noEOF makes an end at a place where more has to come unexpected.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
