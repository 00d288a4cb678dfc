package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// spool keeps a stream that has to be read at any place: in memory if small, else in a temporary file that has no name any more
// where the system allows that.
type spool struct {
	dir   string
	most  int64
	over  error // beyond most
	size  int64
	small bytes.Buffer
	file  *os.File
}

// createTemp is replaced by tests.
var createTemp = os.CreateTemp

// Write appends p.
func (s *spool) Write(p []byte) (int, error) {
	if int64(len(p)) > s.most-s.size {
		return 0, s.over
	}
	if s.file == nil && s.size+int64(len(p)) > inMemory {
		f, err := createTemp(s.dir, "capforensics-*.tmp")
		if err != nil {
			return 0, fmt.Errorf("keep in a temporary file what lies in an archive: %w", err)
		}
		os.Remove(f.Name())                                 // Windows refuses; close tries again
		if _, err := f.Write(s.small.Bytes()); err != nil { // what was kept so far stays as it was
			closeTemp(f)
			return 0, fmt.Errorf("keep in a temporary file what lies in an archive: %w", err)
		}
		s.file, s.small = f, bytes.Buffer{}
	}
	if s.file == nil {
		s.size += int64(len(p))
		return s.small.Write(p)
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	if err != nil {
		err = fmt.Errorf("keep in a temporary file what lies in an archive: %w", err)
	}
	return n, err
}

// truncate forgets what was written from n on.
func (s *spool) truncate(n int64) {
	if s.size = n; s.file == nil {
		s.small.Truncate(int(n))
		return
	}
	// The place to write at is what counts: a system that refuses to free the room keeps it until close.
	s.file.Truncate(n)
	s.file.Seek(n, io.SeekStart)
}

// at gives what was written, until close.
func (s *spool) at() io.ReaderAt {
	if s.file != nil {
		return s.file
	}
	return bytes.NewReader(s.small.Bytes())
}

// section gives a part of what was written from its beginning to its end, or an error.
func (s *spool) section(from, size int64) io.Reader {
	return &wholly{io.NewSectionReader(s.at(), from, size), size}
}

// wholly reads so many bytes: fewer are a fault of the temporary file, not the end of what was kept in it.
type wholly struct {
	r    io.Reader
	left int64
}

func (w *wholly) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.left -= int64(n); err == io.EOF && w.left > 0 {
		err = errors.New("the temporary file does not hold what was written to it")
	}
	return n, err
}

func (s *spool) close() {
	if s.file != nil {
		closeTemp(s.file)
	}
}

func closeTemp(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}
