package analyzer

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/container"
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
		holes   []uint32 // that are sure
		caveats int
	}{
		{"none", 2, []file{{"x1", 1, 10, 5}, {"x2", 11, 20, 5}, {"x3", 21, 30, 5}}, nil, 0},
		{"by number", 2, []file{{"x1", 1, 10, 5}, {"x2", 11, 20, 5}, {"x4", 21, 30, 5}}, []uint32{11}, 1},
		{"by time", 2, []file{{"x20260101", 1, 10, 5}, {"x20260102", 20, 30, 5}}, nil, 1},
		{"over a file that holds nothing", 2, []file{{"x20260101", 1, 10, 5}, {"x20260102", 0, 0, 0}, {"x20260103", 20, 30, 5}}, nil, 1},
		{"a silence that numbers explain", 2, []file{{"x1", 1, 10, 5}, {"x2", 100, 110, 5}}, nil, 0},
		{"a silence as within a file", 10, []file{{"x20260101", 1, 10, 5}, {"x20260102", 20, 30, 5}}, nil, 0},
		{"a silence shorter than the file before", 2, []file{{"x20260101", 1, 10, 5}, {"x20260102", 18, 30, 5}}, nil, 0},
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
			if len(o.holes) != len(tt.holes) || len(tt.holes) > 0 && o.holes[0] != tt.holes[0] || a.Partial() != (tt.holes != nil) || len(a.Caveats) != tt.caveats || o.Misses() != (tt.caveats > 0) {
				t.Errorf("holes before frames %d, partial %v, %d caveats; want %d, %v", o.holes, a.Partial(), len(a.Caveats), tt.holes, tt.caveats)
			}
		})
	}
}

// TestFindGap: a file that lasted longer than anything may be silent ends a capture, and is told all the same.
func TestFindGap(t *testing.T) {
	for _, tt := range []struct {
		next string
		want bool
	}{{"x_00003_20260101120000", false}, {"x_00004_20260101120000", true}, {"y_00004_20260101120000", false}} {
		o := &reading{Capture: &Capture{Member: &Member{}}, tally: newTally(), series: container.SeriesOf("x_00001_20260101100000")}
		for _, name := range []string{"x_00001_20260101100000", "x_00002_20260101110000"} {
			o.Parts = append(o.Parts, Part{Member: &Member{Name: name}})
		}
		a := &analysis{Case: &Case{}}
		if a.findGap(o, &Member{Name: tt.next}); a.Partial() != tt.want {
			t.Errorf("%s: missing %v, want %v", tt.next, a.Partial(), tt.want)
		}
	}
}

// TestDecideOverHole: a connection of which a verdict was muted is not clean for that.
func TestDecideOverHole(t *testing.T) {
	a := &analysis{Case: &Case{Captures: []*Capture{{holes: []uint32{10}}}}}
	c := &Conn{Seen: []Sighting{{Summary: flow.Summary{FirstFrame: 5, Proto: flow.TCP}}}}
	before, behind := &Finding{Rule: &Rule{}, Cause: AppAbort, Weight: 4, Event: 9}, &Finding{Rule: &Rule{}, Cause: RSTInjection, Weight: 4, Event: 10}
	a.muteBehindHoles(c, []*Finding{before, behind}, false)
	if before.Weight != 4 || behind.Weight != Note {
		t.Errorf("weights %v and %v, want 4 and none", before.Weight, behind.Weight)
	}
	if d := c.decide([]*Finding{behind}); d.class != Inconclusive || d.cause != ConnectionLost {
		t.Errorf("%v (%v), want it inconclusive", d.class, d.cause)
	}
}

// TestHoleIn: a flow that begins behind a hole with its SYN does not reach over it; one without may have.
func TestHoleIn(t *testing.T) {
	c := &Capture{holes: []uint32{10, 20}}
	for _, tt := range []struct {
		first uint32
		syn   bool
		proto flow.Proto
		want  uint32
	}{{1, true, flow.TCP, 10}, {9, true, flow.TCP, 10}, {10, true, flow.TCP, 20}, {19, false, flow.TCP, 10}, {20, true, flow.TCP, 0}, {25, false, flow.TCP, 10}, {25, false, flow.UDP, 0}} {
		s := &flow.Summary{FirstFrame: tt.first, Proto: tt.proto}
		s.Half[flow.Client].SeenSYN = tt.syn
		if got := c.holeIn(s); got != tt.want {
			t.Errorf("from frame %d, opened %v: %d, want %d", tt.first, tt.syn, got, tt.want)
		}
	}
}
