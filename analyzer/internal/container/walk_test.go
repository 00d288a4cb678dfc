package container

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestWalk(t *testing.T) {
	noLeak(t)
	const pcap = "\xd4\xc3\xb2\xa1 packets"
	inner := zipOf(t, file{"a.pcap", pcap})
	tests := []struct {
		name, data string
		want       string
	}{
		{"empty", "", "leaf empty 0\n"},
		{"a.pcap", pcap, "leaf a.pcap 12\n"},
		{"a.pcap.gz", gzipOf(t, pcap), "leaf a.pcap.gz via gzip 12\n"},
		{"empty.gz", gzipOf(t, ""), "leaf empty.gz via gzip 0\n"},
		{"two members.gz", gzipOf(t, pcap) + gzipOf(t, "") + gzipOf(t, " and more"), "leaf two members.gz via gzip 21\n"},
		{"padded.gz", gzipOf(t, pcap) + "\x00\x00\x00", "leaf padded.gz via gzip 12\n"},
		{"garbage.gz", gzipOf(t, pcap) + "\x00x", "leaf garbage.gz via gzip 12: read gzip: bytes that are no part of it follow the compressed data\n"},
		{"a.zst", zstdOf(t, pcap), "leaf a.zst via zstd 12\n"},
		{"skippable.zst", "\x50\x2a\x4d\x18\x02\x00\x00\x00hi" + zstdOf(t, pcap) + zstdOf(t, pcap), "leaf skippable.zst via zstd 24\n"},
		{"garbage.zst", zstdOf(t, pcap) + "garbage", "leaf garbage.zst via zstd 12: read zstd: bytes that are no part of it follow the compressed data\n"},
		{"gz in zst", zstdOf(t, gzipOf(t, pcap)), "leaf gz in zst via zstd,gzip 12\n"},
		{"t.zip", zipOf(t, file{"d/", ""}, file{"d/a.pcap", pcap}, file{"d\\", ""}, file{"e", ""}),
			"leaf t.zip!/d/a.pcap 12\nleaf t.zip!/e 0\narchive t.zip is zip\n"},
		{"empty.zip", zipOf(t), "archive empty.zip is zip\n"},
		{"same.zip", zipOf(t, file{"a", "1"}, file{"a", "22"}), "leaf same.zip!/a 1\nleaf same.zip!/a 2\narchive same.zip is zip\n"},
		{"../..\\x", "", "leaf ../../x 0\n"},
		{"nested.zip", zipOf(t, file{"inner.zip", inner}, file{"b.gz", gzipOf(t, pcap)}),
			"leaf nested.zip!/inner.zip!/a.pcap 12\narchive nested.zip!/inner.zip is zip\nleaf nested.zip!/b.gz via gzip 12\narchive nested.zip is zip\n"},
		{"t.tar", tarOf(t, file{"d/", ""}, file{"d/a", pcap}, file{"in.zip", inner}),
			"leaf t.tar!/d/a 12\nleaf t.tar!/in.zip!/a.pcap 12\narchive t.tar!/in.zip is zip\narchive t.tar is tar\n"},
		{"t.tar.gz", gzipOf(t, tarOf(t, file{"a", pcap})), "leaf t.tar.gz!/a 12\narchive t.tar.gz via gzip is tar\n"},
		{"z.gz", gzipOf(t, inner), "leaf z.gz!/a.pcap 12\narchive z.gz via gzip is zip\n"},
		{"tar in tar", tarOf(t, file{"in.tar", tarOf(t, file{"a", "1"}, file{"b", "2"})}, file{"c", "3"}),
			"leaf tar in tar!/in.tar!/a 1\nleaf tar in tar!/in.tar!/b 1\narchive tar in tar!/in.tar is tar\nleaf tar in tar!/c 1\narchive tar in tar is tar\n"},
		{"letter.docx", zipOf(t, file{"[Content_Types].xml", "<x/>"}, file{"word/document.xml", "<y/>"}), "leaf letter.docx is office document\n"},
		{"in.zip", zipOf(t, file{"letter.docx", zipOf(t, file{"[Content_Types].xml", "<x/>"})}),
			"leaf in.zip!/letter.docx is office document\narchive in.zip is zip\n"},
		{"x.cab", "MSCF\x00\x00\x00\x00", "unreadable x.cab is cab: it is packed with cab, which is not read: unpack it and pass the result\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := walk(t, tt.name, tt.data, Limits{})
			if got.inventory() != tt.want {
				t.Errorf("walk %q: got\n%swant\n%s", tt.name, got.inventory(), tt.want)
			}
			last := got.members[len(got.members)-1]
			if len(last.Via) == 0 && (hex.EncodeToString(last.SHA256[:]) != hashOf(tt.data) || last.Size != int64(len(tt.data))) {
				t.Errorf("walk %q: got %d bytes with hash %x, want those of its own bytes", tt.name, last.Size, last.SHA256)
			}
			for i, d := range got.data {
				if strings.HasPrefix(d, "\xd4") && !strings.HasPrefix(d, pcap) {
					t.Errorf("leaf %d of %q: got %q", i, tt.name, d)
				}
			}
		})
	}
}

