package report

import (
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/capforensics/capforensics/report/font"
)

func testFaces(t testing.TB) map[string]face {
	t.Helper()
	body, err := font.Body()
	if err != nil {
		t.Fatal(err)
	}
	mono, err := font.Mono()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]face{"body": {body, nil}, "mono": {mono, body}}
}

// Every character comes out of the wrapper in order, whatever the text and the width, and no line is too wide but for its last blanks
// or a single character.
func TestWrapLosesNothing(t *testing.T) {
	alphabet := []rune("abcXYZ019 .,:;-/\\_()[]“”，。；：？！（）《》、…—中文报文连接重置伪造镕喆→≥  \u00a0")
	rnd := rand.New(rand.NewSource(1))
	for name, f := range testFaces(t) {
		for range 4_000 {
			rs := make([]rune, rnd.Intn(120))
			for i := range rs {
				rs[i] = alphabet[rnd.Intn(len(alphabet))]
			}
			checkWrap(t, name, f, string(rs), 0.2+rnd.Float64()*30)
		}
	}
}

func FuzzWrap(f *testing.F) {
	for _, s := range []string{"", " ", "a", "\n", "a\n\nb", "中文。中文", "0123456789abcdef", "a b  c", "（）", "[U+1F600]"} {
		f.Add(s, 5.0)
	}
	faces := testFaces(f)
	f.Fuzz(func(t *testing.T, s string, width float64) {
		if width > 0 {
			body := faces["body"]
			checkWrap(t, "body", body, body.printable(s, maxCell), width)
		}
	})
}

func checkWrap(t *testing.T, name string, f face, s string, width float64) {
	t.Helper()
	lines := f.wrap(s, width)
	if got, want := strings.Join(lines, ""), strings.ReplaceAll(s, "\n", ""); got != want {
		t.Fatalf("%s: wrap(%q, %.2f) = %q: not the same text", name, s, width, lines)
	}
	for _, line := range lines {
		bare := strings.TrimRight(line, " \u00a0\u3000")
		if f.width(bare) > width && utf8.RuneCountInString(bare) > 1 {
			t.Fatalf("%s: wrap(%q, %.2f): line %q is %.2f wide", name, s, width, line, f.width(bare))
		}
	}
}

func TestWrap(t *testing.T) {
	body := testFaces(t)["body"]
	tests := []struct {
		name, in string
		fits     string // the width is that of this text
		want     []string
	}{
		{"empty", "", "abc", []string{""}},
		{"fits exactly", "abc", "abc", []string{"abc"}},
		{"at a blank", "one two three", "one two", []string{"one two ", "three"}},
		{"between hanzi", "伪造的重置报文", "伪造的", []string{"伪造的", "重置报", "文"}},
		{"no stop at the start of a line", "伪造的，重置", "伪造的", []string{"伪造", "的，重", "置"}},
		{"no bracket at the end of a line", "重置（伪造）", "重置（", []string{"重置", "（伪", "造）"}},
		{"long word after a slash", "aaaa/bbbbbbbb", "aaaa/bb", []string{"aaaa/", "bbbbbb", "bb"}},
		{"hash anywhere", "0123456789", "0123", []string{"0123", "4567", "89"}},
		{"long name stays beside a short word", "at 0123456789", "at 0123", []string{"at 0123", "456789"}},
		{"line feed", "a\nb", "abc", []string{"a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := body.wrap(tt.in, body.width(tt.fits)+1e-9)
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("wrap(%q) at the width of %q = %q, want %q", tt.in, tt.fits, got, tt.want)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	body := testFaces(t)["body"]
	tests := []struct{ name, in, want string }{
		{"plain", "RST → 镕喆 ≥ µ", "RST → 镕喆 ≥ µ"},
		{"emoji", "a😀b", "a[U+1F600]b"},
		{"beyond the basic plane", "𠮷", "[U+20BB7]"},
		{"escape sequence", "\x1b[31mred", "[U+001B][31mred"},
		{"right to left override", "gpj\u202eexe", "gpj[U+202E]exe"},
		{"zero width", "a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"},
		{"no glyph", "سلام", "[U+0633][U+0644][U+0627][U+0645]"},
		{"not UTF-8", "a\xffb", "a[U+FFFD]b"},
		{"NUL and DEL", "\x00\x7f", "[U+0000][U+007F]"},
		{"tab", "a\tb", "a b"},
		{"line separator", "a\u2028b", "a[U+2028]b"},
		{"too long", strings.Repeat("中", 20), strings.Repeat("中", 15) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := body.printable(tt.in, 15); got != tt.want {
				t.Errorf("printable(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}
