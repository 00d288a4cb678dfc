package container

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxName bounds a member's name, runes.
const maxName = 1024

// displayName turns the raw name of an archive's entry into what is shown: UTF-8 as it is; else GBK, which Windows in China writes,
// unless the archive says UTF-8 (see also fromCodePage437); else with its bytes as \xNN. Backslashes become slashes, so that one in the result begins an escape.
// Characters that control a terminal or the direction of writing become \u{NNNN}, here and once, so that nobody further on gets
// them raw. The result is a label, and never a path.
func displayName(raw string, saysUTF8 bool) string {
	name := fromCodePage437(raw)
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

// fromCodePage437 undoes what a program does to a GBK name when it takes the bytes for code page 437, as the zip format's first
// specification says, and stores the result as UTF-8: a folder of captures becomes a line of box-drawing characters. Such characters are
// in no name that a person gave, so one of them, and that all bytes make Chinese, is proof enough. Other names come back as they are.
func fromCodePage437(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return r >= '\u2500' && r <= '\u259f' }) {
		return name
	}
	gbk, err := charmap.CodePage437.NewEncoder().String(name)
	if err != nil {
		return name
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().String(gbk)
	if err != nil || strings.ContainsFunc(s, func(r rune) bool {
		return r >= utf8.RuneSelf && !unicode.Is(unicode.Han, r) && !(r >= '\u3000' && r <= '\u303f') && !(r >= '\uff00' && r <= '\uffef')
	}) {
		return name
	}
	return s
}

// controls says that a character could change how a terminal or page shows what stands around it: C0, C1, the format characters
// with all that set a direction, and the separators of lines and paragraphs.
func controls(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
