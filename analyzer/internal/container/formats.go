package container

import (
	"io"
	"strings"
)

// format is a kind of archive or compression.
type format struct {
	name string
	is   func(head []byte) bool
	// open walks what a member of the format holds, and tells the visitor that the member is done, unless it passes the member on.
	// r gives the member from its first byte. nil: the format is only named.
	open func(w *walker, m *Member, r io.Reader, in input) error
	// peels says that it is a compression of one file: open passes the member on.
	peels bool
}

// formats lists the formats. A new one is a file with its open function and a line here.
//
// Note: this is a function since a variable would depend on itself: archives hold archives.
func formats() []format {
	return []format{
		{"zip", isZip, (*walker).zip, false},
		{"gzip", begins("\x1f\x8b\x08"), (*walker).gzip, true},
		{"zstd", isZstd, (*walker).zstd, true},
		{"bzip2", isBzip2, (*walker).bzip2, true},
		{"xz", begins(xzMagic), (*walker).xz, true},
		{"lz4", begins("\x04\x22\x4d\x18", "\x02\x21\x4c\x18"), (*walker).lz4, true},
		{"tar", IsTar, (*walker).tar, false},
		{"7z", begins(sevenZipMagic), (*walker).sevenZip, false},
		{"rar", begins("Rar!\x1a\x07"), (*walker).rar, false},
		{"mail", isMail, (*walker).mail, false},
		{"compound file", begins(compoundMagic), (*walker).compound, false},

		{"cab", begins("MSCF\x00\x00\x00\x00"), nil, false},
		{"lzip", begins("LZIP"), nil, false},
		{"lzop", begins("\x89LZO\x00\r\n\x1a\n"), nil, false},
		{"snappy", begins("\xff\x06\x00\x00sNaPpY"), nil, false},
		{"compress", begins("\x1f\x9d"), nil, false},
		{"cpio", begins("070701", "070702", "070707"), nil, false},
		{"ar", begins("!<arch>\n"), nil, false},
		{"rpm", begins("\xed\xab\xee\xdb"), nil, false},
		{"wim", begins("MSWIM\x00\x00\x00"), nil, false},
	}
}

// Formats gives the archives and compressions that are opened, and those that are only named.
func Formats() (opened, named []string) {
	for _, f := range formats() {
		if f.open != nil {
			opened = append(opened, f.name)
		} else {
			named = append(named, f.name)
		}
	}
	return opened, named
}

// sniffLen is what telling a format looks at: the header of a tar.
const sniffLen = 512

// Sniff names the archive or compression that a file begins with, "zip" or "7z", by its first 512 bytes; "" if it is none.
func Sniff(head []byte) string {
	if f := formatOf(head); f != nil {
		return f.name
	}
	return ""
}

func formatOf(head []byte) *format {
	for _, f := range formats() {
		if f.is(head) {
			return &f
		}
	}
	return nil
}

func begins(magics ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, m := range magics {
			if strings.HasPrefix(string(head[:min(len(head), len(m))]), m) {
				return true
			}
		}
		return false
	}
}
