package route

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// codePages are those in which Windows writes what a console program prints, the first being taken where none shows a word.
var codePages = []encoding.Encoding{simplifiedchinese.GB18030, traditionalchinese.Big5, japanese.ShiftJIS, korean.EUCKR, charmap.CodePage866, charmap.Windows1251, charmap.CodePage850, charmap.Windows1252}

// words of reports, by which a code page is told: those of tracert and ping in the languages of these code pages.
var words = []string{"跟踪", "路由", "请求超时", "回复", "字节", "毫秒", "跃点", "数据包", "追蹤", "要求等候", "回覆", "躍點", "トレース", "タイムアウト", "ルート", "バイト", "추적", "요청", "응답",
	"Трассировка", "маршрута", "Превышен", "Обмен пакетами", "Ответ от", "über", "Zeitü", "Überschreitung", "Détermination", "itinéraire", "octets", "máximo", "dirección", "médio", "número", " мс"}

// decode gives the text of a file as UTF-8; "" for what is no text.
func decode(b []byte) string {
	le, be := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return decodeAs(le, b[2:])
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return decodeAs(be, b[2:])
	}
	head := b[:min(len(b), 4096)]
	var zeros [2]int // at even and odd places: ASCII as UTF-16 has them all on one side
	for i, c := range head {
		if c == 0 {
			zeros[i&1]++
		}
	}
	switch n := len(head); {
	case n > 8 && zeros[1] > n/8 && zeros[0] < zeros[1]/8:
		return decodeAs(le, b)
	case n > 8 && zeros[0] > n/8 && zeros[1] < zeros[0]/8:
		return decodeAs(be, b)
	case zeros[0]+zeros[1] > 0:
		return ""
	}
	if utf8.Valid(b[:len(b)-cutRune(b)]) {
		return string(b)
	}
	best, most := "", -1
	for _, e := range codePages {
		sample := decodeAs(e, head)
		score := 0
		for _, w := range words {
			score += 10 * strings.Count(sample, w)
		}
		if bad := strings.Count(sample, "\ufffd"); bad > 1 { // one may be cut at the end of the sample
			score -= bad
		}
		if score > most {
			best, most = decodeAs(e, b), score
		}
	}
	return best
}

// cutRune gives the number of bytes of a sequence of UTF-8 that the end cuts.
func cutRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if utf8.FullRune(b[len(b)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}

func decodeAs(e encoding.Encoding, b []byte) string {
	s, _ := e.NewDecoder().Bytes(b) // what cannot be decoded becomes U+FFFD
	return string(s)
}
