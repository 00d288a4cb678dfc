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
	s.size += int64(len(p))
	if s.file == nil {
		return s.small.Write(p)
	}
	n, err := s.file.Write(p)
	if err != nil {
		err = fmt.Errorf("keep an archive that is not a file by itself: %w", err)
	}
	return n, err
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
