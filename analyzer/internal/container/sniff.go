package container

import "bytes"

// sniffLen is what Sniff looks at: up to the magic of a tar header.
const sniffLen = 512

// Sniff names the archive or compression that a file begins with, or "" if it is none. tar is told by its POSIX magic alone.
func Sniff(head []byte) string {
	for _, k := range []struct{ magic, name string }{
		{"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"}, {"PK\x07\x08", "zip"},
		{"\x1f\x8b\x08", "gzip"},
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"7z\xbc\xaf\x27\x1c", "7z"},
		{"Rar!\x1a\x07", "rar"},
		{"\xfd7zXZ\x00", "xz"},
		{"BZh", "bzip2"},
		{"\x04\x22\x4d\x18", "lz4"},
		{"MSCF", "cab"},
		{"!<arch>\n", "ar"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			if k.name == "bzip2" && (len(head) < 10 || head[3] < '1' || head[3] > '9' || string(head[4:10]) != "1AY&SY") {
				continue
			}
			return k.name
		}
	}
	if len(head) >= 5 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}) {
		return "zstd" // a skippable frame comes first
	}
	if len(head) >= 262 && string(head[257:262]) == "ustar" {
		return "tar"
	}
	return ""
}
