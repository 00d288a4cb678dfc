package container

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

const mailHead = "Return-Path: <a@example.com>\r\nReceived: from mx.example.com\r\n\tby mail.example.com; Fri, 20 Nov 2026 10:00:00 +0000\r\n" +
	"From: A <a@example.com>\r\nTo: b@example.com\r\nSubject: the captures\r\nMIME-Version: 1.0\r\n"

// mailOf is a mail of parts, each with its header.
func mailOf(parts ...string) string {
	b := mailHead + "Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\nno MIME here\r\n"
	for _, p := range parts {
		b += "--b1\r\n" + p + "\r\n"
	}
	return b + "--b1--\r\n"
}

func attached(disposition, data string) string {
	packed := base64.StdEncoding.EncodeToString([]byte(data))
	var lines strings.Builder
	for ; len(packed) > 76; packed = packed[76:] {
		lines.WriteString(packed[:76] + "\r\n")
	}
	return "Content-Type: application/octet-stream\r\nContent-Disposition: " + disposition + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines.String() + packed
}

func TestMail(t *testing.T) {
	body := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nthe=20path:\r\n"
	z := zipOf(t, file{"a.pcap", packetText})
	forwarded := mailOf(body, attached(`attachment; filename="b.pcap"`, packetText))
	tests := []struct{ name, data, want string }{
		{"text alone", mailHead + "\r\nhello\r\n", "leaf m!/text 1 7\narchive m is mail\n"},
		{"quoted-printable alone", mailHead + body, "leaf m!/text 1 11\narchive m is mail\n"},
		{"a zip attached", mailOf(body, attached(`attachment; filename="t.zip"`, z)), "leaf m!/text 1 11\nleaf m!/t.zip!/a.pcap 54\narchive m!/t.zip is zip\narchive m is mail\n"},
		{"a name in GBK", mailOf(attached(`attachment; filename="=?gb2312?B?16Ww/C5wY2Fw?="`, "x")), "leaf m!/抓包.pcap 1\narchive m is mail\n"},
		{"a name by RFC 2231", mailOf(attached(`attachment; filename*=utf-8''%E6%8A%93%E5%8C%85.pcap`, "x")), "leaf m!/抓包.pcap 1\narchive m is mail\n"},
		{"a name in bytes", mailOf(attached("attachment; filename=\xd7\xa5\xb0\xfc.pcap", "x")), "leaf m!/抓包.pcap 1\narchive m is mail\n"},
		{"a name that is a path", mailOf(attached(`attachment; filename="../../etc/passwd"`, "x")), "leaf m!/../../etc/passwd 1\narchive m is mail\n"},
		{"one forwarded", mailOf(body, "Content-Type: message/rfc822\r\n\r\n"+strings.ReplaceAll(forwarded, "b1", "b2")),
			"leaf m!/text 1 11\nleaf m!/mail 2!/text 1 11\nleaf m!/mail 2!/b.pcap 54\narchive m!/mail 2 is mail\narchive m is mail\n"},
		{"alternatives", mailOf("Content-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\n" + body + "\r\n--b2\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b2--\r\n"),
			"leaf m!/text 1 11\nleaf m!/page 2 3\narchive m is mail\n"},
		{"damaged", mailOf("Content-Disposition: attachment; filename=a\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA!AAA", body),
			"leaf m!/a 3 unhashed: it is damaged; ask for a new upload: read mail: illegal base64 data at input byte 4\nleaf m!/text 2 11\narchive m is mail\n"},
		{"cut short", forwarded[:len(forwarded)-30], "leaf m!/text 1 11\nleaf m!/b.pcap 39 unhashed: the data is cut short; ask for a new upload: read mail: unexpected EOF\n" +
			"archive m is mail: the data is cut short; ask for a new upload: read mail: unexpected EOF\n"},
		{"header without end", mailHead + "X-A: " + strings.Repeat("a", maxMailHeader), "archive m is mail: read mail: its header is longer than 1 MiB\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := walk(t, "m", tt.data, Limits{}).inventory(); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
	deep := "x"
	for i := range maxMultiparts + 1 {
		deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=c%d\r\n\r\n--c%d\r\n%s\r\n--c%d--\r\n", i, i, deep, i)
	}
	if got := walk(t, "m", mailHead+deep, Limits{}).inventory(); got != "archive m is mail: read mail: its parts are too deep in each other\n" {
		t.Errorf("deep: got\n%s", got)
	}
	if got := walk(t, "m", mailOf(body, body, body), Limits{MaxMembers: 3}).inventory(); !strings.Contains(got, "m!/text 3 0 unhashed: the ticket has more than 3 members") {
		t.Errorf("members: got\n%s", got)
	}
}

func TestSniffMail(t *testing.T) {
	for _, text := range []string{
		"From: a\nTo: b\nand then text\nmore", "Date: today\nSubject: x\n", "traceroute to 192.0.2.1\nFrom: x\nTo: y\nDate: z\n",
		"Start: 2026-11-20T10:00:00+0000\nHOST: a  Loss%\n", "X-Y: 1\nfoo: 2\nX-Z: 3\n", " From: a\nTo: b\nDate: c\n",
	} {
		if isMail([]byte(text)) {
			t.Errorf("%q is taken for a mail", text)
		}
	}
	long := "Received: from " + strings.Repeat("x", 300) + "\nReceived: from a\nDKIM-Signature: v=1;\n " + strings.Repeat("y", 300)
	for _, text := range []string{mailHead, strings.ReplaceAll(mailHead, "\r", ""), mailHead[:len(mailHead)-40], long[:sniffLen]} {
		if !isMail([]byte(text)) {
			t.Errorf("%q is not taken for a mail", text)
		}
	}
}
