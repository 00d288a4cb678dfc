package container

import (
	"fmt"
	"strings"
	"testing"
)

// oldTar takes the magic and what came with it from the header of a tar.
func oldTar(header string) string {
	old := header[:148] + "        " + header[156:257] + strings.Repeat("\x00", 512-257)
	sum := 0
	for i := range len(old) {
		sum += int(old[i])
	}
	return old[:148] + fmt.Sprintf("%06o\x00 ", sum) + old[156:]
}

func TestSniff(t *testing.T) {
	tarball := tarOf(t, file{"a", "x"})
	tests := []struct{ name, head, want string }{
		{"nothing", "", ""},
		{"text", "hello", ""},
		{"zip", "PK\x03\x04", "zip"},
		{"empty zip", "PK\x05\x06", "zip"},
		{"first part of a split zip", "PK\x07\x08PK\x03\x04", "zip"},
		{"only its mark", "PK\x07\x08", ""},
		{"gzip", "\x1f\x8b\x08", "gzip"},
		{"gzip by two bytes", "\x1f\x8b", ""},
		{"zstd", "\x28\xb5\x2f\xfd", "zstd"},
		{"skippable frame", "\x5f\x2a\x4d\x18", "zstd"},
		{"tar", tarball[:512], "tar"},
		{"tar, cut", tarball[:300], "tar"},
		{"tar of 1979", oldTar(tarball[:512]), "tar"},
		{"tar of 1979, cut", oldTar(tarball[:512])[:300], ""},
		{"tar with a wrong checksum", "b" + tarball[1:512], ""},
		{"pcap with the magic of tar", "\xd4\xc3\xb2\xa1" + tarball[4:300], ""},
		{"pcapng with the magic of tar", "\x0a\x0d\x0d\x0a" + tarball[4:300], ""},
		{"pcap", "\xa1\xb2\xc3\xd4\x00\x02\x00\x04", ""},
		{"7z", "7z\xbc\xaf\x27\x1c", "7z"},
		{"rar 4", "Rar!\x1a\x07\x00", "rar"},
		{"rar 5", "Rar!\x1a\x07\x01\x00", "rar"},
		{"xz", "\xfd7zXZ\x00", "xz"},
		{"bzip2", "BZh91AY&SY", "bzip2"},
		{"empty bzip2", "BZh9\x17\x72\x45\x38\x50\x90", "bzip2"},
		{"a text about BZh", "BZh9 is not", ""},
		{"lz4", "\x04\x22\x4d\x18", "lz4"},
		{"a mail", "From: a@example.com\r\nTo: b@example.com\r\nDate: Sun, 29 Nov 2026 01:00:00 +0000\r\nMIME-Version: 1.0\r\nSubject: x\r\n\r\n", "mail"},
		{"compound file", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "compound file"},
		{"cab", "MSCF\x00\x00\x00\x00", "cab"},
		{"lzip", "LZIP\x01", "lzip"},
		{"lzop", "\x89LZO\x00\r\n\x1a\n", "lzop"},
		{"snappy", "\xff\x06\x00\x00sNaPpY", "snappy"},
		{"compress", "\x1f\x9d\x90", "compress"},
		{"cpio", "070701", "cpio"},
		{"ar", "!<arch>\n", "ar"},
		{"rpm", "\xed\xab\xee\xdb", "rpm"},
		{"wim", "MSWIM\x00\x00\x00", "wim"},
	}
	sampled := make(map[string]bool)
	for _, tt := range tests {
		sampled[tt.want] = true
		if got := Sniff([]byte(tt.head)); got != tt.want {
			t.Errorf("Sniff(%s): got %q, want %q", tt.name, got, tt.want)
		}
	}
	seen := make(map[string]bool)
	for _, f := range formats() {
		if seen[f.name] || f.name != strings.ToLower(f.name) {
			t.Errorf("format %q: listed twice, or not in lower case", f.name)
		}
		seen[f.name] = true
		if !sampled[f.name] {
			t.Errorf("format %q: no sample", f.name)
		}
	}
}
