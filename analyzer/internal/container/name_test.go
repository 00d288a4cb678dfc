package container

import (
	"archive/zip"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestDisplayName(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("客户抓包/镕堃.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		raw      string
		saysUTF8 bool
		want     string
	}{
		{"", false, ""},
		{"a/b.pcap", false, "a/b.pcap"},
		{"客户.pcap", false, "客户.pcap"},
		{gbk, false, "客户抓包/镕堃.pcapng"},
		{"\xbf\xcd", true, `\xbf\xcd`},
		{"caf\x82.pcap", false, `caf\x82.pcap`},
		{`C:\temp\a.pcap`, false, "C:/temp/a.pcap"},
		{`..\..\etc`, false, "../../etc"},
		{"a\x1b[2Jb\x00", false, `a\u{001b}[2Jb\u{0000}`},
		{"a\u202egnp.exe\u0085\u2028", false, `a\u{202e}gnp.exe\u{0085}\u{2028}`},
		{`a\u{1b}`, false, "a/u{1b}"}, // no escape can be forged
		{strings.Repeat("客", maxName), false, strings.Repeat("客", maxName)},
		{strings.Repeat("客", maxName+1), false, strings.Repeat("客", maxName) + "…"},
	}
	for _, tt := range tests {
		if got := displayName(tt.raw, tt.saysUTF8); got != tt.want {
			t.Errorf("displayName(%q, %v): got %q, want %q", tt.raw, tt.saysUTF8, got, tt.want)
		}
	}
}

func TestNamesInArchives(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("客户/抓包.pcap")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"z": zipOf(t, file{gbk, "x"}), "t": tarOf(t, file{gbk, "x"})} {
		if got, want := walk(t, name, data, Limits{}).members[0].Name, name+"!/客户/抓包.pcap"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestUnicodePathExtra(t *testing.T) {
	const raw, name = "\x8d\x71.pcap", "航.pcap" // Shift JIS
	field := func(crc uint32, name string) []byte {
		x := []byte{0x99, 0x99, 1, 0, 7, 0x75, 0x70, byte(5 + len(name)), 0, 1} // after a field of another kind
		return append(binary.LittleEndian.AppendUint32(x, crc), name...)
	}
	crc := crc32.ChecksumIEEE([]byte(raw))
	tests := []struct {
		name  string
		extra []byte
		want  string
	}{
		{"right", field(crc, name), name},
		{"of another name", field(crc+1, name), displayName(raw, false)},
		{"not UTF-8", field(crc, "\xff"), displayName(raw, false)},
		{"cut", field(crc, name)[:12], displayName(raw, false)},
		{"control characters", field(crc, "\x1b"), `\u{001b}`},
	}
	for _, tt := range tests {
		if got := zipName(&zip.FileHeader{Name: raw, Extra: tt.extra}); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNamesThatWentThroughCodePage437(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"╫Ñ░ⁿ/┐═╗º╢╦.cap", "抓包/客户端.cap"},
		{"plain.pcap", "plain.pcap"},
		{"客户端.cap", "客户端.cap"},
		{"Größe/straße.pcap", "Größe/straße.pcap"},
		{"╔═══╗ box art", "╔═══╗ box art"},
	} {
		if got := displayName(c.in, true); got != c.want {
			t.Errorf("displayName(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
