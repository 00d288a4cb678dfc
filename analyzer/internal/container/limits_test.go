package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestRatioOfSeveralSources: what swells beside many others is refused as it is alone.
func TestRatioOfSeveralSources(t *testing.T) {
	bomb := gzipOf(t, strings.Repeat("\x00", 1<<20))
	for _, tt := range []struct {
		data   string
		limits Limits
		over   bool
	}{
		{bomb, Limits{MaxRatio: 10}, false},
		{bomb, Limits{MaxRatio: 10, Held: 1 << 20, Expanded: ratioFrom}, true},
		{bomb, Limits{MaxRatio: 10, Held: ratioFrom, Expanded: ratioFrom}, false},
		{"a text behind bombs", Limits{MaxRatio: 10, Held: 1 << 20, Expanded: ratioFrom}, false},
	} {
		got := walk(t, "m", tt.data, tt.limits)
		var over *LimitError
		if errors.As(got.members[0].Err, &over) != tt.over {
			t.Errorf("%+v: error %v, want a limit: %v", tt.limits, got.members[0].Err, tt.over)
		}
	}
}

func TestLimits(t *testing.T) {
	noLeak(t)
	const depth = "it is packed more than 2 times (raise --max-depth)"
	nest := func(pack func(testing.TB, ...file) string, times int) string {
		data := "x"
		for range times {
			data = pack(t, file{"a", data})
		}
		return data
	}
	tests := []struct {
		name, data string
		limits     Limits
		want       string
	}{
		{"bytes at the limit", zipOf(t, file{"a", "123"}, file{"b", "45"}), Limits{MaxBytes: 5},
			"leaf m!/a 3\nleaf m!/b 2\narchive m is zip\n"},
		{"bytes", zipOf(t, file{"a", "123"}, file{"b", "456"}, file{"c", "7"}), Limits{MaxBytes: 5},
			"leaf m!/a 3\nleaf m!/b 2 unhashed: the ticket expands to more than 5 bytes (raise --max-bytes)\n" +
				"unreadable m!/c 0 unhashed: the ticket expands to more than 5 bytes (raise --max-bytes)\narchive m is zip\n"},
		{"bytes of a tar", tarOf(t, file{"a", noise(5000)}, file{"b", noise(4000)}), Limits{MaxBytes: 8 << 10},
			"leaf m!/a 5000\nleaf m!/b 3192 unhashed: the ticket expands to more than 8 KiB (raise --max-bytes)\n" +
				"archive m is tar: the ticket expands to more than 8 KiB (raise --max-bytes)\n"},
		{"members", zipOf(t, file{"a", "1"}, file{"b", "2"}, file{"c", "3"}, file{"d", "4"}), Limits{MaxMembers: 3},
			"leaf m!/a 1\nleaf m!/b 1\n" +
				"unreadable m!/c 0 unhashed: the ticket has more than 3 members: what follows was not read (raise --max-members)\narchive m is zip\n"},
		{"members of a tar", tarOf(t, file{"a", "1"}, file{"b", "2"}, file{"c", "3"}), Limits{MaxMembers: 2},
			"leaf m!/a 1\nunreadable m!/b 0 unhashed: the ticket has more than 2 members: what follows was not read (raise --max-members)\narchive m is tar\n"},
		{"members of inner archives", zipOf(t, file{"a", zipOf(t, file{"b", ""}, file{"c", ""})}, file{"d", ""}), Limits{MaxMembers: 3},
			"leaf m!/a!/b 0\nunreadable m!/a!/c 0 unhashed: the ticket has more than 3 members: what follows was not read (raise --max-members)\n" +
				"archive m!/a is zip\narchive m is zip\n"},
		{"depth within", nest(zipOf, 2), Limits{MaxDepth: 2}, "leaf m!/a!/a 1\narchive m!/a is zip\narchive m is zip\n"},
		{"depth of zips", nest(zipOf, 3), Limits{MaxDepth: 2}, "unreadable m!/a!/a is zip: " + depth + "\narchive m!/a is zip\narchive m is zip\n"},
		{"depth of tars", nest(tarOf, 3), Limits{MaxDepth: 2}, "unreadable m!/a!/a is tar: " + depth + "\narchive m!/a is tar\narchive m is tar\n"},
		{"depth of gzips", gzipOf(t, gzipOf(t, gzipOf(t, "x"))), Limits{MaxDepth: 2}, "unreadable m via gzip,gzip is gzip: " + depth + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := walk(t, "m", tt.data, tt.limits)
			if got.inventory() != tt.want {
				t.Errorf("got\n%swant\n%s", got.inventory(), tt.want)
			}
			for _, m := range got.members {
				var over *LimitError
				if m.Err != nil && (!errors.As(m.Err, &over) || over.Value == 0 || over.Member == "") {
					t.Errorf("%s: got %#v, want a limit with its value and member", m.Name, m.Err)
				}
			}
		})
	}
}

