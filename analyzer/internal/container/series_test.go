package container

import (
	"archive/zip"
	"bytes"
	"context"
	"slices"
	"testing"
)

func TestInOrder(t *testing.T) {
	for _, tt := range []struct{ names, want []string }{
		{nil, nil},
		{[]string{"x.pcap10", "x.pcap9", "x.pcap", "x.pcap1"}, []string{"x.pcap", "x.pcap1", "x.pcap9", "x.pcap10"}},
		{[]string{"b_00002_20240501101000.pcapng", "mtr.txt", "b_00001_20240501100000.pcapng"}, []string{"b_00001_20240501100000.pcapng", "b_00002_20240501101000.pcapng", "mtr.txt"}},
		{[]string{"server.pcap", "client.pcap"}, []string{"server.pcap", "client.pcap"}},
		{[]string{"b/2.pcap", "a/1.pcap"}, []string{"b/2.pcap", "a/1.pcap"}},
		{[]string{"x007.pcap", "x7.pcap", "x06.pcap"}, []string{"x06.pcap", "x007.pcap", "x7.pcap"}},
		{[]string{"x99999999999999999999999.pcap", "x100.pcap"}, []string{"x100.pcap", "x99999999999999999999999.pcap"}},
	} {
		var got []string
		for _, i := range InOrder(tt.names, nil) {
			got = append(got, tt.names[i])
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.names, got, tt.want)
		}
	}
}

func TestInOrderOfTime(t *testing.T) {
	for _, tt := range []struct {
		names []string
		times []int64
		want  []int
	}{
		{[]string{"x0", "x1", "x2", "x3"}, []int64{30, 40, 10, 20}, []int{2, 3, 0, 1}},
		{[]string{"x2", "x1"}, []int64{5, 5}, []int{1, 0}},
		{[]string{"x1", "x2", "x3"}, []int64{30, 0, 10}, []int{2, 1, 0}}, // the second has no time, and keeps its place
		{[]string{"x", "x"}, []int64{2, 1}, []int{0, 1}},
		{[]string{"y", "x"}, []int64{2, 1}, []int{0, 1}},
		{[]string{"x2", "y", "x1"}, []int64{1, 0, 2}, []int{0, 2, 1}},
	} {
		if got := InOrder(tt.names, func(i int) int64 { return tt.times[i] }); !slices.Equal(got, tt.want) {
			t.Errorf("%q at %d: got %d, want %d", tt.names, tt.times, got, tt.want)
		}
	}
}

// names notes the leaves in the order in which they are walked.
type names struct{ all []string }

func (n *names) Leaf(m *Member, _ *Stream) error { n.all = append(n.all, m.Name); return nil }
func (n *names) Done(*Member)                    {}

// TestZipSeriesInOrder: zip(1) stores files as the folder has them, which on ext4 is by their hashes.
func TestZipSeriesInOrder(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"x.pcap2", "x.pcap10", "x.pcap", "x.pcap1"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var n names
	if err := Walk(context.Background(), Source{Name: "t.zip", ReaderAt: bytes.NewReader(b.Bytes()), Size: int64(b.Len())}, Limits{}, &n, nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"t.zip!/x.pcap", "t.zip!/x.pcap1", "t.zip!/x.pcap2", "t.zip!/x.pcap10"}; !slices.Equal(n.all, want) {
		t.Errorf("got %q, want %q", n.all, want)
	}
}
