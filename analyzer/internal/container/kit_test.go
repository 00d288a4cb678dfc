package container

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// file is an entry to be packed. A name that ends in a slash is a directory.
type file struct {
	name string
	data string
}

func zipOf(t testing.TB, files ...file) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, NonUTF8: true}
		if len(f.data) > 1<<20 && f.data[0] != 0 {
			h.Method = zip.Store // noise does not shrink, and takes its time
		}
		e, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(e, f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarOf(t testing.TB, files ...file) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o600, Typeflag: tar.TypeReg, Format: tar.FormatGNU}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		err := w.WriteHeader(h)
		if err == nil {
			_, err = io.WriteString(w, f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipOf(t testing.TB, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstdOf(t testing.TB, data string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstd.MinWindowSize))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(data), nil))
}

// recorder keeps what the walk tells. read says how many bytes of a leaf it asks for; -1 for all.
type recorder struct {
	read    int
	keep    bool
	members []*Member
	data    []string
	onLeaf  func(*Member, *Stream) error
	hashed  map[*Member][]byte
}

func (r *recorder) Leaf(m *Member, s *Stream) error {
	if r.onLeaf != nil {
		return r.onLeaf(m, s)
	}
	h := sha256.New()
	var kept bytes.Buffer
	src := io.Reader(s)
	if r.read >= 0 {
		src = io.LimitReader(s, int64(r.read))
	}
	if r.keep {
		io.Copy(io.MultiWriter(h, &kept), src)
	} else {
		io.Copy(h, src)
	}
	r.data = append(r.data, kept.String())
	if r.hashed == nil {
		r.hashed = make(map[*Member][]byte)
	}
	r.hashed[m] = h.Sum(nil)
	return nil
}

func (r *recorder) Done(m *Member) { r.members = append(r.members, m) }

// inventory is a line for each member, as far as tests compare it.
func (r *recorder) inventory() string {
	var b strings.Builder
	for _, m := range r.members {
		fmt.Fprintf(&b, "%s %s", m.Kind, m.Name)
		if len(m.Via) > 0 {
			fmt.Fprintf(&b, " via %s", strings.Join(m.Via, ","))
		}
		if m.Format != "" {
			fmt.Fprintf(&b, " is %s", m.Format) // its size is the packer's affair
		} else {
			fmt.Fprintf(&b, " %d", m.Size)
		}
		if !m.Hashed {
			b.WriteString(" unhashed")
		}
		if m.Err != nil {
			fmt.Fprintf(&b, ": %v", m.Err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// walk walks data as a file, and again as a stream that gives a byte at a time, which must make no difference.
func walk(t testing.TB, name, data string, limits Limits) *recorder {
	t.Helper()
	return walkWith(t, name, data, limits, nil)
}

// walkWith does so with passwords.
func walkWith(t testing.TB, name, data string, limits Limits, passwords []string) *recorder {
	t.Helper()
	whole := &recorder{read: -1, keep: true}
	src := Source{Name: name, Size: int64(len(data)), ReaderAt: strings.NewReader(data), Passwords: passwords, FirstTime: digitTime}
	if err := Walk(context.Background(), src, limits, whole, nil); err != nil {
		t.Fatalf("walk %s: %v", name, err)
	}
	piecemeal := &recorder{read: -1, keep: true}
	src = Source{Name: name, Size: -1, Reader: iotest.OneByteReader(strings.NewReader(data)), Passwords: passwords, FirstTime: digitTime}
	if err := Walk(context.Background(), src, limits, piecemeal, nil); err != nil {
		t.Fatalf("walk %s as a stream: %v", name, err)
	}
	if a, b := whole.inventory(), piecemeal.inventory(); a != b {
		t.Errorf("walk %s: as a file:\n%sas a stream:\n%s", name, a, b)
	}
	for i, m := range whole.members {
		if i < len(piecemeal.members) && m.SHA256 != piecemeal.members[i].SHA256 {
			t.Errorf("walk %s: the hash of %s differs between file and stream", name, m.Name)
		}
		if sum := whole.hashed[m]; sum != nil && !bytes.Equal(sum, m.SHA256[:]) {
			t.Errorf("walk %s: %s has hash %x, its bytes give %x", name, m.Name, m.SHA256, sum)
		}
	}
	return whole
}

func hashOf(data string) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

// noLeak checks at the end of a test that no goroutine is left of it. Such tests cannot be parallel.
func noLeak(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		// A goroutine that has told the last waiter may still be on its way out.
		for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(end) {
				t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
				return
			}
		}
	})
}

// noise is n bytes that no compression shrinks, the same each time.
func noise(n int) string {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 32)
	}
	return string(b)
}
