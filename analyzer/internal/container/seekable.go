package container

import (
	"crypto/sha256"
	"io"
	"sync"
)

// archive is a member whose bytes can be read at any place, as most kinds of archive want it.
type archive struct {
	*Member
	file io.ReaderAt // counted by used, and ended when the walk is canceled
	size int64
	used *meter
	in   input
}

// parts gives the parts that the archive came in, counted as file is; nil if it is whole.
func (a *archive) parts() []Part {
	j, ok := a.in.file.(*Joined)
	if !ok {
		return nil
	}
	parts := make([]Part, len(j.pieces))
	for i, p := range j.pieces {
		parts[i] = io.NewSectionReader(&meteredAt{meter: a.used, r: p}, 0, p.Size())
	}
	return parts
}

// seekable walks a member of a kind that has to be read at any place: a file in place, anything else once it is spooled. open reads its
// directory, and gives the function that walks its entries, whose error is that of the archive; nil and no error make the member a leaf.
func (w *walker) seekable(m *Member, r io.Reader, in input, open func(*archive) (entries func() error, err error)) error {
	if in.depth >= w.limits.MaxDepth {
		return w.opaque(m, r, in, w.tooDeep(m))
	}
	if in.file != nil {
		return w.inPlace(m, r, in, open)
	}
	before := w.total
	s := newStream(r, sha256.New(), &w.blocks)
	kept := &spool{dir: w.limits.TempDir, most: w.limits.MaxSpool, over: &LimitError{"max-spool", w.limits.MaxSpool, m.Name}}
	defer kept.close()
	if _, err := io.Copy(kept, s); err != nil {
		m.Kind = Unreadable
		return w.archiveDone(m, s, before, err)
	}
	used := &meter{walker: w}
	entries, err := open(&archive{m, &meteredAt{meter: used, r: kept.at()}, kept.size, used, in})
	switch {
	case err != nil:
		m.Kind = Unreadable
		return w.archiveDone(m, s, before, err)
	case entries == nil:
		s.finish()
		return w.leaf(m, io.NewSectionReader(kept.at(), 0, kept.size), in)
	}
	m.Kind = Archive
	return w.archiveDone(m, s, before, entries())
}

// inPlace walks an archive that is the source itself.
func (w *walker) inPlace(m *Member, r io.Reader, in input, open func(*archive) (func() error, error)) error {
	entries, err := open(&archive{m, &meteredAt{meter: in.source, r: in.file}, in.size, in.source, in})
	switch {
	case err != nil:
		return w.opaque(m, r, in, err)
	case entries == nil:
		return w.leaf(m, r, in)
	}
	m.Kind = Archive
	before := w.total
	// Its own bytes are hashed beside its members, from a reader of their own. They are no progress.
	beside := &meter{walker: w}
	s := newStream(beside.reader(io.NewSectionReader(in.file, 0, in.size)), sha256.New(), &w.blocks)
	var drained sync.WaitGroup
	drained.Go(func() { io.Copy(io.Discard, s) })
	err = entries()
	drained.Wait()
	return w.archiveDone(m, s, before, err)
}
