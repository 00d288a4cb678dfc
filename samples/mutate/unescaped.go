package main

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// unescaped finds what no report and no terminal may show as it is: it would move the cursor, turn the direction of the text, hide in it or
// break its lines.
func unescaped(s string) string {
	for i, r := range s {
		switch {
		case r == '\n' || r == '\t':
		case r == utf8.RuneError && len(s) > i+2 && s[i:i+3] != "\ufffd",
			unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return fmt.Sprintf("%U in %q", r, s[max(0, i-60):min(len(s), i+20)])
		}
	}
	return ""
}
