package capture

// A format is a kind of capture file. One that is read takes a file of this package, which registers it.
type format struct {
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

// HeadLen is how much of a file's beginning [Sniff] needs to tell all formats.
const HeadLen = 4096

// LinkUnknown stands for the link type of a format that the registry of tcpdump.org has no number for. No registry assigns it.
const LinkUnknown = 0xfffe
