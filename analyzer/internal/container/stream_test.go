package container

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// peeker is what capture readers use, of a bufio.Reader as well.
type peeker interface {
	io.Reader
	Peek(int) ([]byte, error)
	Discard(int) (int, error)
}

func TestStreamLikeBufio(t *testing.T) {
	noLeak(t)
	failing := errors.New("bad sector")
	for _, size := range []int{0, 1, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 7, MaxPeek + 3*blockSize} {
		data := noise(size)
		for _, end := range []error{io.EOF, failing} {
			source := func() io.Reader { return io.MultiReader(strings.NewReader(data), iotest.ErrReader(end)) }
			s := newStream(iotest.HalfReader(source()), sha256.New(), &blockPool{})
			compareReaders(t, s, bufio.NewReaderSize(source(), MaxPeek), uint64(size), end)
			if err := s.finish(); end != io.EOF && err != end {
				t.Errorf("%d bytes: finish gives %v, want %v", size, err, end)
			}
			if s.size != int64(size) || s.sum != sha256.Sum256([]byte(data)) {
				t.Errorf("%d bytes: got size %d and hash %x", size, s.size, s.sum)
			}
			if _, err := s.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("%d bytes: read after the end of the visitor's call gives %v", size, err)
			}
		}
	}
}

// compareReaders does the same with both until end.
func compareReaders(t *testing.T, got, want peeker, seed uint64, end error) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	sizes := []int{0, 1, 16, 24, 1500, 65535, 262144 + 16, blockSize, MaxPeek}
	buf := make([]byte, blockSize)
	for range 10_000 {
		n := sizes[rnd.IntN(len(sizes))]
		switch rnd.IntN(4) {
		case 0, 1:
			a, aErr := got.Peek(n)
			b, bErr := want.Peek(n)
			if !bytes.Equal(a, b) || aErr != bErr {
				t.Fatalf("Peek(%d): got %d bytes, %v; bufio %d bytes, %v", n, len(a), aErr, len(b), bErr)
			}
		case 2:
			n = rnd.IntN(n + 1)
			a, aErr := got.Discard(n)
			b, bErr := want.Discard(n)
			if a != b || aErr != bErr {
				t.Fatalf("Discard(%d): got %d, %v; bufio %d, %v", n, a, aErr, b, bErr)
			}
		case 3:
			n = min(n, 70_000)
			a, aErr := io.ReadFull(got, buf[:n])
			first := string(buf[:a])
			b, bErr := io.ReadFull(want, buf[:n])
			if first != string(buf[:b]) || aErr != bErr {
				t.Fatalf("ReadFull(%d): got %d bytes, %v; bufio %d bytes, %v", n, a, aErr, b, bErr)
			}
			if n > 0 && aErr == end {
				return
			}
		}
	}
}

func TestStreamMisuse(t *testing.T) {
	s := newStream(strings.NewReader("abc"), nil, &blockPool{})
	defer s.finish()
	if _, err := s.Peek(-1); err != bufio.ErrNegativeCount {
		t.Errorf("Peek(-1): got %v", err)
	}
	if _, err := s.Discard(-1); err != bufio.ErrNegativeCount {
		t.Errorf("Discard(-1): got %v", err)
	}
	if _, err := s.Peek(MaxPeek + 1); err != bufio.ErrBufferFull {
		t.Errorf("Peek(MaxPeek+1): got %v", err)
	}
	if n, err := s.Read(nil); n != 0 || err != nil {
		t.Errorf("Read(nil): got %d, %v", n, err)
	}
	if b, err := s.Peek(4); string(b) != "abc" || err != io.EOF {
		t.Errorf("Peek(4): got %q, %v", b, err)
	}
	if b, err := s.Peek(3); string(b) != "abc" || err != nil {
		t.Errorf("Peek(3): got %q, %v", b, err)
	}
}

// idle never gives anything, and no error either.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestStreamIdle(t *testing.T) {
	s := newStream(idle{}, nil, &blockPool{})
	if err := s.finish(); err != io.ErrNoProgress {
		t.Errorf("got %v", err)
	}
}

func TestStreamAllocs(t *testing.T) {
	s := newStream(io.LimitReader(zeros{}, 32<<20), sha256.New(), &blockPool{})
	defer s.finish()
	s.Peek(1)
	allocs := testing.AllocsPerRun(20_000, func() {
		if _, err := s.Peek(1516); err != nil {
			t.Fatal(err)
		}
		s.Discard(1516)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for each record", allocs)
	}
}

func TestBlocksBounded(t *testing.T) {
	pool := &blockPool{}
	for range 3 {
		s := newStream(io.LimitReader(zeros{}, 50*blockSize), sha256.New(), pool)
		if err := s.finish(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(pool.free); n > blocksPerStream {
		t.Errorf("%d blocks after three streams in turn, want at most %d", n, blocksPerStream)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
