package flow

import "strings"

// Flags are the twelve low bits of the TCP header's offset word: the flags of RFC 9293 and RFC 3168, AE (once NS), and the
// three reserved bits above them. The value is that of Wireshark's tcp.flags.
type Flags uint16

// The flags, by the RFC's names.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
	AE
	reserved1
	reserved2
	reserved3

	// Reserved are the three bits that no RFC assigns.
	Reserved = reserved1 | reserved2 | reserved3
)

// Has says that all flags of want are set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// Any says that at least one flag of want is set.
func (f Flags) Any(want Flags) bool { return f&want != 0 }

var flagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE", "RES", "RES", "RES"}

// String writes the flags as Wireshark's info column does: "RST, ACK".
func (f Flags) String() string {
	var b strings.Builder
	for i, name := range flagNames {
		if f&(1<<i) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name)
	}
	if b.Len() == 0 {
		return "none"
	}
	return b.String()
}
