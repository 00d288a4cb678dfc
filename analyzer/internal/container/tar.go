package container

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
)

// tar walks a tape archive as it streams by.
func (w *walker) tar(m *Member, r io.Reader, compressed func() int64, depth int) error {
	m.Kind, m.Format = Archive, "tar"
	if depth >= w.MaxDepth {
		return w.tooDeep(m)
	}
	g := &guard{budget: &w.budget, compressed: compressed}
	s := newStream(r, g.take)
	err := w.entries(m, tar.NewReader(s), compressed, depth)
	if w.ctx.Err() != nil || isVisitor(err) {
		s.abandon()
		return err
	}
	w.bytes -= g.out // counted again by the entries
	end := s.finish()
	m.Size, m.SHA256, m.Hashed, m.Err = s.size, s.sum, end == nil, cutShort(errors.Join(err, end))
	w.visitor.Done(m)
	return nil
}

// visitorError marks an error of the visitor on its way out of nested walks.
type visitorError struct{ error }

func (e visitorError) Unwrap() error { return e.error }

func isVisitor(err error) bool {
	var v visitorError
	return errors.As(err, &v)
}

func (w *walker) entries(m *Member, t *tar.Reader, compressed func() int64, depth int) error {
	for w.members <= w.MaxMembers {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read tar: %w", err)
		}
		inner := &Member{Name: m.Name + "!/" + displayName(h.Name), ModTime: h.ModTime}
		switch h.Typeflag {
		case tar.TypeReg:
			if err := w.stream(inner, t, Source{}, nil, depth+1); err != nil {
				return visitorError{err}
			}
		case tar.TypeDir:
		default:
			if w.members++; w.members <= w.MaxMembers {
				inner.Kind, inner.Err = Unreadable, fmt.Errorf("a link or device, which is not followed")
				w.visitor.Done(inner)
			}
		}
	}
	return nil
}
