package container

import (
	"context"
	"strings"
	"testing"
	"time"
)

// FuzzWalk looks for panics, hangs and leaks, for hashes that are not those of the bytes given, and for differences between a file
// and a stream.
func FuzzWalk(f *testing.F) {
	files := []file{{"a.pcap", "\xd4\xc3\xb2\xa1 packets"}, {"\xbf\xcd/b", strings.Repeat("text ", 20)}}
	inner := zipOf(f, files...)
	for _, seed := range []string{
		"", "\xd4\xc3\xb2\xa1 packets", inner, tarOf(f, files...), gzipOf(f, tarOf(f, files...)), zstdOf(f, files[1].data),
		zipOf(f, file{"in.zip", inner}, file{"b.gz", gzipOf(f, files[1].data)}), zip64Of("a", "data", 1),
		gzipOf(f, "a") + gzipOf(f, "b") + "\x00\x00", "\x50\x2a\x4d\x18\x02\x00\x00\x00hi" + zstdOf(f, "x"),
		zipOf(f, file{"[Content_Types].xml", "<x/>"}), "7z\xbc\xaf\x27\x1c\x00\x04", inner[:len(inner)/2],
		bzip2Of(f, "data") + bzip2Of(f, ""), xzOf(f, files[1].data) + "\x00\x00\x00\x00" + xzOf(f, "x"), lz4Of(f, tarOf(f, files...)),
		archiveFile(f, "solid.7z"), archiveFile(f, "ppmd.7z"), archiveFile(f, "encrypted.7z"), sevenZipOf("x", "\x01\x05\x01\x00\x00"),
		rar4Of(f, rarOptions{}, files...)[0], rar5Of(f, rarOptions{}, files...)[0], rar5Of(f, rarOptions{volume: 20}, files...)[1],
		archiveFile(f, "zipcrypto.zip"), archiveFile(f, "aes256.zip"), archiveFile(f, "encrypted-names.7z"), archiveFile(f, "lzma.zip"), archiveFile(f, "xz.zip"),
		rar5Of(f, rarOptions{password: "secret"}, files...)[0],
		archiveFile(f, "deflate64.zip"), archiveFile(f, "bzip2.zip")[:300], inner[:len(inner)-22],
		mailOf("Content-Type: text/plain\r\n\r\nhi", attached("attachment; filename=a.zip", inner)),
		compoundOf(storage{name: msgProperties, data: "p"}, storage{name: msgBody, data: utf16Text("hello")}, attachment("00000000", utf16Text("a.zip"), inner)),
		tarOf(f, file{"x2.pcap", "\xd4\xc3\xb2\xa1\x02"}, file{"x1.pcap.gz", gzipOf(f, "\xd4\xc3\xb2\xa1\x01")}, file{"i.zip.002", inner[20:]}, file{"i.zip.001", inner[:20]}),
		zipOf(f, file{"x2.pcap", "\xd4\xc3\xb2\xa1\x02"}, file{"x1.pcap.gz", gzipOf(f, "\xd4\xc3\xb2\xa1\x01")}, file{"i.zip.003", inner[20:]}, file{"i.zip.001", inner[:20]}),
		// Found: an unexpected end worded in two ways, and an offset below zero.
		"PK\x03\x04PK\x01\x02" + strings.Repeat("0", 90) + "PK\x05\x06\x00\x00000000f\x00\x00\x000000\x00\x00",
		"PK\x03\x04PK\x01\x02000000000000000000000000\x06\x00\x00\x00\x00\x00000000000000000000PK\x01\x02000000000000000000000000\x04\x00\x00\x00\x00\x00000000000\x00\x00\x000000PK\x05\x06\x00\x000000\x02\x00f\x00\x00\x000000\x00\x00",
	} {
		f.Add(seed)
	}
	limits := Limits{MaxBytes: 1 << 20, MaxRatio: 10, MaxDepth: 3, MaxMembers: 50, MaxSpool: 256 << 10}
	passwords := []string{"secret"}
	f.Fuzz(func(t *testing.T, data string) {
		start := time.Now()
		r := walkWith(t, "fuzz", data, limits, passwords)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("took %v", d)
		}
		if len(r.members) == 0 {
			t.Error("no member")
		}
		if len(r.members) > limits.MaxMembers+limits.MaxDepth {
			t.Errorf("%d members", len(r.members))
		}
		again := &recorder{read: 5}
		if err := Walk(context.Background(), Source{Name: "fuzz", Reader: strings.NewReader(data), Passwords: passwords, FirstTime: digitTime}, limits, again, nil); err != nil {
			t.Fatal(err)
		}
		if a, b := r.inventory(), again.inventory(); a != b {
			t.Errorf("read wholly:\n%sread in part:\n%s", a, b)
		}
	})
}
