package capture

import "bytes"

// Sniff names the capture format that a file begins with, or "" if it is none that is read. For most formats twelve bytes suffice; one
// has no mark and wants HeadLen.
func Sniff(head []byte) string {
	_, name := formatOf(head)
	return name
}

func isNG(head []byte) bool {
	return len(head) >= 12 && bytes.HasPrefix(head, []byte{0x0a, 0x0d, 0x0d, 0x0a}) && (be32(head[8:]) == byteOrderMagic || le32(head[8:]) == byteOrderMagic)
}

// Unsupported is a capture format that is recognised and not read.
type Unsupported struct {
	Name     string
	Trace    bool // an event trace log of Windows, for which Windows has its own converters
	sniffed  string
	sniffLog bool
}

// unsupported are the formats of analysers and systems that Wireshark's editcap converts.
var unsupported = []Unsupported{
	{Name: "NetXRay capture", sniffed: "XCP\x00"},
	{Name: "Sniffer capture", sniffed: "TRSNIFF data    \x1a"},
	{Name: "Omnipeek capture", sniffed: "\x7fver"},
	{Name: "AIX iptrace capture", sniffed: "iptrace 1.0"},
	{Name: "AIX iptrace capture", sniffed: "iptrace 2.0"},
	{Name: "HP-UX nettl trace", sniffed: "\x54\x52\x00\x64\x00"},
	{Name: "NetScaler trace", sniffed: "NetScaler Performance Data"},
	{Name: "NetScaler trace", sniffed: "NetScaler V20 Performance Data"},
	{Name: "NetScaler trace", sniffed: "Netscaler V30 Performance Data"},
	{Name: "Network Instruments Observer capture", sniffed: "ObserverPktBuffe"},
	{Name: "Novell LANalyzer capture", sniffed: "\x01\x10\x4c\x00"},
	{Name: "event trace log of Windows (ETL)", Trace: true, sniffLog: true},
}

// SniffUnsupported gives the capture format that a file begins like, if it is one that is recognised and not read, or nil.
func SniffUnsupported(head []byte) *Unsupported {
	const nearBegin = 64 // NetScaler has a page header before its name
	for i := range unsupported {
		u := &unsupported[i]
		switch {
		case u.sniffLog:
			if isETL(head) {
				return u
			}
		case bytes.HasPrefix(head, []byte(u.sniffed)):
			return u
		case len(u.sniffed) > 20 && bytes.Contains(head[:min(len(head), nearBegin)], []byte(u.sniffed)):
			return u
		}
	}
	return nil
}

// isETL tells an event trace log, as netsh trace and pktmon write it: a buffer header of 72 bytes that begins with its size, and the trace header, an
// event of type 1 or 2 (32 or 64 bits) with the mark 0xc0.
func isETL(head []byte) bool {
	const header = 72
	if len(head) < header+8 {
		return false
	}
	size := le32(head)
	return size >= 1<<10 && size <= 16<<20 && size%1024 == 0 && head[header+3] == 0xc0 && (head[header+2] == 1 || head[header+2] == 2) && le16(head[header+6:]) == 0
}
