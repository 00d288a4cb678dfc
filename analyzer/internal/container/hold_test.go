package container

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// digitTime makes a capture of anything that begins like one: the byte behind the mark is its time.
func digitTime(head []byte) (bool, int64) {
	if !captureMagics(head) || len(head) < 5 {
		return false, 0
	}
	return true, int64(head[4])
}

func holdWalk(t *testing.T, data string, limits Limits) (*recorder, error) {
	t.Helper()
	r := &recorder{read: -1, keep: true}
	src := Source{Name: "t", Size: int64(len(data)), ReaderAt: strings.NewReader(data), FirstTime: digitTime}
	return r, Walk(context.Background(), src, limits, r, nil)
}

// TestHoldBound walks at once, and loses nothing of, what does not fit into the room for those that wait.
func TestHoldBound(t *testing.T) {
	noLeak(t)
	const mark = "\xd4\xc3\xb2\xa1"
	one, two, three := mark+"\x03"+noise(300_000), mark+"\x02"+noise(200_000), mark+"\x01"+noise(100_000)
	data := tarOf(t, file{"x1.pcap", one}, file{"x2.pcap", two}, file{"x3.pcap", three})
	for _, tt := range []struct {
		most  int64
		order string
	}{
		{0, "x3.pcap x2.pcap x1.pcap"},
		{550_000, "x2.pcap x1.pcap x3.pcap"}, // the third does not fit, and after it nothing waits
		{350_000, "x1.pcap x2.pcap x3.pcap"},
		{100, "x1.pcap x2.pcap x3.pcap"},
	} {
		r, err := holdWalk(t, data, Limits{MaxSpool: tt.most, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if told := r.members[len(r.members)-1].Unsorted != nil; told != (tt.most > 0) {
			t.Errorf("with room for %d bytes: told %v", tt.most, told)
		}
		var order []string
		want := map[string]string{"x1.pcap": one, "x2.pcap": two, "x3.pcap": three}
		for i, m := range r.members[:len(r.members)-1] {
			name := strings.TrimPrefix(m.Name, "t!/")
			order = append(order, name)
			if r.data[i] != want[name] || m.Err != nil || m.Size != int64(len(want[name])) {
				t.Errorf("with room for %d bytes: %s has %d bytes, %v", tt.most, name, m.Size, m.Err)
			}
		}
		if got := strings.Join(order, " "); got != tt.order {
			t.Errorf("with room for %d bytes: got %s, want %s", tt.most, got, tt.order)
		}
	}
}

// TestHoldOneCapture says nothing of order where a single capture finds no room.
func TestHoldOneCapture(t *testing.T) {
	r, err := holdWalk(t, tarOf(t, file{"x1.pcap", "\xd4\xc3\xb2\xa1\x01" + noise(2000)}, file{"y1.pcap", "\xd4\xc3\xb2\xa1\x02" + noise(2000)}), Limits{MaxSpool: 100})
	if last := r.members[len(r.members)-1]; err != nil || leaves(r) != "x1.pcap y1.pcap" || last.Unsorted != nil {
		t.Errorf("%s: %v, %v", leaves(r), err, last.Unsorted)
	}
}

// TestHoldPartTooBig says of parts that there is no room for why they were not joined.
func TestHoldPartTooBig(t *testing.T) {
	z := zipOf(t, file{"a", noise(400_000)})
	data := tarOf(t, file{"x.zip.001", z[:200_000]}, file{"x.zip.002", z[200_000:]})
	r, err := holdWalk(t, data, Limits{MaxSpool: 250_000})
	if err != nil || !strings.Contains(r.inventory(), "is kept in a temporary file (raise --max-spool") || strings.Contains(r.inventory(), "leaf t!/x.zip!/a") {
		t.Errorf("%v, got\n%s", err, r.inventory())
	}
}

// temporary notes the temporary files that the test makes, as open does.
func temporary(t *testing.T, open func(dir, pattern string) (*os.File, error)) (made *[]*os.File) {
	t.Helper()
	made = new([]*os.File)
	createTemp = func(dir, pattern string) (*os.File, error) {
		f, err := open(dir, pattern)
		if err == nil {
			*made = append(*made, f)
		}
		return f, err
	}
	t.Cleanup(func() { createTemp = os.CreateTemp })
	return made
}

// TestHoldLeavesNothing looks for what was kept after a walk that was canceled, and one that was not.
func TestHoldLeavesNothing(t *testing.T) {
	noLeak(t)
	made := temporary(t, os.CreateTemp)
	data := tarOf(t, file{"x1.pcap", "\xd4\xc3\xb2\xa1\x02" + noise(inMemory+1)}, file{"x2.pcap", "\xd4\xc3\xb2\xa1\x01"})
	for _, cancels := range []bool{false, true} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		r := &recorder{onLeaf: func(*Member, *Stream) error {
			if cancels {
				cancel()
			}
			return ctx.Err()
		}}
		*made = nil
		err := Walk(ctx, Source{Name: "t", Size: int64(len(data)), ReaderAt: strings.NewReader(data), FirstTime: digitTime}, Limits{TempDir: dir}, r, nil)
		if (err != nil) != cancels {
			t.Errorf("canceled %v: %v", cancels, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("canceled %v: %v left, %v", cancels, left, err)
		}
		if len(*made) != 1 {
			t.Fatalf("canceled %v: %d temporary files", cancels, len(*made))
		}
		if _, err := (*made)[0].Stat(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("canceled %v: the temporary file is open (%v)", cancels, err)
		}
		cancel()
	}
}

// TestHoldFullDisk loses nothing of a member that was being kept when the disk for temporary files was full.
func TestHoldFullDisk(t *testing.T) {
	noLeak(t)
	temporary(t, func(dir, pattern string) (*os.File, error) {
		f, err := os.CreateTemp(dir, pattern)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return os.Open(f.Name()) // and so cannot be written to
	})
	files := []file{{"x1.pcap", "\xd4\xc3\xb2\xa1\x02" + noise(inMemory/2)}, {"x2.pcap", "\xd4\xc3\xb2\xa1\x01" + noise(inMemory)}, {"x3.pcap", "\xd4\xc3\xb2\xa1\x03" + noise(inMemory/2)}}
	r, err := holdWalk(t, tarOf(t, files...), Limits{TempDir: t.TempDir()})
	if err != nil || leaves(r) != "x1.pcap x2.pcap x3.pcap" {
		t.Fatalf("%s: %v", leaves(r), err)
	}
	if told := r.members[len(r.members)-1].Unsorted; told == nil || strings.Contains(told.Error(), "--max-spool") {
		t.Errorf("told of the order: %v", told)
	}
	for i, f := range files {
		if m := r.members[i]; r.data[i] != f.data || fmt.Sprintf("%x", m.SHA256) != hashOf(f.data) || m.Err != nil {
			t.Errorf("%s: %d bytes of %d, %v", f.name, m.Size, len(f.data), m.Err)
		}
	}
}

// TestSpoolShort tells what a temporary file has lost.
func TestSpoolShort(t *testing.T) {
	temporary(t, os.CreateTemp)
	s := &spool{dir: t.TempDir(), most: 1 << 30}
	defer s.close()
	if _, err := s.Write([]byte(noise(inMemory + 10))); err != nil {
		t.Fatal(err)
	}
	s.file.Truncate(inMemory)
	if n, err := io.Copy(io.Discard, s.section(0, inMemory+10)); n != inMemory || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestHoldRoomIsGivenBack has two archives one behind the other fit into the room of one.
func TestHoldRoomIsGivenBack(t *testing.T) {
	const mark = "\xd4\xc3\xb2\xa1"
	inner := tarOf(t, file{"x1.pcap", mark + "\x02" + noise(100_000)}, file{"x2.pcap", mark + "\x01" + noise(100_000)})
	r, err := holdWalk(t, tarOf(t, file{"a.tar", inner}, file{"b.tar", inner}), Limits{MaxSpool: 250_000})
	if got := leaves(r); err != nil || got != "a.tar!/x2.pcap a.tar!/x1.pcap b.tar!/x2.pcap b.tar!/x1.pcap" {
		t.Errorf("%s: %v", got, err)
	}
}

// TestHoldWholeZips reads zips that find no room to wait, as any of them might have been the end of one in parts, and all behind them.
func TestHoldWholeZips(t *testing.T) {
	a, b := zipOf(t, file{"a.pcap", noise(200_000)}), zipOf(t, file{"b.pcap", noise(200_000)})
	for kind, pack := range packers(t) {
		r, err := holdWalk(t, pack(file{"a.zip", a}, file{"b.zip", b}, file{"c.txt", "c"}), Limits{MaxSpool: 300_000})
		if got := leaves(r); err != nil || len(strings.Fields(got)) != 3 || strings.Contains(r.inventory(), "kept") {
			t.Errorf("%s: %v\n%s", kind, err, r.inventory())
		}
	}
}

// TestHoldNoPart looks at a whole archive by itself where a file beside it is named like a part of it.
func TestHoldNoPart(t *testing.T) {
	z := zipOf(t, file{"a.pcap", packetText})
	for kind, pack := range packers(t) {
		r, err := holdWalk(t, pack(file{"x.zip", z}, file{"x.z01", "junk"}), Limits{})
		if err != nil || !strings.Contains(leaves(r), "x.zip!/a.pcap") || !strings.Contains(r.inventory(), "x.z01 4: it is named like a part of x.zip, and the parts together are no archive") {
			t.Errorf("%s: %v\n%s", kind, err, r.inventory())
		}
	}
}

// packers are the kinds of archives that hold several members, but 7z, which is not written here.
func packers(t testing.TB) map[string]func(files ...file) string {
	return map[string]func(files ...file) string{
		"zip": func(files ...file) string { return zipOf(t, files...) },
		"zip without its directory": func(files ...file) string {
			z := zipOf(t, files...)
			return z[:binary.LittleEndian.Uint32([]byte(z[len(z)-6:]))]
		},
		"tar":  func(files ...file) string { return tarOf(t, files...) },
		"rar4": func(files ...file) string { return rar4Of(t, rarOptions{}, files...)[0] },
		"rar5": func(files ...file) string { return rar5Of(t, rarOptions{solid: true}, files...)[0] },
		"mail": func(files ...file) string {
			var parts []string
			for _, f := range files {
				parts = append(parts, attached(`attachment; filename="`+f.name+`"`, f.data))
			}
			return mailOf(parts...)
		},
		"msg": func(files ...file) string {
			root := []storage{{name: msgProperties, data: "p"}}
			for i, f := range files {
				root = append(root, attachment(fmt.Sprintf("%08d", i), utf16Text(f.name), f.data))
			}
			return compoundOf(root...)
		},
	}
}

// leaves are the names of what was walked, in its order.
func leaves(r *recorder) string {
	var names []string
	for _, m := range r.members {
		if m.Kind == Leaf {
			names = append(names, strings.TrimPrefix(m.Name, "t!/"))
		}
	}
	return strings.Join(names, " ")
}

// TestHoldRings has captures of every kind of archive in the order of their time, compressed or not.
func TestHoldRings(t *testing.T) {
	const mark = "\xd4\xc3\xb2\xa1"
	plain := []file{{"x1.pcap", mark + "\x03third"}, {"x2.pcap", mark + "\x01first"}, {"a7.log", "path"}, {"x3.pcap", mark + "\x02second"}}
	packed := []file{{"x1.pcap.gz", gzipOf(t, mark+"\x03third")}, {"x2.pcap.gz", gzipOf(t, mark+"\x01first")}, {"a7.log", "path"}, {"x3.pcap.gz", gzipOf(t, mark+"\x02second")}}
	for kind, pack := range packers(t) {
		for _, files := range [][]file{plain, packed} {
			want := []string{files[1].name, files[3].name, files[0].name}
			got := strings.Fields(leaves(walk(t, "t", pack(files...), Limits{})))
			rings := slices.DeleteFunc(slices.Clone(got), func(name string) bool { return name == "a7.log" })
			if !slices.Equal(rings, want) || len(got) != 4 {
				t.Errorf("%s: got %v, want %v", kind, got, want)
			}
		}
	}
	if got := leaves(walk(t, "t", archiveFile(t, "ring.7z"), Limits{})); got != "y.txt x3.pcap x2.pcap x1.pcap" {
		t.Errorf("7z: got %s", got)
	}
}

// TestHoldParts joins the parts of an archive in every kind of archive.
func TestHoldParts(t *testing.T) {
	inner := zipOf(t, file{"a.pcap", packetText})
	cut := func(names ...string) []file {
		var parts []file
		n := len(inner)/len(names) + 1
		for i, name := range names {
			parts = append(parts, file{name, inner[i*n : min((i+1)*n, len(inner))]})
		}
		slices.Reverse(parts) // in no helpful order
		return parts
	}
	volumes := func(name func(i int) string, all []string) []file {
		var parts []file
		for i, v := range all {
			parts = append(parts, file{name(i), v})
		}
		return append(parts[1:], parts[0])
	}
	sets := map[string]struct {
		parts []file
		name  string
	}{
		"split":   {cut("i.zip.001", "i.zip.002", "i.zip.003"), "i.zip!/a.pcap"},
		"new rar": {volumes(func(i int) string { return fmt.Sprintf("i.part%d.rar", i+1) }, rar5Of(t, rarOptions{volume: 25}, file{"a.pcap", packetText})), "i.rar!/a.pcap"},
		"old rar": {volumes(func(i int) string {
			if i == 0 {
				return "i.rar"
			}
			return fmt.Sprintf("i.r%02d", i-1)
		}, rar4Of(t, rarOptions{volume: 25}, file{"a.pcap", packetText})), "i.rar!/a.pcap"},
	}
	for kind, pack := range packers(t) {
		for what, set := range sets {
			r := walk(t, "t", pack(set.parts...), Limits{})
			if got := leaves(r); got != set.name || r.data[0] != packetText {
				t.Errorf("%s of %s: got %s\n%s", kind, what, got, r.inventory())
			}
			r = walk(t, "t", pack(set.parts[:len(set.parts)-1]...), Limits{})
			if !strings.Contains(r.inventory(), "missing") {
				t.Errorf("%s of %s without the first: got\n%s", kind, what, r.inventory())
			}
		}
	}
}
