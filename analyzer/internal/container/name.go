package container

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxName bounds a member's name, runes.
const maxName = 1024

// displayName turns the raw name of an archive's entry into what is shown: UTF-8 as it is, else GBK (what Windows in China writes),
// else with its bytes escaped; slashes instead of backslashes; control and direction characters as \u{...}, so that nobody further
// on gets them raw. It is a label, and never a path.
func displayName(raw string) string {
	name := raw
	if !utf8.ValidString(name) {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(raw); err == nil && !strings.ContainsRune(s, utf8.RuneError) {
			name = s
		}
	}
	var b strings.Builder
	runes := 0
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		if runes++; runes > maxName {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "\\x%02x", name[i])
		case r == '\\':
			b.WriteByte('/')
		case unsafeRune(r):
			fmt.Fprintf(&b, "\\u{%x}", r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// unsafeRune says that a character could change how a terminal or page shows what stands around it.
func unsafeRune(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
