package capture

import "bytes"

// Sniff names the capture format that a file begins with, or "" if it is none that is read. Twelve bytes suffice.
func Sniff(head []byte) string {
	if isNG(head) {
		return "pcapng"
	}
	if len(head) >= 4 {
		if m, ok := pcapMagics[[4]byte(head[:4])]; ok {
			return m.name
		}
	}
	return ""
}

func isNG(head []byte) bool {
	return len(head) >= 12 && bytes.HasPrefix(head, []byte{0x0a, 0x0d, 0x0d, 0x0a}) && (be32(head[8:]) == byteOrderMagic || le32(head[8:]) == byteOrderMagic)
}

// SniffUnsupported names a capture format that is recognised and not read, or "".
func SniffUnsupported(head []byte) string {
	for _, k := range []struct{ magic, name string }{
		{"snoop\x00\x00\x00", "snoop capture"},
		{"GMBU", "Network Monitor 2 capture"},
		{"RTSS", "Network Monitor 1 capture"},
		{"XCP\x00", "NetXRay capture"},
		{"TRSNIFF data    \x1a", "Sniffer capture"},
		{"\x7fver", "Omnipeek capture"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.name
		}
	}
	return ""
}
