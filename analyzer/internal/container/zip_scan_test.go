package container

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestZipCut cuts zips after each of their bytes: each entry before the cut is whole, and the one that is cut says so.
func TestZipCut(t *testing.T) {
	b := strings.Repeat("text of b\n", 30)
	zips := map[string]string{
		"streamed": zipOf(t, file{"a.pcap", packetText}, file{"dir/", ""}, file{"b.txt", b}), // lengths are behind the data
	}
	for _, name := range []string{"deflate64.zip", "bzip2.zip", "lzma.zip", "xz.zip", "zipcrypto.zip", "zipcrypto-streamed.zip", "aes256.zip"} {
		zips[name] = archiveFile(t, name)
	}
	for name, whole := range zips {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			second := strings.Index(whole, "b.txt") - localLen
			directory := strings.Index(whole, "PK\x01\x02")
			for cut := localLen + len("a.pcap"); cut < len(whole); cut++ {
				r := &recorder{read: -1, keep: true}
				src := Source{Name: "z", Size: int64(cut), ReaderAt: strings.NewReader(whole[:cut]), Passwords: []string{"secret"}}
				if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
					t.Fatal(err)
				}
				s := r.inventory()
				if !strings.Contains(s, "z is zip: open zip: ") {
					t.Fatalf("cut after %d of %d bytes: got\n%s", cut, len(whole), s)
				}
				if cut >= second && (len(r.data) == 0 || r.data[0] != packetText || !strings.HasPrefix(s, "leaf z!/a.pcap 54\n")) {
					t.Fatalf("the second entry cut after %d of %d bytes: got\n%s", cut-second, len(whole)-second, s)
				}
				if cut >= directory && !strings.Contains(s, "\nleaf z!/b.txt ") || strings.Count(s, "\n") > 3 {
					t.Fatalf("the directory cut after %d of %d bytes: got\n%s", cut-directory, len(whole)-directory, s)
				}
				if cut < directory-16 && cut > second+localLen+len("b.txt") && !strings.Contains(s, "b.txt 0 unhashed: ") && !strings.Contains(s, "the data is cut short") {
					t.Fatalf("cut after %d of %d bytes: got\n%s", cut, len(whole), s)
				}
			}
		})
	}
}

// TestZipScan finds entries among damage.
func TestZipScan(t *testing.T) {
	inner := zipOf(t, file{"inner", "x"})
	stored := zipOf(t, file{"in.zip", inner + noise(1<<20)}, file{"b", "data"}) // stored, with lengths behind it
	whole := zipOf(t, file{"a", strings.Repeat("text ", 20)}, file{"b", "data"}, file{"c", "more"})
	cut := whole[:strings.Index(whole, "PK\x01\x02")]
	b := strings.Index(cut, "PK\x03\x04\x14\x00\x08\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00b")
	if b < 0 {
		t.Fatal("the zip has no header of b as expected")
	}
	const broken = "archive z is zip: open zip: it has no directory at its end: the archive is cut short; ask for a new upload; its entries were looked for one by one\n"
	tests := []struct{ name, data, want string }{
		{"rubbish between entries", cut[:b] + "PK\x03\x04rubbish" + strings.Repeat("\x00", 200<<10) + cut[b:], "leaf z!/a 100\nleaf z!/b 4\nleaf z!/c 4\n" + broken},
		{"a header lost", cut[:b] + "XX" + cut[b+2:], "leaf z!/a 100\nleaf z!/c 4\n" + broken},
		{"data damaged", strings.Replace(cut, cut[40:44], "\xff\xff\xff\xff", 1), "leaf z!/b 4\nleaf z!/c 4\n" + broken},
		{"stored without a length", stored[:len(stored)-22], "unreadable z!/in.zip 0 unhashed: its length is lost with the directory of the zip\n"},
		{"no entry", "PK\x03\x04" + strings.Repeat("x", 100), "unreadable z is zip: open zip: it has no directory at its end: the archive is cut short; ask for a new upload\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := walk(t, "z", tt.data, Limits{}).inventory()
			if tt.name == "data damaged" { // however much of it could be read
				_, got, _ = strings.Cut(got, "\n")
			}
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// hugeFile is as long as it says, with text at its end.
type hugeFile struct {
	size int64
	end  string
}

func (h hugeFile) ReadAt(p []byte, off int64) (int, error) {
	from := off - (h.size - int64(len(h.end)))
	for i := range p {
		p[i] = 0
		if at := from + int64(i); at >= int64(len(h.end)) {
			return i, io.EOF
		} else if at >= 0 {
			p[i] = h.end[at]
		}
	}
	return len(p), nil
}

// TestZipBeyond32Bits has a directory that cannot tell where the entries of so large a zip are.
func TestZipBeyond32Bits(t *testing.T) {
	end := zipOf(t, file{"a", "data"})
	end = end[len(end)-endLen:]
	for size, useless := range map[int64]bool{1 << 32: false, 6 << 30: true} {
		err := checkEnd(hugeFile{size, end}, size, minDirectory, false, nil)
		var d *directoryError
		if errors.As(err, &d) != useless {
			t.Errorf("%d bytes: got %v", size, err)
		}
	}
}

// TestZipSplit has a zip in parts, whose end record names its last part.
func TestZipSplit(t *testing.T) {
	whole := []byte(archiveFile(t, "deflate64.zip"))
	end := len(whole) - endLen
	whole[end+4], whole[end+6] = 2, 2
	for _, entries := range []byte{2, 3} {
		whole[end+10] = entries
		parts := Join(strings.NewReader("PK\x07\x08"), strings.NewReader(string(whole[:60])), strings.NewReader(string(whole[60:])))
		r := &recorder{read: -1}
		if err := Walk(context.Background(), Source{Name: "z", Size: parts.Size(), ReaderAt: parts}, Limits{}, r, nil); err != nil {
			t.Fatal(err)
		}
		want := "leaf z!/a.pcap 54\nleaf z!/b.txt 3000\narchive z is zip"
		if entries == 3 {
			want += ": read zip: of its 3 entries 2 were found; ask for a new upload"
		}
		if got := r.inventory(); got != want+"\n" {
			t.Errorf("%d entries: got\n%s", entries, got)
		}
	}
}
