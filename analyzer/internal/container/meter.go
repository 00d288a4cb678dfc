package container

import (
	"errors"
	"io"
	"sync/atomic"
)

// layer counts what comes out of one archive or compression and stops it at the limits. Every layer has one, since a decoder can
// run for hours on input that makes it give nothing.
//
// Only the innermost layer, that of a file, charges the ticket's total; those around it would count the same bytes again. They are
// held to what was left of the total when they began. So no two goroutines touch the total at once.
type layer struct {
	*walker
	r       io.Reader
	member  string
	out     int64
	start   int64        // the ticket's total when it began
	charges bool         // counts toward the total
	source  bool         // the source itself: unless it is a file, none of its bytes are expanded
	packed  func() int64 // bytes of compressed form used so far; nil if there is none
}

// charge makes the layer count toward the ticket's total, from its first byte.
func (l *layer) charge() {
	l.charges = true
	l.walker.total += l.out
}

// Read reads up to what the limits leave, and tells the limit only if there would be more.
func (l *layer) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	left := l.limits.MaxBytes - l.start - l.out
	switch {
	case l.charges:
		left = l.limits.MaxBytes - l.total
	case l.source:
		left = int64(len(p))
	}
	if left <= 0 {
		var more [1]byte
		n, err := readFull(l.r, more[:])
		if n > 0 {
			err = l.limit("max-bytes", l.limits.MaxBytes)
		}
		return 0, err
	}
	n, err := l.r.Read(p[:min(int64(len(p)), left)])
	l.out += int64(n)
	if l.charges {
		l.total += int64(n)
	}
	expanded := l.start + l.out
	if l.charges {
		expanded = l.total
	}
	if l.packed != nil && (l.out > ratioFrom && l.out/l.limits.MaxRatio > l.packed() || l.swells(expanded)) {
		err = l.limit("max-ratio", l.limits.MaxRatio)
	}
	return n, err
}

func (l *layer) limit(name string, value int64) error {
	return &LimitError{Limit: name, Value: value, Member: l.member}
}

// sharedCount counts for other goroutines too.
type sharedCount struct {
	r io.Reader
	n *atomic.Int64
}

func (s *sharedCount) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n.Add(int64(n))
	return n, err
}

// meter counts the bytes that are used of a source, or of a compressed form.
type meter struct {
	*walker
	n    int64
	told int64
	most int64 // of what is told: an archive's directory is read besides its members; -1 if not known
	tell func(int64)
	err  error // with which a reader has failed
}

func (m *meter) add(n int) {
	m.n += int64(n)
	if m.n-m.told >= 1<<20 {
		m.finish()
	}
}

// finish tells the last number.
func (m *meter) finish() {
	n := m.n
	if m.most >= 0 {
		n = min(n, m.most)
	}
	if m.tell != nil && n > m.told {
		m.tell(n)
	}
	m.told = max(m.told, n)
}

// reader gives r, counted, and ended when the walk is canceled.
func (m *meter) reader(r io.Reader) io.Reader { return &meteredReader{m, r} }

type meteredReader struct {
	*meter
	r io.Reader
}

func (m *meteredReader) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.add(n)
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// meteredAt is meteredReader for bytes read at any place, up to limit of them if that is set.
type meteredAt struct {
	*meter
	r     io.ReaderAt
	limit int64
	err   error // to give at the limit
}

func (m *meteredAt) ReadAt(p []byte, off int64) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, errors.New("it lies before the beginning of its archive")
	}
	if m.limit > 0 && m.n > m.limit {
		return 0, m.err
	}
	n, err := m.r.ReadAt(p, off)
	m.add(n)
	return n, err
}
