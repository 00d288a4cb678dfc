package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestStem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ticket.zip": "ticket", "ticket.tar.gz": "ticket", "T.TGZ": "T", "a.pcap": "a", "a.pcapng.gz": "a", "a.pcap.zst": "a", "mtr.txt": "mtr",
		"10.0.0.1": "10.0.0.1", "trace.2026-11-24.zip": "trace.2026-11-24", ".zip": ".zip", ".pcap": ".pcap", "noext": "noext",
		"a.pcap.zip": "a", "..zip": "..zip", "工单.zip": "工单", "a.zip.txt": "a.zip",
	} {
		if got := stem(in); got != want {
			t.Errorf("stem(%q) = %q, want %q", in, got, want)
		}
	}
}

func tarOf(t *testing.T, format tar.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "a.pcap", Size: 3, Mode: 0o644, Format: format}); err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "abc")
	w.Close()
	return b.Bytes()
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func TestArchived(t *testing.T) {
	t.Parallel()
	plain := tarOf(t, tar.FormatUSTAR)
	old := bytes.Clone(plain)
	copy(old[257:265], make([]byte, 8)) // before "ustar"; the sum follows
	sum := 0
	for i, c := range old[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int(c)
	}
	copy(old[148:156], fmt.Sprintf("%06o\x00 ", sum))
	for _, tt := range []struct {
		name string
		head []byte
		want bool
	}{
		{"zip", []byte("PK\x03\x04...."), true},
		{"empty zip", []byte("PK\x05\x06...."), true},
		{"7z", []byte("7z\xbc\xaf\x27\x1c\x00\x04"), true},
		{"rar", []byte("Rar!\x1a\x07\x01\x00"), true},
		{"tar", plain, true},
		{"PAX tar", tarOf(t, tar.FormatPAX), true},
		{"old tar", old, true},
		{"tar, cut", plain[:511], true},
		{"tar.gz", gzipped(plain), true},
		{"gzip of a capture", gzipped(tinyCapture()), false},
		{"gzip of zeros", gzipped(make([]byte, 4096)), false},
		{"gzip, cut", gzipped(plain)[:12], false},
		{"capture", tinyCapture(), false},
		{"x.tar.zst", []byte("\x28\xb5\x2f\xfd...."), true},
		{"x.pcap.zst", []byte("\x28\xb5\x2f\xfd...."), false},
		{"x.TAR.XZ", []byte("\xfd7zXZ\x00"), true},
		{"x.EML", []byte("From: a"), true},
		{"x.zip", []byte("no zip"), false},
		{"zeros", make([]byte, 1024), false},
		{"nothing", nil, false},
	} {
		if got := archived(tt.head, tt.name); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func FuzzArchived(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Add(gzipped(tinyCapture()))
	f.Add([]byte("BZh91AY&SY"))
	f.Add(make([]byte, 600))
	f.Fuzz(func(t *testing.T, head []byte) {
		archived(head[:min(len(head), headLen)], "x")
	})
}

// A directory may hold more files than may be open at a time, and they may be read at the same time.
func TestOpenFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	set := &openFiles{}
	defer set.close()
	var all []*file
	for i := range 5 * maxOpen {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, fmt.Appendf(nil, "file %04d", i), 0o644); err != nil {
			t.Fatal(err)
		}
		all = append(all, set.file(path))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for round := range 3 {
				for i, f := range all {
					b := make([]byte, 4)
					if _, err := f.ReadAt(b, 5); err != nil || string(b) != fmt.Sprintf("%04d", i) {
						t.Errorf("round %d, file %d: %q, %v", round, i, b, err)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := len(set.open); n != maxOpen {
		t.Errorf("%d files are open, want %d", n, maxOpen)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ticket")
	for name, data := range map[string]string{
		"a.pcap": "x", ".hidden/b.pcap": "x", "sub/deep/c.pcap": "x",
		"old.capforensics.json":   `{"schema": "capforensics/report/1"}`,
		"their.capforensics.json": `{"not": "ours"}`,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	linked := os.Symlink("..", filepath.Join(dir, "loop")) == nil // not everybody may on Windows
	var stderr bytes.Buffer
	g := &gatherer{ctx: context.Background(), ui: newUI(io.Discard, &stderr, env()), files: &openFiles{}, maxMembers: 100}
	defer g.files.close()
	tickets := g.gather([]string{dir})
	if len(tickets) != 1 {
		t.Fatalf("%d tickets\n%s", len(tickets), &stderr)
	}
	var names []string
	for _, in := range tickets[0].inputs {
		names = append(names, in.Name)
	}
	if got, want := strings.Join(names, " "), ".hidden/b.pcap a.pcap sub/deep/c.pcap their.capforensics.json"; got != want {
		t.Errorf("inputs are %s, want %s", got, want)
	}
	if tickets[0].name != "ticket" || tickets[0].dir != filepath.Dir(dir) {
		t.Errorf("ticket %q reports to %q", tickets[0].name, tickets[0].dir)
	}
	if linked && !strings.Contains(stderr.String(), "links and devices left out: 1") {
		t.Errorf("stderr is %q", &stderr)
	}
}

// A link to a directory is followed when it is named; its reports go beside the link.
func TestDirectoryByALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "real", "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "real", "sub", "a.pcap"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Skip(err)
	}
	g := &gatherer{ctx: context.Background(), ui: newUI(io.Discard, io.Discard, env()), files: &openFiles{}, maxMembers: 100}
	defer g.files.close()
	tickets := g.gather([]string{link})
	if len(tickets) != 1 || tickets[0].name != "link" || tickets[0].dir != dir || len(tickets[0].inputs) != 1 || tickets[0].inputs[0].Name != "sub/a.pcap" {
		t.Errorf("tickets are %+v", tickets)
	}
}
