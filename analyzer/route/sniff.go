package route

import (
	"bytes"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// sign is what a format shows in its first lines: all of the words.
type sign struct {
	name  string
	words []string
}

// signs in the order in which they are tried: the more particular first.
var signs = []sign{
	{"mtr report (JSON)", []string{`"report"`, `"mtr"`}},
	{"mtr report (XML)", []string{"<MTR "}},
	{"mtr report (CSV)", []string{"Mtr_Version"}},
	{"mtr report (CSV)", []string{"MTR.0."}},
	{"WinMTR report", []string{"WinMTR statistics"}},
	{"WinMTR report", []string{"WinMTR Statistics"}},
	{"WinMTR report", []string{"Best", "Avrg", "Wrst"}},
	{"mtr report", []string{"Loss%", "Snt", "StDev"}},
	{"tracetcp report", []string{"Tracing route to", " on port "}},
	{"tracert report", []string{"Tracing route to"}},
	{"tracert report", []string{"个跃点跟踪"}},
	{"tcptraceroute report", []string{"Tracing the path to", " on TCP port "}},
	{"traceroute report", []string{"traceroute to ", "hops max"}},
	{"traceroute report", []string{"traceroute to ", "hop limit"}},
	{"tracepath report", []string{"pmtu "}},
	{"nexttrace report", []string{"NextTrace"}},
	{"ping report", []string{"ping statistics ---"}},
	{"ping report", []string{"Ping statistics for"}},
	{"ping report", []string{"icmp_seq="}},
	{"ping report", []string{"Ping 统计信息"}},
	{"ping report", []string{"正在 Ping "}},
	{"ping report", []string{"Pinging ", " bytes of data"}},
}

// Sniff names the kind of path report that a file begins like, or "" if it is none. head may be UTF-8, UTF-16 or GBK text and
// may end anywhere.
func Sniff(head []byte) string {
	text := toUTF8(head)
	for _, s := range signs {
		all := true
		for _, w := range s.words {
			all = all && bytes.Contains(text, []byte(w))
		}
		if all {
			return s.name
		}
	}
	if rawMTR(text) {
		return "mtr report (raw)"
	}
	return ""
}

// rawMTR tells "mtr --raw": lines of x, h, d, p or m and numbers.
func rawMTR(text []byte) bool {
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) < 3 {
		return false
	}
	for _, l := range lines[:2] {
		if f := bytes.Fields(l); len(f) < 3 || len(f[0]) != 1 || !bytes.Contains([]byte("xhdpm"), f[0]) || f[1][0] < '0' || f[1][0] > '9' {
			return false
		}
	}
	return lines[0][0] == 'x' || lines[0][0] == 'h'
}

func toUTF8(b []byte) []byte {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return fromUTF16(b[2:], 0)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return fromUTF16(b[2:], 1)
	case len(b) > 3 && b[1] == 0 && b[3] == 0:
		return fromUTF16(b, 0)
	case bytes.Contains(b, []byte{0}):
		return nil
	}
	if bytes.ContainsFunc(b, func(r rune) bool { return r == '\uFFFD' }) {
		if t, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b); err == nil {
			return t
		}
	}
	return b
}

func fromUTF16(b []byte, bigEndian int) []byte {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i+bigEndian]) | uint16(b[2*i+1-bigEndian])<<8
	}
	return []byte(string(utf16.Decode(u)))
}
