package report

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	// maxText bounds a text that comes from a ticket, runes.
	maxText = 2000
	// maxMarks is how many combining marks may stand on one letter; more grow over the lines around it.
	maxMarks = 4
)

// clean makes a text that may come from a ticket harmless to show: control, direction and other invisible characters become
// \u{...}, and it is bounded. What is clean already comes back as it is.
func clean(s string) string {
	if harmless(s) {
		return s
	}
	var b strings.Builder
	n, marks := 0, 0
	for _, r := range s {
		if n++; n > maxText {
			b.WriteString("…")
			break
		}
		marks = stacked(marks, r)
		if hostile(r) || marks > maxMarks {
			fmt.Fprintf(&b, "\\u{%x}", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func harmless(s string) bool {
	marks := 0
	for _, r := range s {
		marks = stacked(marks, r)
		if hostile(r) || marks > maxMarks {
			return false
		}
	}
	return len(s) <= maxText
}

// stacked counts the marks on the current letter.
func stacked(marks int, r rune) int {
	if r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) {
		return marks + 1
	}
	return 0
}

// hostile says that a character could steer a terminal, turn the direction of text, break a line, or stand there unseen.
func hostile(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return false
	}
	return unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' || r == '\u2800' ||
		unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}
