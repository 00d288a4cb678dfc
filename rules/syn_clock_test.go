package rules

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

func TestSYNClock(t *testing.T) {
	for _, c := range []struct {
		name  string
		ttl   uint8
		times []float64
		want  string
	}{
		{"one", 64, []float64{0}, ""},
		{"two tell nothing", 64, []float64{0, 1}, ""},
		{"Linux", 64, []float64{0, 1.01, 3.02, 7.05, 15.1}, "Linux before 6.5"},
		{"Linux today", 64, []float64{0, 1.012, 2.03, 3.05, 4.08, 6.1, 10.2}, "Linux from 6.5 on, or macOS,"},
		{"Linux today, cut short", 64, []float64{0, 1.012, 2.03}, "Linux from 6.5 on, or macOS,"},
		{"macOS", 64, []float64{0, 1, 2, 3, 4, 5, 7, 11}, "Linux from 6.5 on, or macOS,"},
		{"too few even steps", 64, []float64{0, 1, 2, 4, 8}, ""},
		{"Windows", 128, []float64{0, 1.01, 3.02, 7.03}, "Windows"},
		{"old Windows, some hops away", 117, []float64{0, 3, 9}, "Windows before 8"},
		{"old Linux", 52, []float64{0, 3, 9, 21}, "an old kernel (Linux before 3.1)"},
		{"a program's own retries", 64, []float64{0, 0.5, 1, 1.5}, ""},
		{"one of them is missing", 64, []float64{0, 3, 7, 15}, ""},
	} {
		var syns []*flow.Packet
		for _, at := range c.times {
			syns = append(syns, &flow.Packet{Time: int64(at * 1e9), TTL: c.ttl})
		}
		if got := synClock(syns).String(); got != c.want {
			t.Errorf("%s: synClock(%v) = %q, want %q", c.name, c.times, got, c.want)
		}
	}
}
