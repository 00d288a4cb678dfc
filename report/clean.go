package report

import (
	"fmt"
	"strings"
	"unicode"
)

// maxText bounds a text that comes from a ticket, runes.
const maxText = 2000

// clean makes a text that may come from a ticket harmless to show: control, direction and other invisible characters become
// \u{...}, and it is bounded. What is clean already comes back as it is.
func clean(s string) string {
	harmless := len(s) <= maxText
	for _, r := range s {
		harmless = harmless && !hostile(r)
	}
	if harmless {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxText {
			b.WriteString("…")
			break
		}
		if hostile(r) {
			fmt.Fprintf(&b, "\\u{%x}", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hostile(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}
