package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
)

// openFiles reads many files and keeps few of them open: a directory may hold more than a process may open.
type openFiles struct {
	mu    sync.Mutex
	open  []*file // most recently used last
	pipes []*os.File
}

// maxOpen is more than the analysis reads at the same time.
const maxOpen = 16

// file is an io.ReaderAt that opens its file when it is read.
type file struct {
	set  *openFiles
	path string
	f    *os.File
}

func (s *openFiles) file(path string) *file { return &file{set: s, path: path} }

// keep takes over a file that cannot be opened again.
func (s *openFiles) keep(f *os.File) { s.pipes = append(s.pipes, f) }

// ReadAt may be called from several goroutines. A file that is closed under a running read ends that read first; see os.File.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	for {
		h, err := f.set.acquire(f)
		if err != nil {
			return 0, err
		}
		// Between the two calls others may have pushed the file out, more than once on a busy machine.
		if n, err := h.ReadAt(p, off); !errors.Is(err, os.ErrClosed) {
			return n, err
		}
	}
}

func (s *openFiles) acquire(f *file) (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.f != nil {
		if last := len(s.open) - 1; s.open[last] != f {
			i := slices.Index(s.open, f)
			s.open = append(slices.Delete(s.open, i, i+1), f)
		}
		return f.f, nil
	}
	h, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	if len(s.open) >= maxOpen {
		s.open[0].f.Close()
		s.open[0].f = nil
		s.open = slices.Delete(s.open, 0, 1)
	}
	f.f = h
	s.open = append(s.open, f)
	return h, nil
}

func (s *openFiles) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.open {
		f.f.Close()
		f.f = nil
	}
	for _, f := range s.pipes {
		f.Close()
	}
	s.open, s.pipes = nil, nil
}

// interruptible reads r until ctx is done, even while r gives nothing: a read of a pipe cannot be called off.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &pipeReader{ctx: ctx, r: r}
}

// pipeReader starts to read when it is read first, so that what a ticket does not get to stays in the pipe.
type pipeReader struct {
	ctx  context.Context
	r    io.Reader
	pipe *io.PipeReader
}

func (p *pipeReader) Read(b []byte) (int, error) {
	if p.pipe == nil {
		in, out := io.Pipe()
		p.pipe = in
		context.AfterFunc(p.ctx, func() { out.CloseWithError(p.ctx.Err()) })
		go func() {
			_, err := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{p.r}, make([]byte, 256<<10))
			out.CloseWithError(err) // nil is the end of the file
		}()
	}
	return p.pipe.Read(b)
}