func TestCutShort(t *testing.T) {
	noLeak(t)
	files := []file{{"a.pcap", strings.Repeat("packets ", 40)}, {"b.txt", "text"}}
	for name, data := range map[string]string{
		"a.gz": gzipOf(t, files[0].data), "a.zst": zstdOf(t, files[0].data), "a.zip": zipOf(t, files...), "a.tar": tarOf(t, files...),
		"a.tar.gz": gzipOf(t, tarOf(t, files...)), "n.zip": zipOf(t, file{"n.zip", zipOf(t, files...)}),
	} {
		step := max(1, len(data)/700)
		for n := 0; n < len(data); n += step {
			got := walk(t, name, data[:n], Limits{})
			if len(got.members) == 0 {
				t.Fatalf("%s cut to %d bytes: no member", name, n)
			}
			if n > 30 && name != "a.tar" && !strings.Contains(got.inventory(), "cut short") {
				t.Errorf("%s cut to %d bytes: got\n%swant a word about it", name, n, got.inventory())
			}
			for _, d := range got.data {
				if n >= 262 && !strings.HasPrefix(files[0].data, d) && d != files[1].data && name != "n.zip" {
					t.Errorf("%s cut to %d bytes: got %q, want the beginning of the file", name, n, d)
				}
			}
		}
	}
}

func TestDamaged(t *testing.T) {
	data := gzipOf(t, "packets packets")
	flipped := data[:len(data)-6] + "x" + data[len(data)-5:]
	got := walk(t, "a.gz", flipped, Limits{})
	if m := got.members[0]; m.Err == nil || !strings.Contains(m.Err.Error(), "checksum") || got.data[0] != "packets packets" || m.Hashed {
		t.Errorf("gzip with a wrong checksum: got %v of %q, want all bytes and an error", m.Err, got.data)
	}
	failing := errors.New("bad sector")
	r := &recorder{read: -1, keep: true}
	src := Source{Name: "a", Reader: io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(failing))}
	if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
		t.Fatal(err)
	}
	if m := r.members[0]; !errors.Is(m.Err, failing) || r.data[0] != "abc" {
		t.Errorf("failing source: got %v after %q", m.Err, r.data[0])
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("index out of range") }

func TestDecoderPanics(t *testing.T) {
	noLeak(t)
	r := &recorder{read: -1}
	src := Source{Name: "a", Reader: io.MultiReader(strings.NewReader(noise(blockSize)), panicking{})}
	if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
		t.Fatal(err)
	}
	if m := r.members[0]; m.Err == nil || !strings.Contains(m.Err.Error(), "index out of range") {
		t.Errorf("got %v, want the panic as an error", m.Err)
	}
}

