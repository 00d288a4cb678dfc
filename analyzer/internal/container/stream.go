package container

import (
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

const (
	blockSize  = 1 << 20
	firstBlock = 64 << 10 // most members are small
	blockCount = 6        // being filled, hashed, read, and one to spare for each
	// MaxPeek is the most that Peek grants.
	MaxPeek = blockSize
)

// block is a piece of a stream, shared by its reader and its hash, neither of which writes to it.
type block struct {
	data []byte
	err  error // that followed it; io.EOF at the end
	refs atomic.Int32
}

// Stream reads a member. One goroutine reads, and inflates, ahead; another hashes. The reader gets the same blocks, in order. It has
// the methods of a bufio.Reader that capture readers use, with their meaning.
type Stream struct {
	toReader chan *block
	toHash   chan *block
	free     chan []byte
	stop     chan struct{}
	workers  sync.WaitGroup

	now  *block
	at   int
	side []byte // peeked bytes that span blocks, as far as not yet read
	err  error  // that ended the stream; io.EOF at its end

	sum  [sha256.Size]byte
	size int64
}

// newStream begins to read src. check is called with the length of each piece and may end the stream with an error.
func newStream(src io.Reader, check func(int) error) *Stream {
	s := &Stream{
		toReader: make(chan *block, blockCount), toHash: make(chan *block, blockCount),
		free: make(chan []byte, blockCount), stop: make(chan struct{}),
	}
	for range blockCount {
		s.free <- nil // made when needed
	}
	s.workers.Add(2)
	go s.fill(src, check)
	go s.hash()
	return s
}

func (s *Stream) fill(src io.Reader, check func(int) error) {
	defer s.workers.Done()
	defer close(s.toReader)
	defer close(s.toHash)
	for size := firstBlock; ; size = blockSize {
		var buf []byte
		select {
		case buf = <-s.free:
		case <-s.stop:
			return
		}
		if cap(buf) < size {
			buf = make([]byte, size)
		}
		b := &block{}
		b.refs.Store(2)
		n, err := readFull(src, buf[:cap(buf)])
		if over := check(n); over != nil {
			err = over
		}
		b.data, b.err = buf[:n], err
		// Neither send blocks: there are no more blocks than the channels hold.
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
	for idle := 0; n < len(b) && err == nil; {
		var k int
		k, err = src.Read(b[n:])
		n += k
		if k > 0 {
			idle = 0
		} else if idle++; err == nil && idle > 100 {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

func (s *Stream) hash() {
	defer s.workers.Done()
	h := sha256.New()
	for b := range s.toHash {
		h.Write(b.data)
		s.size += int64(len(b.data))
		s.release(b)
	}
	h.Sum(s.sum[:0])
}

func (s *Stream) release(b *block) {
	if b.refs.Add(-1) == 0 {
		s.free <- b.data[:0]
	}
}

// advance makes the next block current; false at the end, whose error is then in s.err.
func (s *Stream) advance() bool {
	if s.err != nil {
		return false
	}
	if s.now != nil {
		err := s.now.err
		s.release(s.now)
		s.now, s.at = nil, 0
		if err != nil {
			s.err = err
			return false
		}
	}
	s.now = <-s.toReader
	return s.now != nil
}

// rest gives the unread bytes of the current block.
func (s *Stream) rest() []byte {
	if s.now == nil {
		return nil
	}
	return s.now.data[s.at:]
}

// Peek gives the next n bytes without reading them, valid until the next call; fewer with the error that stands in the way. n is at
// most MaxPeek.
func (s *Stream) Peek(n int) ([]byte, error) {
	if len(s.side) == 0 {
		if r := s.rest(); len(r) >= n {
			return r[:n], nil
		}
	}
	if n > MaxPeek {
		return nil, errors.New("peek: more than a block")
	}
	for len(s.side) < n {
		r := s.rest()
		if len(r) == 0 {
			if !s.advance() {
				return s.side, s.err
			}
			continue
		}
		k := min(len(r), n-len(s.side))
		if s.side == nil {
			s.side = make([]byte, 0, max(n, 4096))
		}
		s.side = append(s.side, r[:k]...)
		s.at += k
	}
	return s.side[:n], nil
}

// Discard passes n bytes; fewer with the error that stands in the way.
func (s *Stream) Discard(n int) (int, error) {
	done := min(n, len(s.side))
	s.dropSide(done)
	for done < n {
		r := s.rest()
		if len(r) == 0 {
			if !s.advance() {
				return done, s.err
			}
			continue
		}
		k := min(len(r), n-done)
		s.at += k
		done += k
	}
	return done, nil
}

// dropSide forgets n bytes of the side buffer, and keeps its memory when it is empty.
func (s *Stream) dropSide(n int) {
	if n == 0 {
		return
	}
	left := copy(s.side, s.side[n:])
	s.side = s.side[:left]
}

// Read is that of io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(s.side) > 0 {
		n := copy(p, s.side)
		s.dropSide(n)
		return n, nil
	}
	for len(s.rest()) == 0 {
		if !s.advance() {
			return 0, s.err
		}
	}
	n := copy(p, s.rest())
	s.at += n
	return n, nil
}

// finish reads the stream to its end, for its hash and size, and gives the error that ended it early.
func (s *Stream) finish() error {
	s.side = nil
	for s.advance() {
	}
	close(s.stop)
	s.workers.Wait()
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// abandon stops reading ahead. The source's last read may still be under way until it returns.
func (s *Stream) abandon() {
	close(s.stop)
	for s.advance() {
	}
	s.workers.Wait()
}
