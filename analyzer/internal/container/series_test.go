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
		{[]string{"web1_1", "web2_1", "web1_2", "web2_2"}, []int64{3, 2, 1, 4}, []int{2, 0, 1, 3}}, // two hosts
		{[]string{"web1.pcap1", "web2.pcap", "web1.pcap", "web2.pcap1"}, []int64{3, 2, 1, 4}, []int{2, 0, 1, 3}},
		{[]string{"10.0.0.2_1_20261129120000", "10.0.0.1_1_20261129120000", "10.0.0.2_2_20261129121000"}, []int64{1, 2, 3}, []int{1, 0, 2}},
		{[]string{"x-2026-11-29-12-10", "x-2026-11-29-11-50", "x-2026-11-29-12-20"}, []int64{2, 1, 3}, []int{1, 0, 2}},
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

func TestSkipped(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  []int
	}{
		{nil, []int{}},
		{[]string{"x.pcap", "x.pcap1", "x.pcap2"}, []int{-1, 0, 0}},
		{[]string{"x.pcap", "x.pcap2", "x.pcap3"}, []int{-1, 1, 0}},
		{[]string{"x3", "x4", "x0", "x1"}, []int{-1, 0, -1, 0}}, // wrapped
		{[]string{"x3", "x5", "x0", "x1"}, []int{-1, 1, -1, 0}},
		{[]string{"b_00009_20260501100000.pcapng", "b_00010_20260501101000.pcapng", "b_00013_20260501104000.pcapng"}, []int{-1, 0, 2}},
		{[]string{"x_20260501100000.pcap", "x_20260501110000.pcap"}, []int{-1, -1}},
		{[]string{"x-2026-05-01-10.05.00", "x-2026-05-01-10.10.00", "x-2026-05-01-10.20.00"}, []int{-1, -1, -1}},
		{[]string{"x1258", "x1259", "x1300", "x1302"}, []int{-1, -1, -1, -1}}, // by the minute
		{[]string{"x125958", "x125959", "x130000"}, []int{-1, -1, -1}},        // by the second
		{[]string{"x0058", "x0059", "x0060", "x0062"}, []int{-1, 0, 0, 1}},    // no time of day
		{[]string{"x_20260501_120000.pcap", "x_20260501_120001.pcap", "x_20260501_120005.pcap"}, []int{-1, -1, -1}},
		{[]string{"x-2026-05-01-12-01", "x-2026-05-01-12-02", "x-2026-05-01-12-05"}, []int{-1, -1, -1}},
		{[]string{"x_20260501_01.pcap", "x_20260501_02.pcap", "x_20260501_05.pcap"}, []int{-1, -1, -1}}, // by the hour
		{[]string{"port80.pcap", "port81.pcap", "port443.pcap"}, []int{-1, -1, -1}},
		{[]string{"x.pcap0.gz", "x.pcap1.gz", "x.pcap3"}, []int{-1, 0, 1}},
		{[]string{"x1.pcap.bz2", "x2.pcap.bz2", "x3.pcap"}, []int{-1, 0, 0}},
		{[]string{"x1", "x3", "x5"}, []int{-1, -1, -1}},                                      // by twos
		{[]string{"a1b1", "a2b2"}, []int{-1, -1}},                                            // two that differ
		{[]string{"x", "y1", "z"}, []int{-1, -1, -1}},                                        // no series
		{[]string{"x99999999999999999999999", "x99999999999999999999999999"}, []int{-1, -1}}, // beyond an int
		{[]string{"../1/x7.pcap", "../1/x8.pcap", "../1/x10.pcap.gz"}, []int{-1, 0, 1}},      // folders do not count
		{[]string{"x.pcap", "x.pcap2"}, []int{-1, 1}},                                        // tcpdump -C
		{[]string{"x_00001_20261129120000", "x_00004_20261129121000"}, []int{-1, 2}},         // dumpcap
		{[]string{"x1", "x5"}, []int{-1, -1}},
		{[]string{"x1", "x2", "x9", "x3", "x8", "x4"}, []int{-1, -1, -1, -1, -1, -1}}, // in no order
		{[]string{"x7.pcap", "x.pcap"}, []int{-1, -1}},
	} {
		if got := Skipped(tt.names); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %d, want %d", tt.names, got, tt.want)
		}
	}
}
