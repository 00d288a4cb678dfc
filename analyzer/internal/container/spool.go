package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// spooled holds a stream that has to be read at any place: in memory if small, else in a private temporary file.
type spooled struct {
	at   io.ReaderAt
	size int64
	file *os.File
}

func (w *walker) spool(r io.Reader, compressed func() int64) (*spooled, error) {
	g := &guard{budget: &w.budget, compressed: compressed}
	var small bytes.Buffer
	s := &spooled{}
	buf := make([]byte, blockSize)
	for {
		n, err := readFull(r, buf)
		if over := g.take(n); over != nil {
			s.close()
			return nil, over
		}
		s.size += int64(n)
		if s.size > w.MaxSpool {
			s.close()
			return nil, fmt.Errorf("an inner archive of more than %d bytes is not kept: unpack it and pass the folder", w.MaxSpool)
		}
		if s.file == nil && s.size > inMemory {
			f, ferr := os.CreateTemp(w.TempDir, "capforensics-*.tmp")
			if ferr != nil {
				return nil, fmt.Errorf("keep an inner archive: %w", ferr)
			}
			s.file = f
			if _, ferr := f.Write(small.Bytes()); ferr != nil {
				s.close()
				return nil, fmt.Errorf("keep an inner archive: %w", ferr)
			}
			small = bytes.Buffer{}
		}
		if s.file != nil {
			if _, ferr := s.file.Write(buf[:n]); ferr != nil {
				s.close()
				return nil, fmt.Errorf("keep an inner archive: %w", ferr)
			}
		} else {
			small.Write(buf[:n])
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.close()
			return nil, err
		}
	}
	if s.file != nil {
		s.at = s.file
	} else {
		s.at = bytes.NewReader(small.Bytes())
	}
	return s, nil
}

func (s *spooled) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
		s.file = nil
	}
}
