package capture

import "strings"

// Info is what a capture says of itself, and what of it was not used.
type Info struct {
	Format        string // as Sniff says
	BigEndian     bool
	LocalTime     bool // times are those of the capturing machine's zone, which the file does not tell; they are taken as UTC
	NoDate        bool // times are times of day; they are taken as those of 1970-01-01
	SnapLen       uint32
	Interfaces    []Interface // of all sections, at most maxInterfaces
	Sections      int
	Application   string
	OS            string
	Hardware      string
	Comments      uint64
	Names         uint64 // records of name resolution blocks
	Secrets       uint64 // decryption secrets blocks
	Custom        uint64
	Unknown       uint64 // blocks of unknown type
	BadOptions    uint64
	BadPackets    uint64 // packet blocks that contradict themselves, or name an interface that is not there
	AboveSnapLen  uint64 // captured length above the snap length
	AboveOriginal uint64 // captured length above the original length
}

// Interface is one capturing interface.
type Interface struct {
	Link        uint16
	SnapLen     uint32
	Name        string
	Description string
	Filter      string
	Resolution  string // "10^-6 s"
	Drops       uint64 // frames that the system says it lost: the greatest of its counts
	res         resolution
}

// Drops gives the frames that the capturing system says it lost, over all interfaces.
func (i *Info) Drops() uint64 {
	n := uint64(0)
	for _, f := range i.Interfaces {
		n += f.Drops
	}
	return n
}

// maxString bounds the strings that are kept from a file, bytes.
const maxString = 256

func text(b []byte) string {
	if len(b) > maxString {
		b = b[:maxString]
	}
	return strings.ToValidUTF8(strings.TrimRight(string(b), "\x00"), "\uFFFD")
}
