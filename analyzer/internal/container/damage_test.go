package container

import (
	"strings"
	"testing"
)

// TestDamage says of what libraries find damaged what to do about it.
func TestDamage(t *testing.T) {
	packet := "\xd4\xc3\xb2\xa1" + noise(2000)
	z := gzipOf(t, strings.Repeat(packet, 3))
	broken := func(data string, at int) string { return data[:at] + "\xff\xff\xff\xff" + data[at+4:] }
	tarred := tarOf(t, file{"a", "x"}, file{"b", packet})
	b := bzip2Of(t, "data")
	solid := archiveFile(t, "lzma.7z")
	for _, tt := range []struct{ name, data string }{
		{"gzip", broken(z, 10)},
		{"gzip's checksum", broken(z, len(z)-8)},
		{"tar", broken(tarred, 1024+148)},
		{"bzip2", broken(b, len(b)/2)},
		{"7z", broken(solid, 36)},
		{"mail with a long boundary", mailHead + "Content-Type: multipart/mixed; boundary=" + strings.Repeat("b", 70_000) + "\r\n\r\n--" + strings.Repeat("b", 70_000) + "\r\n\r\nhi"},
		{"mail with a line that is no header", mailOf("Content-Type text/plain\r\n\r\nhi")},
	} {
		if got := walk(t, "z", tt.data, Limits{}).inventory(); !strings.Contains(got, "it is damaged; ask for a new upload: ") && !strings.Contains(got, "its checksum is wrong") {
			t.Errorf("%s: got\n%.300s", tt.name, got)
		}
	}
}
