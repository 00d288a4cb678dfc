package capture

import (
	"cmp"
	"slices"
	"strings"
)

// A format is a kind of capture file. One that is read takes a file of this package, which registers it.
type format struct {
	names []string // of its forms, for lists; sniff and Info.Format give one of them
	// sniff names the form of the format that a file begins with, or gives "".
	sniff func(head []byte) string
	// open reads the file's header. It leaves the bytes of the header in pend, and sets next.
	open func(r *Reader, head []byte) error
	// guessed: nothing at the file's beginning says what it is. Such a format is tried last.
	guessed bool
}

var formats []format

func registerFormat(f format) bool {
	formats = append(formats, f)
	return true
}

// formatOf gives the format that a file begins like and the name of its form; nil if there is none.
func formatOf(head []byte) (*format, string) {
	for _, guessed := range [...]bool{false, true} {
		for i := range formats {
			if formats[i].guessed == guessed {
				if name := formats[i].sniff(head); name != "" {
					return &formats[i], name
				}
			}
		}
	}
	return nil, ""
}

// Formats gives the names of all formats that are read, sorted.
func Formats() []string {
	var all []string
	for _, f := range formats {
		all = append(all, f.names...)
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	return all
}

// HeadLen is how much of a file's beginning [Sniff] needs to tell all formats.
const HeadLen = 4096

// LinkUnknown stands for the link type of a format that the registry of tcpdump.org has no number for. No registry assigns it.
const LinkUnknown = 0xfffe