func TestRatio(t *testing.T) {
	noLeak(t)
	const size = ratioFrom + 4<<20
	piece := strings.Repeat("\x00", 1<<20)
	gzipped := strings.Repeat(gzipOf(t, piece), size>>20)
	tarball := tarOf(t, file{"a", ""})[:512]
	tarball = tarball[:124] + fmt.Sprintf("%011o", size) + tarball[135:]
	tarball = withChecksum(tarball)
	zstandard := strings.Repeat(zstdOf(t, piece), size>>20)
	tests := []struct {
		name, data string
		ratio      int64
		stops      bool
	}{
		{"gzip", gzipped, 100, true},
		{"twice", gzipOf(t, gzipped), 1000, true}, // each of the two has less
		{"four in each other", gzipOf(t, gzipOf(t, gzipOf(t, gzipped))), 1000, true},
		{"tar.gz", gzipOf(t, tarball) + gzipped, 100, true},
		{"zip", zipOf(t, file{"a", strings.Repeat(piece, size>>20)}), 100, true},
		{"gz in a zip", zipOf(t, file{"a", gzipped}), 2000, true},
		{"zstd", zstandard, 100, true},
		{"allowed", zstandard, 1 << 40, false},
		{"too small to look at", strings.Repeat(gzipOf(t, piece), ratioFrom>>20), 100, false},
	}
	for _, tt := range tests {
		got := &recorder{}
		src := Source{Name: tt.name, Size: int64(len(tt.data)), ReaderAt: strings.NewReader(tt.data)}
		if err := Walk(context.Background(), src, Limits{MaxRatio: tt.ratio}, got, nil); err != nil {
			t.Fatal(err)
		}
		m := got.members[0]
		var over *LimitError
		if errors.As(m.Err, &over) != tt.stops || tt.stops && over.Limit != "max-ratio" {
			t.Errorf("%s: got\n%s", tt.name, got.inventory())
		}
		if tt.stops && (m.Size < ratioFrom-512 || m.Size > ratioFrom+blockSize) {
			t.Errorf("%s: stopped after %d bytes", tt.name, m.Size)
		}
	}
}

// TestRatioOfAll has members of which each is too small to be looked at.
func TestRatioOfAll(t *testing.T) {
	bomb := file{"a.gz", gzipOf(t, strings.Repeat("\x00", ratioFrom/2))}
	got := walkOnce(t, zipOf(t, bomb, bomb, bomb, bomb), Limits{}).inventory()
	const stopped = "by itself or with what was read before it, it expands to more than 1000 times its compressed size (raise --max-ratio)\n"
	want := "leaf m!/a.gz via gzip 33554432\nleaf m!/a.gz via gzip 33554432\nleaf m!/a.gz via gzip 512 unhashed: " + stopped +
		"unreadable m!/a.gz 0 unhashed: " + stopped + "archive m is zip\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// withChecksum writes the checksum of a tar's header.
func withChecksum(header string) string {
	b := []byte(header)
	copy(b[148:], "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return string(b)
}

func walkOnce(t *testing.T, data string, limits Limits) *recorder {
	t.Helper()
	r := &recorder{read: -1}
	if err := Walk(context.Background(), Source{Name: "m", Reader: strings.NewReader(data)}, limits, r, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSilentDecoder has a layer that gives nothing for much: the bytes between two layers count as well.
func TestSilentDecoder(t *testing.T) {
	skippable := "\x50\x2a\x4d\x18\x00\x00\x10\x00" + strings.Repeat("\x00", 1<<20)
	got := walkOnce(t, gzipOf(t, strings.Repeat(skippable, 8)+zstdOf(t, "x")), Limits{MaxBytes: 4 << 20})
	if s := got.inventory(); !strings.Contains(s, "--max-bytes") {
		t.Errorf("got\n%s", s)
	}
}

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	inner := zipOf(t, file{"a", noise(inMemory + 1)})
	outer := zipOf(t, file{"in.zip", inner})
	r := &recorder{onLeaf: func(_ *Member, s *Stream) error {
		s.Peek(1)
		entries, err := os.ReadDir(dir)
		if err != nil || runtime.GOOS != "windows" && len(entries) != 0 {
			t.Errorf("the temporary file has a name: %v, %v", entries, err)
		}
		return nil
	}}
	src := Source{Name: "m", Size: int64(len(outer)), ReaderAt: strings.NewReader(outer)}
	if err := Walk(context.Background(), src, Limits{TempDir: dir}, r, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := r.inventory(), fmt.Sprintf("leaf m!/in.zip!/a %d\narchive m!/in.zip is zip\narchive m is zip\n", inMemory+1); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}

	got := walkOnce(t, outer, Limits{MaxSpool: 1 << 20}).inventory()
	if want := "unreadable m is zip: no more than 1 MiB of what lies in an archive is kept in a temporary file (raise --max-spool, or unpack it and pass the folder)\n"; got != want {
		t.Errorf("beyond the limit: got\n%swant\n%s", got, want)
	}
	got = walkOnce(t, outer, Limits{TempDir: dir + "/none"}).inventory()
	if !strings.HasPrefix(got, "unreadable m is zip: keep in a temporary file what lies in an archive: ") {
		t.Errorf("without a folder for temporary files: got\n%s", got)
	}
}

// TestMemory holds what a walk keeps, whatever the size of the ticket, below 32 MiB.
func TestMemory(t *testing.T) {
	var data bytes.Buffer
	for range 200 {
		data.WriteString(gzipOf(t, strings.Repeat(noise(1000), 1000))) // 200 MB
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := Walk(context.Background(), Source{Name: "m", Reader: &data}, Limits{}, &recorder{read: -1}, nil); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
		t.Errorf("%d bytes allocated in all", n)
	}
}

// TestManyMembers walks many small files: no goroutine or block may be left of any.
func TestManyMembers(t *testing.T) {
	noLeak(t)
	files := make([]file, 2000)
	for i := range files {
		files[i] = file{fmt.Sprint(i), "x"}
	}
	data := zipOf(t, files...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := &recorder{onLeaf: func(_ *Member, s *Stream) error { io.Copy(io.Discard, s); return nil }}
	src := Source{Name: "m", Size: int64(len(data)), ReaderAt: strings.NewReader(data)}
	if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / uint64(len(files)); n > 256<<10 {
		t.Errorf("%d bytes allocated for each member", n)
	}
	if len(r.members) != len(files)+1 {
		t.Errorf("got %d members", len(r.members))
	}
}
