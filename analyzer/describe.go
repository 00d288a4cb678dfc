package analyzer

import (
	"bytes"
	"unicode/utf8"

	"github.com/capforensics/capforensics/analyzer/internal/capture"
)

// describe says what a member is that is neither a readable capture nor, as far as is known yet, a path report.
func describe(m *Member, head []byte) {
	m.Kind = KindOther
	switch u := capture.SniffUnsupported(head); {
	case len(head) == 0:
		m.Format, m.Why = "empty file", Msg("the file is empty")
	case u != nil && u.Trace:
		m.Kind, m.Format = KindUnreadable, u.Name
		m.Why = Msg("event trace logs are not read: convert it on Windows, one made by pktmon with \"pktmon etl2pcap FILE.etl --out FILE.pcapng\", one made by netsh trace with \"etl2pcapng.exe FILE.etl FILE.pcapng\"")
	case u != nil:
		m.Kind, m.Format = KindUnreadable, u.Name
		m.Why = Msg("captures of this kind are not read: convert it with \"editcap -F pcapng\"")
	default:
		m.Format = guess(head)
		m.Why = Msg("neither a capture nor a path report")
	}
}

// guess names common kinds of files by their first bytes.
func guess(head []byte) string {
	for _, k := range []struct{ magic, name string }{
		{"%PDF-", "PDF document"},
		{"\x89PNG\r\n\x1a\n", "PNG image"},
		{"\xff\xd8\xff", "JPEG image"},
		{"GIF8", "GIF image"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office document or mail"},
		{"MZ", "Windows program"},
		{"\x7fELF", "Linux program"},
		{"SQLite format 3\x00", "SQLite database"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.name
		}
	}
	text := head[:len(head)-incomplete(head)]
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return plainText
	}
	if gbkText(head) {
		return gbkPage
	}
	return unknownData
}

// What is said of files without a mark of their own.
const (
	plainText   = "text"
	gbkPage     = "text (GBK)"
	unknownData = "unknown data" // text of another code page, perhaps
)

// mayBeText says that path reports are worth looking for in a file of this kind.
func mayBeText(format string) bool {
	return format == plainText || format == gbkPage || format == unknownData
}

// gbkText says that data is text in the code of Chinese Windows: ASCII without control characters, and pairs of a byte from 0x81 to 0xfe
// and one from 0x40 to 0xfe (GBK, code page 936). The end of head may cut a pair.
func gbkText(head []byte) bool {
	for i := 0; i < len(head); i++ {
		switch c := head[i]; {
		case c >= 0x20 && c < 0x7f, c == '\t', c == '\n', c == '\r':
		case c < 0x81 || c == 0xff:
			return false
		case i+1 < len(head) && (head[i+1] < 0x40 || head[i+1] == 0x7f || head[i+1] == 0xff):
			return false
		default:
			i++
		}
	}
	return true
}

// incomplete gives the number of bytes of a UTF-8 sequence that the end of head cuts.
func incomplete(head []byte) int {
	for n := 1; n <= min(utf8.UTFMax, len(head)); n++ {
		if c := head[len(head)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(head[len(head)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
