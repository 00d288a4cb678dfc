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

// displayName turns the raw name of an archive's entry into what is shown: UTF-8 as it is; else GBK, which Windows in China writes,
// unless the archive says UTF-8; else with its bytes as \xNN. Backslashes become slashes, so that one in the result begins an escape.
// Characters that control a terminal or the direction of writing become \u{NNNN}, here and once, so that nobody further on gets
// them raw. The result is a label, and never a path.
func displayName(raw string, saysUTF8 bool) string {
	name := raw
	if !saysUTF8 && !utf8.ValidString(raw) {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(raw); err == nil && !strings.ContainsRune(s, utf8.RuneError) {
			name = s
		}
	}
	var b strings.Builder
	for i, runes := 0, 0; i < len(name); runes++ {
		if runes == maxName {
			b.WriteString("…")
			break
		}
		r, n := utf8.DecodeRuneInString(name[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "\\x%02x", name[i])
		case r == '\\':
			b.WriteByte('/')
		case controls(r):
			fmt.Fprintf(&b, "\\u{%04x}", r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// controls says that a character could change how a terminal or page shows what stands around it: C0, C1, the format characters
// with all that set a direction, and the separators of lines and paragraphs.
func controls(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
