package report

import (
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/capforensics/capforensics/report/font"
)

// face sets text in a font, and the characters that it lacks in another.
type face struct {
	*font.Face
	other *font.Face // nil: none
}

// Em gives the width of a character in em, in whichever font shows it; 0 if none does.
func (f face) Em(r rune) float64 { return f.of(r).Em(r) }

// of gives the font that shows a character.
func (f face) of(r rune) *font.Face {
	if f.other != nil && f.Face.Em(r) == 0 {
		return f.other
	}
	return f.Face
}

// width gives the width of a text in em.
func (f face) width(s string) float64 {
	w := 0.0
	for _, r := range s {
		w += f.Em(r)
	}
	return w
}

// runs cuts a text into pieces of one font each.
func (f face) runs(s string) iter.Seq2[*font.Face, string] {
	return func(yield func(*font.Face, string) bool) {
		from, in := 0, f.Face
		for i, r := range s {
			now := f.of(r)
			if now != in && i > from {
				if !yield(in, s[from:i]) {
					return
				}
				from = i
			}
			in = now
		}
		if from < len(s) {
			yield(in, s[from:])
		}
	}
}

// Bounds of one text on the page, runes. The view bounds what comes from a ticket; these hold for everything.
const (
	maxCell  = 2_000
	maxPara  = 4_000
	maxTitle = 300
)

// printable makes a text safe to print: runes that the font cannot show, control and direction characters become [U+1F600], a tab
// becomes a blank, and what exceeds most runes is cut with a mark.
func (f face) printable(s string, most int) string {
	good := len(s) <= most && utf8.ValidString(s)
	for _, r := range s {
		good = good && f.shows(r)
	}
	if good {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s { // bytes that are no UTF-8 come as U+FFFD
		if n++; n > most {
			b.WriteString("…")
			break
		}
		switch {
		case f.shows(r):
			b.WriteRune(r)
		case r == '\t':
			b.WriteByte(' ')
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

// shows says that a rune may stand on the page as it is. A line feed breaks the line.
func (f face) shows(r rune) bool {
	return r == '\n' || f.Em(r) > 0 && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) && r != '\u2028' && r != '\u2029'
}

// Marks that may not begin or end a line (the common part of the Chinese rules).
const (
	noStart = "、。，．：；？！）》」』】〕〉…—·々”’％,.:;?!)]}%"
	noEnd   = "（《「『【〔〈“‘([{$￥"
	softEnd = "/\\-_.,;:&|=@?" // a long name may be broken after these
)

func cjk(r rune) bool { return r >= 0x2e80 && r <= 0xffef && !unicode.IsSpace(r) }

// MayBreak says that a line may end between two runes.
func MayBreak(a, b rune) bool {
	if a == '\u00a0' || unicode.IsSpace(b) {
		return false // blanks stay at the end of the line before
	}
	return (unicode.IsSpace(a) || cjk(a) || cjk(b)) && !strings.ContainsRune(noStart, b) && !strings.ContainsRune(noEnd, a)
}

// wrap breaks a text into lines no wider than width, in em. Put together, the lines are the text without its line feeds: nothing is
// lost, and blanks stay at the ends of lines. A word wider than a line is broken where it best may, in the end anywhere.
//
// Note: gofpdf's MultiCell and SplitText swallow a Chinese character at each break, so they are not used.
func (f face) wrap(s string, width float64) []string {
	var out []string
	for para := range strings.SplitSeq(s, "\n") {
		rs := []rune(para)
		for first := true; first || len(rs) > 0; first = false {
			n := f.fit(rs, width)
			out = append(out, string(rs[:n]))
			rs = rs[n:]
		}
	}
	return out
}

// fit says how many runes make the next line.
func (f face) fit(rs []rune, width float64) int {
	w, good, soft, end := 0.0, 0, 0, len(rs)
	for i, r := range rs {
		if w += f.Em(r); w > width && i > 0 && !unicode.IsSpace(r) {
			end = i
			break
		}
		if i+1 < len(rs) {
			switch {
			case MayBreak(r, rs[i+1]):
				good = i + 1
			case strings.ContainsRune(softEnd, r):
				soft = i + 1
			}
		}
	}
	switch {
	case end == len(rs):
		return end
	case good > 0 && f.wordWidth(rs[good:], width) <= width:
		return good
	case soft > good:
		return soft
	}
	return end
}

// wordWidth gives the width of what cannot be broken at the beginning of a text; it stops counting beyond most.
func (f face) wordWidth(rs []rune, most float64) float64 {
	w := 0.0
	for i, r := range rs {
		if w += f.Em(r); w > most || i+1 < len(rs) && MayBreak(r, rs[i+1]) || unicode.IsSpace(r) {
			break
		}
	}
	return w
}

// longestWord gives the width of the widest part of a text that should not be broken, in em. Words wider than most do not count: they
// are broken anyway.
func (f face) longestWord(s string, most float64) float64 {
	widest, w := 0.0, 0.0
	end := func() {
		if w <= most {
			widest = max(widest, w)
		}
		w = 0
	}
	prev := rune(0)
	for _, r := range s {
		if prev != 0 && MayBreak(prev, r) || unicode.IsSpace(r) {
			end()
		}
		if !unicode.IsSpace(r) {
			w += f.Em(r)
		}
		prev = r
	}
	end()
	return widest
}