func TestEarlyReturn(t *testing.T) {
	noLeak(t)
	big := noise(blockSize*blocksPerStream*2 + 1)
	for _, read := range []int{0, 1, blockSize, blockSize + 1} {
		r := &recorder{read: read}
		data := tarOf(t, file{"big", big}, file{"small", "x"})
		src := Source{Name: "t.tar", Size: int64(len(data)), ReaderAt: strings.NewReader(data)}
		if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
			t.Fatal(err)
		}
		if m := r.members[0]; m.Size != int64(len(big)) || hex.EncodeToString(m.SHA256[:]) != hashOf(big) {
			t.Errorf("after %d bytes: got %d bytes with hash %x", read, m.Size, m.SHA256)
		}
	}
}

func TestVisitorError(t *testing.T) {
	sorry := errors.New("not a capture I know")
	r := &recorder{onLeaf: func(*Member, *Stream) error { return sorry }}
	data := zipOf(t, file{"a", "1"}, file{"b", "2"})
	src := Source{Name: "t.zip", Size: int64(len(data)), ReaderAt: strings.NewReader(data)}
	if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
		t.Fatal(err)
	}
	if len(r.members) != 3 || !errors.Is(r.members[0].Err, sorry) || !errors.Is(r.members[1].Err, sorry) || r.members[2].Err != nil {
		t.Errorf("got\n%s", r.inventory())
	}
}

func TestCancel(t *testing.T) {
	noLeak(t)
	big := noise(4 << 20)
	for name, data := range map[string]string{
		"raw": big, "z.zip": zipOf(t, file{"a", big}, file{"b", big}), "t.tar.gz": gzipOf(t, tarOf(t, file{"a", big}, file{"b", big})),
		"n.zip": zipOf(t, file{"n.zip", zipOf(t, file{"a", big})}),
	} {
		ctx, cancel := context.WithCancel(context.Background())
		leaves := 0
		r := &recorder{onLeaf: func(_ *Member, s *Stream) error {
			leaves++
			s.Peek(10)
			cancel()
			return ctx.Err()
		}}
		src := Source{Name: name, Size: int64(len(data)), ReaderAt: strings.NewReader(data)}
		if err := Walk(ctx, src, Limits{}, r, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want that it was canceled", name, err)
		}
		if leaves != 1 || len(r.members) != 0 {
			t.Errorf("%s: got %d leaves and %d members after the walk was canceled at the first", name, leaves, len(r.members))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Walk(ctx, Source{Name: "a", Reader: strings.NewReader("a")}, Limits{}, &recorder{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled before: got %v", err)
	}
}

func TestNoSource(t *testing.T) {
	for _, src := range []Source{{Name: "a"}, {Name: "a", Size: -1, ReaderAt: strings.NewReader("")}} {
		if err := Walk(context.Background(), src, Limits{}, &recorder{}, nil); err == nil {
			t.Errorf("Walk(%+v): no error", src)
		}
	}
}

func TestProgress(t *testing.T) {
	big := noise(3<<20 + 5)
	for name, data := range map[string]string{"raw": big, "z.zip": zipOf(t, file{"a", big}, file{"b", big}), "t.tgz": gzipOf(t, tarOf(t, file{"a", big}))} {
		for _, stream := range []bool{false, true} {
			var last int64
			calls := 0
			src := Source{Name: name, Size: int64(len(data)), ReaderAt: strings.NewReader(data)}
			if stream {
				src = Source{Name: name, Reader: strings.NewReader(data)}
			}
			progress := func(n int64) {
				if calls++; n <= last || n > int64(len(data)) {
					t.Errorf("%s: progress %d after %d of %d", name, n, last, len(data))
				}
				last = n
			}
			if err := Walk(context.Background(), src, Limits{}, &recorder{read: -1}, progress); err != nil {
				t.Fatal(err)
			}
			if calls < 2 || last < int64(len(data))*9/10 {
				t.Errorf("%s, stream %v: %d calls up to %d of %d", name, stream, calls, last, len(data))
			}
		}
	}
}
