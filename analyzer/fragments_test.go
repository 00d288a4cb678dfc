package analyzer

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

func TestFragments(t *testing.T) {
	piece := func(id uint16, off uint16, more bool) *wire.Segment {
		return &wire.Segment{V4: true, Proto: 17, IPID: id, FragOff: off, MF: more, Src: [16]byte{15: 1}, Dst: [16]byte{15: 2}}
	}
	type arrival struct {
		at  float64 // seconds
		seg *wire.Segment
	}
	piece6 := func(proto uint8, off uint16, more bool) *wire.Segment {
		return &wire.Segment{Proto: proto, FragID: 7, FragOff: off, MF: more}
	}
	for _, c := range []struct {
		name                           string
		in                             []arrival
		end                            float64
		whole, beginnings, ends, later uint64
		firstBegin                     uint64
	}{
		{"nothing", nil, 9, 0, 0, 0, 0, 0},
		{"whole", []arrival{{0, piece(1, 0, true)}, {0, piece(1, 1480, true)}, {0, piece(1, 2960, false)}}, 9, 1, 0, 0, 2, 0},
		{"in reverse order", []arrival{{0, piece(1, 1480, false)}, {0, piece(1, 0, true)}}, 9, 1, 0, 0, 1, 0},
		{"the rest never comes", []arrival{{0, piece(1, 0, true)}, {0, piece(1, 1480, false)}, {1, piece(2, 0, true)}}, 9, 1, 1, 0, 1, 3},
		{"the first never comes", []arrival{{1, piece(2, 1480, false)}}, 9, 0, 0, 1, 1, 0},
		{"the capture ends too soon to tell", []arrival{{8.5, piece(2, 0, true)}}, 9, 0, 0, 0, 0, 0},
		{"the number comes again much later", []arrival{{0, piece(2, 0, true)}, {60, piece(2, 0, true)}, {60, piece(2, 1480, false)}}, 90, 1, 1, 0, 1, 1},
		{"IPv6 with an extension header behind that of the fragment", []arrival{{0, piece6(17, 0, true)}, {0, piece6(60, 1448, false)}}, 9, 1, 0, 0, 1, 0},
	} {
		var f fragments
		for k, a := range c.in {
			f.add(uint64(k+1), int64(a.at*1e9), a.seg)
		}
		f.finish(int64(c.end * 1e9))
		if f.whole != c.whole || f.beginnings != c.beginnings || f.ends != c.ends || f.later != c.later || f.firstBegin != c.firstBegin {
			t.Errorf("%s: %d whole, %d beginnings (first in frame %d), %d ends, %d later; want %d, %d (%d), %d, %d", c.name,
				f.whole, f.beginnings, f.firstBegin, f.ends, f.later, c.whole, c.beginnings, c.firstBegin, c.ends, c.later)
		}
	}
}
