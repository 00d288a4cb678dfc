package container

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// errEnded is what a stream gives after the visitor's call for it has ended.
var errEnded = errors.New("read a stream that was given back")

// Stream reads a member. One goroutine reads, and inflates, ahead; another hashes. The reader gets the same blocks, in order and
// without a copy. Its methods mean what those of a bufio.Reader mean, of a buffer of MaxPeek bytes. One goroutine may use it.
type Stream struct {
	unread []byte // of now, with what was left of blocks before it
	now    *block
	err    error // that ended the stream; io.EOF at its end

	toReader chan *block
	toHash   chan *block
	free     chan *block // nil: still to be taken from the pool
	workers  sync.WaitGroup
	pool     *blockPool

	sum  [sha256.Size]byte // these two once finished
	size int64
}

// newStream begins to read src. h hashes it; nil does not.
func newStream(src io.Reader, h hash.Hash, pool *blockPool) *Stream {
	s := &Stream{
		toReader: make(chan *block, blocksPerStream),
		toHash:   make(chan *block, blocksPerStream),
		free:     make(chan *block, blocksPerStream),
		pool:     pool,
	}
	for range blocksPerStream {
		s.free <- nil
	}
	s.workers.Add(2)
	go s.fill(src)
	go s.hash(h)
	return s
}

func (s *Stream) fill(src io.Reader) {
	defer s.workers.Done()
	defer close(s.toReader)
	defer close(s.toHash)
	for {
		b := <-s.free
		if b == nil {
			b = s.pool.get()
		}
		n, err := readFull(src, b.buf[MaxPeek:])
		b.data, b.err = b.buf[MaxPeek:MaxPeek+n], err
		b.refs.Store(2)
		// Neither send waits: there are no more blocks than the channels hold.
		s.toHash <- b
		s.toReader <- b
		if err != nil {
			return
		}
	}
}

// readFull reads until b is full or the source ends or fails. Unlike io.ReadFull it keeps a source's own unexpected EOF apart from
// an ordinary end in the middle of b.
func readFull(src io.Reader, b []byte) (n int, err error) {
	defer caught(&err)
	for idle := 0; n < len(b) && err == nil; {
		k, readErr := src.Read(b[n:])
		n, err = n+k, readErr
		if k > 0 {
			idle = 0
		} else if idle++; err == nil && idle > 100 {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

// caught makes an error of a panic, if deferred where a decoder written by others is called: hostile data may find its faults.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("a decoder failed on this data: %v", p)
	}
}

func (s *Stream) hash(h hash.Hash) {
	defer s.workers.Done()
	for b := range s.toHash {
		if h != nil {
			h.Write(b.data)
		}
		s.size += int64(len(b.data))
		s.release(b)
	}
	if h != nil {
		h.Sum(s.sum[:0])
	}
}

func (s *Stream) release(b *block) {
	if b.refs.Add(-1) == 0 {
		s.free <- b
	}
}

// more makes the next block current, behind what is unread, which must be at most MaxPeek bytes. It is false at the end, whose error
// is then in s.err.
func (s *Stream) more() bool {
	if s.err != nil {
		return false
	}
	if s.now != nil && s.now.err != nil {
		s.err = s.now.err
		return false
	}
	next := <-s.toReader
	from := MaxPeek - len(s.unread)
	copy(next.buf[from:], s.unread)
	s.unread = next.buf[from : MaxPeek+len(next.data)]
	if s.now != nil {
		s.release(s.now)
	}
	s.now = next
	return true
}

// Peek gives the next n bytes without using them up, valid until the next call; fewer with the error that stands in the way. n is at
// most MaxPeek.
func (s *Stream) Peek(n int) ([]byte, error) {
	switch {
	case uint(n) <= uint(len(s.unread)):
		return s.unread[:n:n], nil
	case n < 0:
		return nil, bufio.ErrNegativeCount
	case n > MaxPeek:
		return s.unread, bufio.ErrBufferFull
	}
	for len(s.unread) < n {
		if !s.more() {
			return s.unread, s.err
		}
	}
	return s.unread[:n:n], nil
}

// Discard passes n bytes; fewer with the error that stands in the way.
func (s *Stream) Discard(n int) (int, error) {
	if uint(n) <= uint(len(s.unread)) {
		s.unread = s.unread[n:]
		return n, nil
	}
	if n < 0 {
		return 0, bufio.ErrNegativeCount
	}
	left := n
	for left > len(s.unread) {
		left -= len(s.unread)
		s.unread = nil
		if !s.more() {
			return n - left, s.err
		}
	}
	s.unread = s.unread[left:]
	return n, nil
}

// Read is that of io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(s.unread) == 0 {
		if !s.more() {
			return 0, s.err
		}
	}
	n := copy(p, s.unread)
	s.unread = s.unread[n:]
	return n, nil
}

// finish reads the stream to its end, for its hash and size, and gives the error that ended it early. To be called once, and the
// only way to end the goroutines: a canceled walk makes the source fail.
func (s *Stream) finish() error {
	for s.unread = nil; s.more(); s.unread = nil {
	}
	if s.now != nil {
		s.release(s.now)
		s.now = nil
	}
	s.workers.Wait()
	for range blocksPerStream {
		if b := <-s.free; b != nil {
			s.pool.put(b)
		}
	}
	err := s.err
	s.err = errEnded
	if err == io.EOF {
		return nil
	}
	return err
}
