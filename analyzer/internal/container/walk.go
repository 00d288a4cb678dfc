package container

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"
)

// Kind is what a member turned out to be.
type Kind uint8

// The kinds.
const (
	Leaf Kind = iota
	Archive
	Unreadable
)

// Member is what the walk tells of one stream.
type Member struct {
	Name    string   // inside its archives, joined with "!/"; a label, see displayName
	Via     []string // compressions that were peeled off, outermost first
	Format  string   // of an archive, or of a leaf that is an archive by form only
	Kind    Kind
	Size    int64 // bytes, decompressed
	SHA256  [sha256.Size]byte
	Hashed  bool
	ModTime time.Time
	Err     error // why it could not be read wholly
}

// Source is one input: a file, or a plain stream where ReaderAt is nil.
type Source struct {
	Name     string
	Size     int64
	ReaderAt io.ReaderAt
	Reader   io.Reader
}

// Visitor gets what the walk finds.
type Visitor interface {
	// Leaf is called with every stream that is no archive; what it does not read is read for the hash afterwards. An error ends the walk.
	Leaf(m *Member, r *Stream) error
	// Done is called once for each member, when its size and hash are known.
	Done(m *Member)
}

// Walk reads a source and everything in it. The error is nil unless the visitor or ctx ended the walk; what could not be read is told
// to the visitor. progress, if set, gets the number of bytes of the source that were read so far.
func Walk(ctx context.Context, src Source, limits Limits, v Visitor, progress func(int64)) error {
	w := &walker{ctx: ctx, visitor: v, budget: budget{Limits: limits.withDefaults()}}
	var r io.Reader = src.Reader
	if src.ReaderAt != nil {
		r = io.NewSectionReader(src.ReaderAt, 0, src.Size)
	}
	counted := &counter{r: r, tell: progress}
	return w.stream(&Member{Name: displayName(src.Name)}, counted, src, nil, 0)
}

type walker struct {
	budget
	ctx     context.Context
	visitor Visitor
}

// counter counts what is read from a source.
type counter struct {
	r    io.Reader
	n    int64
	told int64
	tell func(int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.tell != nil && (c.n-c.told >= 1<<20 || err != nil) {
		c.told = c.n
		c.tell(c.n)
	}
	return n, err
}

// stream reads one stream of the ticket: peels compressions off, walks into archives, shows leaves to the visitor. at is set when
// the stream's bytes can be read at any place, as a zip needs; compressed counts what its compressed form has given, if it has one.
func (w *walker) stream(m *Member, r io.Reader, at Source, compressed func() int64, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.members++; w.members > w.MaxMembers {
		if w.members == w.MaxMembers+1 {
			m.Kind, m.Err = Unreadable, &LimitError{fmt.Sprintf("the ticket has more than %d members: this one and those behind it were not read", w.MaxMembers), "--max-members"}
			w.visitor.Done(m)
		}
		return nil
	}
	head := make([]byte, sniffLen)
	n, err := readFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && n == 0 {
		m.Kind, m.Err = Unreadable, err
		w.visitor.Done(m)
		return nil
	}
	rest := io.Reader(&prefixed{head[:n], r, err})
	switch format := Sniff(head[:n]); format {
	case "":
		return w.leaf(m, rest, compressed)
	case "gzip", "zstd":
		return w.compressed(m, rest, format, at, depth)
	case "zip":
		return w.zip(m, rest, at, compressed, depth)
	case "tar":
		return w.tar(m, rest, compressed, depth)
	default:
		m.Format = format
		return w.unsupported(m, rest, compressed)
	}
}

// leaf shows a stream to the visitor, and reads the rest of it for its hash.
func (w *walker) leaf(m *Member, r io.Reader, compressed func() int64) error {
	g := &guard{budget: &w.budget, compressed: compressed}
	s := newStream(r, func(n int) error {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		return g.take(n)
	})
	if err := w.visitor.Leaf(m, s); err != nil {
		s.abandon()
		return err
	}
	err := s.finish()
	if ctxErr := w.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	m.Err = errors.Join(m.Err, cutShort(err))
	m.Size, m.SHA256, m.Hashed = s.size, s.sum, err == nil
	w.visitor.Done(m)
	return nil
}

// cutShort puts an unexpected end into words.
func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the data is cut short; ask for a new upload: %w", err)
	}
	return err
}

// unsupported hashes an archive that cannot be opened yet, so that the inventory can name it.
func (w *walker) unsupported(m *Member, r io.Reader, compressed func() int64) error {
	g := &guard{budget: &w.budget, compressed: compressed}
	s := newStream(r, g.take)
	err := s.finish()
	m.Kind, m.Size, m.SHA256, m.Hashed = Unreadable, s.size, s.sum, err == nil
	m.Err = fmt.Errorf("%s archives are not opened yet: unpack it and pass the folder", m.Format)
	w.visitor.Done(m)
	return nil
}

// prefixed gives back bytes that were read ahead, then the error that came with them, or the rest.
type prefixed struct {
	head []byte
	r    io.Reader
	err  error
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	if p.err != nil {
		return 0, p.err
	}
	return p.r.Read(b)
}
