package analyzer_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
)

type packedFile struct {
	name string
	data []byte
}

func zipFiles(t *testing.T, files []packedFile) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tgzFiles(t *testing.T, files []packedFile) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o600})
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return gzipped(t, b.Bytes())
}

func mailOf(files []packedFile) []byte {
	var b strings.Builder
	b.WriteString("From: a@example.org\r\nTo: b@example.org\r\nSubject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n")
	for _, f := range files {
		fmt.Fprintf(&b, "--xx\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
			f.name, base64.StdEncoding.EncodeToString(f.data))
	}
	b.WriteString("--xx--\r\n")
	return []byte(b.String())
}

// ring cuts a capture into files of three frames, as tcpdump -C -W names them once it has wrapped: the oldest is in the middle.
func ring(pcap []byte) []packedFile {
	var cut [][]byte
	frames := 0
	for b := pcap[24:]; len(b) > 0; frames++ {
		n := 16 + binary.LittleEndian.Uint32(b[8:])
		if frames%3 == 0 {
			cut = append(cut, slices.Clone(pcap[:24]))
		}
		cut[len(cut)-1] = append(cut[len(cut)-1], b[:n]...)
		b = b[n:]
	}
	var files []packedFile
	for i := range cut {
		files = append(files, packedFile{fmt.Sprintf("x.pcap%d", i), cut[(i+len(cut)-2)%len(cut)]})
	}
	return files
}

// TestWrappedRing: names do not tell in which order the files of a ring are.
func TestWrappedRing(t *testing.T) {
	whole := capture(t, resetAfterData)
	want := analyze(t, input("x.pcap", whole))
	files := ring(whole)
	var compressed []packedFile
	for _, f := range files {
		compressed = append(compressed, packedFile{f.name + ".gz", gzipped(t, f.data)})
	}
	shuffled := append(slices.Clone(files[2:]), packedFile{"note.txt", []byte("see there")})
	shuffled = append(shuffled, files[:2]...)
	var loose []analyzer.Input
	for _, f := range files {
		loose = append(loose, input(f.name, f.data))
	}
	tests := map[string][]analyzer.Input{
		"folder":         loose,
		"zip":            {input("t.zip", zipFiles(t, files))},
		"zip of gz":      {input("t.zip", zipFiles(t, compressed))},
		"tar.gz":         {input("t.tgz", tgzFiles(t, shuffled))},
		"tar.gz of gz":   {input("t.tgz", tgzFiles(t, compressed))},
		"mail":           {input("t.eml", mailOf(files))},
		"tar.gz in zip":  {input("t.zip", zipFiles(t, []packedFile{{"in.tgz", tgzFiles(t, files)}}))},
		"zip in tar, x1": {input("t.tgz", tgzFiles(t, []packedFile{{"x1.zip", zipFiles(t, files)}}))},
	}
	for name, inputs := range tests {
		c := analyze(t, inputs...)
		if len(c.Captures) != 1 || c.Captures[0].Member.Packets != want.Captures[0].Member.Packets || c.Verdict.Class != want.Verdict.Class || c.Partial() {
			t.Errorf("%s: %d captures, the first of %d frames, verdict %v; want one of %d, %v", name, len(c.Captures), c.Captures[0].Member.Packets, c.Verdict.Class, want.Captures[0].Member.Packets, want.Verdict.Class)
		}
		got, err := read(context.Background(), c, inputs...)
		first, _ := read(context.Background(), want, input("x.pcap", whole))
		if err != nil || len(first) == 0 || !slices.Equal(got, first) {
			t.Errorf("%s: frames %v, %v; want %v", name, got, err, first)
		}
	}
}

// TestPartsInArchive puts the parts of an archive together that lie in another.
func TestPartsInArchive(t *testing.T) {
	whole := zipFiles(t, []packedFile{{"x.pcap", capture(t, resetAfterData)}})
	n := len(whole)/3 + 1
	parts := []packedFile{{"x.zip.002", whole[n : 2*n]}, {"x.zip.003", whole[2*n:]}, {"x.zip.001", whole[:n]}}
	for name, pack := range map[string]func([]packedFile) []byte{
		"t.zip": func(f []packedFile) []byte { return zipFiles(t, f) }, "t.tgz": func(f []packedFile) []byte { return tgzFiles(t, f) }, "t.eml": mailOf,
	} {
		c := analyze(t, input(name, pack(parts)))
		var joined []string
		for _, m := range c.Members {
			joined = append(joined, fmt.Sprint(m.Name, " ", m.Bytes, " ", m.Why))
		}
		if len(c.Captures) != 1 || c.Partial() || !slices.ContainsFunc(c.Members, func(m *analyzer.Member) bool {
			return m.Name == name+"!/x.zip" && m.Bytes == int64(len(whole)) && m.SHA256 != "" && strings.Contains(fmt.Sprint(m.Why), "joined from")
		}) {
			t.Errorf("%s: %d captures, members\n%s", name, len(c.Captures), strings.Join(joined, "\n"))
		}
		c, err := analyzer.Analyze(context.Background(), "test", []analyzer.Input{input(name, pack(parts[:2]))}, nil, nil)
		if err == nil || !slices.ContainsFunc(c.Caveats, func(k analyzer.Caveat) bool {
			return strings.Contains(fmt.Sprint(k.Text), "x.zip came in parts, and part 1 is missing") && k.Partial
		}) {
			t.Errorf("%s without the first part: %v, caveats %v", name, err, c.Caveats)
		}
	}
}

// TestEmptyRingFile: a file of a ring in which nobody spoke does not end the capture.
func TestEmptyRingFile(t *testing.T) {
	whole := capture(t, resetAfterData)
	want := analyze(t, input("x.pcap", whole))
	files := ring(whole)
	var inputs []analyzer.Input
	for i, f := range append(slices.Clone(files[2:]), files[:2]...) { // in order of time
		inputs = append(inputs, input(fmt.Sprintf("r%d.pcap", 2*i), f.data), input(fmt.Sprintf("r%d.pcap", 2*i+1), whole[:24]))
	}
	c := analyze(t, inputs...)
	if len(c.Captures) != 1 || c.Captures[0].Member.Packets != want.Captures[0].Member.Packets || c.Verdict.Class != want.Verdict.Class || c.Partial() {
		t.Errorf("%d captures, the first of %d frames, verdict %v", len(c.Captures), c.Captures[0].Member.Packets, c.Verdict.Class)
	}
	got, err := read(context.Background(), c, inputs...)
	first, _ := read(context.Background(), want, input("x.pcap", whole))
	if err != nil || len(first) == 0 || !slices.Equal(got, first) {
		t.Errorf("frames %v, %v; want %v", got, err, first)
	}
}
