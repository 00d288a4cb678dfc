package container

import (
	"context"
	"os"
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
