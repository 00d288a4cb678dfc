package container

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// walker is one walk. Its fields are used by one goroutine at a time: by that of Walk, or by the one that reads the innermost
// stream, for which the former waits.
type walker struct {
	ctx     context.Context
	visitor Visitor
	limits  Limits
	blocks  blockPool
	total   int64 // expanded bytes so far
	members int
	held    atomic.Int64 // bytes of the source: of a file all, of a stream those read so far

	passwords []string // of the source; the one that fitted last first
	trials    int      // of passwords that failed
	firstTime func([]byte) (bool, int64)
	kept      *spool  // members that wait for others, one behind the other; nil before the first
	peeked    *[]byte // set where nothing is wanted but the first bytes of what compressions hold
}

// input is the bytes of a member that is still to be told.
type input struct {
	layer  *layer      // gives them in turn
	again  io.Reader   // gives them from the first on, where some of layer were read ahead; else nil
	file   io.ReaderAt // the same bytes at any place; nil if they can only be read in turn
	size   int64       // of file
	source *meter      // of file, when it is the walk's source
	depth  int
}

// reader gives the bytes in turn, from the first on.
func (in *input) reader() io.Reader {
	if in.again != nil {
		return in.again
	}
	return in.layer
}

// member walks a member that an archive, or the source, has given.
func (w *walker) member(m *Member, in input) error {
	m.Depth = in.depth
	if !w.admit(m) {
		return w.ctx.Err()
	}
	return w.stream(m, in)
}

// admit counts a member and says whether there is room for it. If there is not, the visitor has been told, once.
func (w *walker) admit(m *Member) bool {
	if w.ctx.Err() != nil || w.full() {
		return false
	}
	w.members++
	if w.full() {
		w.unreadable(m, &LimitError{"max-members", int64(w.limits.MaxMembers), m.Name})
		return false
	}
	if w.total >= w.limits.MaxBytes {
		w.unreadable(m, &LimitError{"max-bytes", w.limits.MaxBytes, m.Name})
		return false
	}
	if w.swells(w.total) {
		w.unreadable(m, &LimitError{"max-ratio", w.limits.MaxRatio, m.Name})
		return false
	}
	return true
}

// swells says that so many expanded bytes of this source are too many for what the ticket's sources hold: each of several archives, one in the
// other or side by side, may stay below the limit. A source that does not expand never swells, whatever came before it.
func (w *walker) swells(expanded int64) bool {
	held, all := w.held.Load(), w.limits.Expanded+expanded
	return expanded > held && all > ratioFrom && all/w.limits.MaxRatio > w.limits.Held+held
}

// full says that the member that is one too many was told already.
func (w *walker) full() bool { return w.members > w.limits.MaxMembers }

// stream tells a stream by its first bytes: compressions are peeled off, archives walked into, leaves shown to the visitor. It
// returns an error only if the walk was canceled.
func (w *walker) stream(m *Member, in input) error {
	l := in.layer
	l.walker, l.member, l.start = w, m.Name, w.total
	head := make([]byte, sniffLen)
	from := in.reader()
	n, err := readFull(from, head)
	if ctxErr := w.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return w.unreadable(m, err)
	}
	r := &prefixed{head[:n], from, err}
	f := formatOf(head[:n])
	if w.peeked != nil && (f == nil || !f.peels) {
		return w.peek(f, r)
	}
	switch {
	case f == nil:
		return w.leaf(m, r, in)
	case f.open == nil:
		m.Format = f.name
		return w.opaque(m, r, in, fmt.Errorf("it is packed with %s, which is not read: unpack it and pass the result", f.name))
	}
	return f.open(w, m, r, in)
}

// leaf shows a stream to the visitor, and reads the rest of it for its hash.
func (w *walker) leaf(m *Member, r io.Reader, in input) error {
	in.layer.charge()
	s := newStream(r, sha256.New(), &w.blocks)
	err := w.visitor.Leaf(m, s)
	return w.done(m, s, s.finish(), err)
}

// opaque reads a stream for its size and hash alone. err says why nothing else is done with it.
func (w *walker) opaque(m *Member, r io.Reader, in input, err error) error {
	if w.peeked != nil {
		return nil
	}
	m.Kind = Unreadable
	in.layer.charge()
	if m.Err == nil {
		m.Err = inWords(err)
	}
	s := newStream(r, sha256.New(), &w.blocks)
	return w.done(m, s, s.finish(), nil)
}

// archiveDone is done for an archive. What it held besides its members is charged now; before is what the total was when it began.
func (w *walker) archiveDone(m *Member, s *Stream, before int64, err error) error {
	end := s.finish()
	w.total += max(0, s.size-(w.total-before))
	return w.done(m, s, end, err)
}

// done tells the visitor that the member of a finished stream is complete. end is the stream's error; of all errors the first
// counts.
func (w *walker) done(m *Member, s *Stream, end error, others ...error) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	m.Size, m.SHA256 = s.size, s.sum
	m.Hashed = end == nil || errors.Is(end, errTrailing)
	for _, err := range append([]error{end}, others...) {
		if m.Err == nil {
			m.Err = inWords(err)
		}
	}
	w.visitor.Done(m)
	return nil
}

// unreadable tells the visitor of a member of which nothing was read.
func (w *walker) unreadable(m *Member, err error) error {
	m.Kind = Unreadable
	if m.Err == nil {
		m.Err = inWords(err)
	}
	w.visitor.Done(m)
	return nil
}

func (w *walker) tooDeep(m *Member) error {
	return &LimitError{"max-depth", int64(w.limits.MaxDepth), m.Name}
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
