package font

import (
	"bytes"
	"testing"
)

func TestBodyShowsWhatReportsNeed(t *testing.T) {
	f, err := Body()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"ASCII 09az~", "→ … — – “” ‘’ • · µ ≥ ≤ ± ✓", "中间设备伪造的重置报文镕喆堃龘", "、。，；：？！（）《》【】", "€￥×÷°"} {
		for _, r := range s {
			if f.Em(r) == 0 {
				t.Errorf("no glyph for %q", r)
			}
		}
	}
	for _, r := range "😀𠮷\x1b\u0627\ue000" {
		if f.Em(r) != 0 {
			t.Errorf("%U has a width", r)
		}
	}
}

func TestMonoHasOneWidth(t *testing.T) {
	f, err := Mono()
	if err != nil {
		t.Fatal(err)
	}
	for r := '!'; r <= '~'; r++ {
		if f.Em(r) != f.Em('0') {
			t.Errorf("%q is %g em wide, 0 is %g", r, f.Em(r), f.Em('0'))
		}
	}
	if f.Em('帧') != 0 {
		t.Error("Mono should have no Chinese")
	}
}

// A document may write into its copy of the file.
func TestTTFIsACopy(t *testing.T) {
	f, err := Body()
	if err != nil {
		t.Fatal(err)
	}
	a := f.TTF()
	clear(a[:64])
	if b := f.TTF(); bytes.Equal(a[:64], b[:64]) {
		t.Error("two copies share their bytes")
	}
}
