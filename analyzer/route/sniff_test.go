package route

import (
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const tracertZH = "\r\n通过最多 30 个跃点跟踪到 8.8.8.8 的路由\r\n\r\n  1     1 ms    <1 毫秒   <1 毫秒 192.168.1.1\r\n"

func TestSniff(t *testing.T) {
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(tracertZH)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, in, want string }{
		{"mtr", "Start: 2026-11-24T02:50:35+0000\nHOST: vm     Loss%   Snt   Last   Avg  Best  Wrst StDev\n", "mtr report"},
		{"mtr json", "{\n \"report\": {\n  \"mtr\": {\n", "mtr report (JSON)"},
		{"mtr raw", "x 0 33000\nh 0 10.99.1.2\np 0 71 33000\n", "mtr report (raw)"},
		{"tracert", "\r\nTracing route to 8.8.8.8 over a maximum of 30 hops\r\n", "tracert report"},
		{"tracert zh", tracertZH, "tracert report"},
		{"tracert gbk", gbk, "tracert report"},
		{"tracert utf-16", utf16le(tracertZH), "tracert report"},
		{"tracetcp", "\nTracing route to 1.2.3.4 [www.example.com] on port 443\n", "tracetcp report"},
		{"traceroute", "traceroute to 10.99.4.2 (10.99.4.2), 30 hops max, 60 byte packets\n", "traceroute report"},
		{"ping", "PING 10.99.4.2 (10.99.4.2) 56(84) bytes of data.\n64 bytes from 10.99.4.2: icmp_seq=1 ttl=61 time=0.064 ms\n", "ping report"},
		{"mail", "Dear support,\nour connection breaks.\n", ""},
		{"empty", "", ""},
		{"binary", "\x00\x01\x02\x03", ""},
	} {
		if got := Sniff([]byte(c.in)); got != c.want {
			t.Errorf("%s: Sniff(%.40q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte(tracertZH))
	f.Add([]byte("x 0 1\nh 0 2\np 0 1 1\n"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { Sniff(b) })
}
