package rules

import (
	"fmt"
	"testing"
)

func TestClusters(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes []uint32
		want  string
	}{
		{"none", nil, "[]"},
		{"two are too few", []uint32{16000, 16400}, "[]"},
		{"a filter that cuts at 16 to 20 kB", []uint32{17000, 250000, 16200, 19800, 18400, 90}, "[{16200 19800 [2 0 4 3]}]"},
		{"scattered", []uint32{10000, 20000, 40000, 80000, 160000}, "[]"},
		{"handshakes are alike anyhow", []uint32{4000, 4100, 4200, 4300}, "[]"},
		{"two groups, the larger first", []uint32{100000, 101000, 102000, 16000, 16500, 17000, 17100}, "[{16000 17100 [3 4 5 6]} {100000 102000 [0 1 2]}]"},
		{"equal", []uint32{15000, 15000, 15000}, "[{15000 15000 [0 1 2]}]"},
		{"a row without a gap is cut where most lie close", []uint32{10000, 11000, 12000, 13000, 15000, 17000}, "[{10000 12000 [0 1 2]}]"},
	} {
		if got := fmt.Sprint(clusters(c.bytes)); got != c.want {
			t.Errorf("%s: clusters(%v) = %s, want %s", c.name, c.bytes, got, c.want)
		}
	}
}
