package container

import (
	"bytes"
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

// Write appends p.
func (s *spool) Write(p []byte) (int, error) {
	if int64(len(p)) > s.most-s.size {
		return 0, s.over
	}
	if s.file == nil && s.size+int64(len(p)) > inMemory {
		f, err := os.CreateTemp(s.dir, "capforensics-*.tmp")
		if err != nil {
			return 0, fmt.Errorf("keep an archive that is not a file by itself: %w", err)
		}
		s.file = f
		os.Remove(f.Name()) // Windows refuses; close tries again
		if _, err := s.small.WriteTo(f); err != nil {
			return 0, fmt.Errorf("keep an archive that is not a file by itself: %w", err)
		}
		s.small = bytes.Buffer{}
	}
	if s.file == nil {
		s.size += int64(len(p))
		return s.small.Write(p)
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	if err != nil {
		err = fmt.Errorf("keep an archive that is not a file by itself: %w", err)
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

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}
