package analyzer

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// TestFindHoles: numbers tell of a file that is missing, and so does a silence that is longer than any other and than the file before.
func TestFindHoles(t *testing.T) {
	type file struct {
		name     string
		from, to int64 // seconds
		frames   uint64
	}
	for _, tt := range []struct {
		name    string
		silence int64 // the longest within a file
		files   []file
		holes   []uint32
		partial bool
	}{
		{"none", 2, []file{{"x1", 1, 10, 5}, {"x2", 11, 20, 5}, {"x3", 21, 30, 5}}, nil, false},
		{"by number", 2, []file{{"x1", 1, 10, 5}, {"x2", 11, 20, 5}, {"x4", 21, 30, 5}}, []uint32{11}, true},
		{"by time", 2, []file{{"x20260101", 1, 10, 5}, {"x20260102", 20, 30, 5}}, []uint32{6}, false},
		{"over a file that holds nothing", 2, []file{{"x20260101", 1, 10, 5}, {"x20260102", 0, 0, 0}, {"x20260103", 20, 30, 5}}, []uint32{6}, false},
		{"a silence that numbers explain", 2, []file{{"x1", 1, 10, 5}, {"x2", 100, 110, 5}}, nil, false},
		{"a silence as within a file", 10, []file{{"x20260101", 1, 10, 5}, {"x20260102", 20, 30, 5}}, nil, false},
		{"a silence shorter than the file before", 2, []file{{"x20260101", 1, 10, 5}, {"x20260102", 18, 30, 5}}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &reading{Capture: &Capture{Member: &Member{}}, tally: newTally()}
			o.tally.silence = tt.silence * 1e9
			first := uint64(1)
			for _, f := range tt.files {
				o.Parts = append(o.Parts, Part{Member: &Member{Name: f.name, From: f.from * 1e9, To: f.to * 1e9}, First: first, Frames: f.frames})
				first += f.frames
			}
			a := &analysis{Case: &Case{}}
			a.findHoles(o)
			if len(o.holes) != len(tt.holes) || len(tt.holes) > 0 && o.holes[0] != tt.holes[0] || a.Partial() != tt.partial || int(o.Health.Holes) != len(a.Caveats) || o.Misses() != (tt.holes != nil) {
				t.Errorf("holes before frames %d, partial %v, %d caveats; want %d, %v", o.holes, a.Partial(), len(a.Caveats), tt.holes, tt.partial)
			}
		})
	}
}

// TestHoleIn: a flow that begins behind a hole with its SYN does not reach over it; one without may have.
func TestHoleIn(t *testing.T) {
	c := &Capture{holes: []uint32{10, 20}}
	for _, tt := range []struct {
		first uint32
		syn   bool
		want  uint32
	}{{1, true, 10}, {9, true, 10}, {10, true, 20}, {19, false, 10}, {20, true, 0}, {25, false, 10}} {
		s := &flow.Summary{FirstFrame: tt.first}
		s.Half[flow.Server].SeenSYN = tt.syn
		if got := c.holeIn(s); got != tt.want {
			t.Errorf("from frame %d, opened %v: %d, want %d", tt.first, tt.syn, got, tt.want)
		}
	}
}
