package container

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

const benchSize = 256 << 20

func benchFile(b *testing.B) *os.File {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "big"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	piece := noise(1 << 20)
	for range benchSize >> 20 {
		if _, err := io.WriteString(f, piece); err != nil {
			b.Fatal(err)
		}
	}
	return f
}

// records passes a stream in pieces as long as packets, and looks at a byte of each.
func records(s peeker) (sum byte) {
	for {
		p, err := s.Peek(800)
		if err != nil {
			return sum
		}
		sum += p[0]
		s.Discard(800)
	}
}

// BenchmarkStream reads a file from the page cache. The hash alone is what it is to be compared with.
func BenchmarkStream(b *testing.B) {
	f := benchFile(b)
	b.Run("hash alone", func(b *testing.B) {
		b.SetBytes(benchSize)
		buf := make([]byte, blockSize)
		for b.Loop() {
			h := sha256.New()
			io.CopyBuffer(struct{ io.Writer }{h}, io.NewSectionReader(f, 0, benchSize), buf)
		}
	})
	for _, bm := range []struct {
		name string
		hash func() hash.Hash
	}{{"with hash", sha256.New}, {"without hash", func() hash.Hash { return nil }}} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(benchSize)
			pool := &blockPool{}
			for b.Loop() {
				s := newStream(io.NewSectionReader(f, 0, benchSize), bm.hash(), pool)
				records(s)
				s.finish()
			}
		})
	}
	b.Run("walk", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			benchWalk(b, Source{Name: "big", Size: benchSize, ReaderAt: f})
		}
	})
}

func benchWalk(b *testing.B, src Source) {
	b.Helper()
	r := &recorder{onLeaf: func(_ *Member, s *Stream) error { records(s); return nil }}
	if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
		b.Fatal(err)
	}
	for _, m := range r.members {
		if m.Err != nil {
			b.Fatal(m.Err)
		}
	}
}

// BenchmarkInflate compares walking a compressed file with inflating it alone.
func BenchmarkInflate(b *testing.B) {
	// Half of it shrinks, as of captures.
	var plain strings.Builder
	rnd := noise(16 << 20)
	for i := 0; i < len(rnd); i += 1024 {
		plain.WriteString(rnd[i : i+1024])
		plain.WriteString(strings.Repeat(rnd[i:i+64], 16))
	}
	size := int64(plain.Len())
	gz, zipped, zst := gzipOf(b, plain.String()), zipOf(b, file{"a", plain.String()}), zstdOf(b, plain.String())
	b.Run("gzip alone", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			z, err := gzip.NewReader(strings.NewReader(gz))
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, struct{ io.Reader }{z})
		}
	})
	for _, bm := range []struct{ name, data string }{{"gzip", gz}, {"zip", zipped}, {"zstd", zst}} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				benchWalk(b, Source{Name: "a", Size: int64(len(bm.data)), ReaderAt: strings.NewReader(bm.data)})
			}
		})
	}
}
