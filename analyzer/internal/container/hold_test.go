package container

import (
	"context"
	"fmt"
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
		{350_000, "x2.pcap x3.pcap x1.pcap"}, // the second does not fit, and after it nothing waits
		{100, "x1.pcap x2.pcap x3.pcap"},
	} {
		r, err := holdWalk(t, data, Limits{MaxSpool: tt.most, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
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

// TestHoldPartTooBig says of parts that there is no room for why they were not joined.
func TestHoldPartTooBig(t *testing.T) {
	z := zipOf(t, file{"a", noise(400_000)})
	data := tarOf(t, file{"x.zip.001", z[:200_000]}, file{"x.zip.002", z[200_000:]})
	r, err := holdWalk(t, data, Limits{MaxSpool: 250_000})
	if err != nil || !strings.Contains(r.inventory(), "is not kept: unpack it and pass the folder") || strings.Contains(r.inventory(), "leaf t!/x.zip!/a") {
		t.Errorf("%v, got\n%s", err, r.inventory())
	}
}

// TestHoldLeavesNothing looks for what was kept after a walk that was canceled, and one that was not.
func TestHoldLeavesNothing(t *testing.T) {
	noLeak(t)
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
		err := Walk(ctx, Source{Name: "t", Size: int64(len(data)), ReaderAt: strings.NewReader(data), FirstTime: digitTime}, Limits{TempDir: dir}, r, nil)
		if (err != nil) != cancels {
			t.Errorf("canceled %v: %v", cancels, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("canceled %v: %v left, %v", cancels, left, err)
		}
		cancel()
	}
}

// packers are the kinds of archives that hold several members, but 7z, which is not written here.
func packers(t testing.TB) map[string]func(files ...file) string {
	return map[string]func(files ...file) string{
		"zip": func(files ...file) string { return zipOf(t, files...) },
		"zip without its directory": func(files ...file) string {
			z := zipOf(t, files...)
			return z[:strings.Index(z, "PK\x01\x02")]
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
