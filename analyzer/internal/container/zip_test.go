package container

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// rawZip packs one entry with a header as given.
func rawZip(t testing.TB, h zip.FileHeader, packed string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	e, err := w.CreateRaw(&h)
	if err == nil {
		_, err = e.Write([]byte(packed))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestZipEntries(t *testing.T) {
	stored := func(change func(*zip.FileHeader)) string {
		h := zip.FileHeader{Name: "a", CRC32: crc32.ChecksumIEEE([]byte("data")), CompressedSize64: 4, UncompressedSize64: 4}
		change(&h)
		return rawZip(t, h, "data")
	}
	link := zip.FileHeader{Name: "a", CRC32: crc32.ChecksumIEEE([]byte("data")), CompressedSize64: 4, UncompressedSize64: 4}
	link.SetMode(fs.ModeSymlink | 0o777)
	device := link
	device.SetMode(fs.ModeDevice)
	packed := zstdOf(t, "data")
	tests := []struct{ name, data, want string }{
		{"stored", stored(func(*zip.FileHeader) {}), "leaf z!/a 4"},
		{"encrypted", stored(func(h *zip.FileHeader) { h.Flags = 1 }),
			"unreadable z!/a 0 unhashed: it is encrypted; give its password with --password"},
		{"AES without its field", stored(func(h *zip.FileHeader) { h.Method = 99 }),
			"unreadable z!/a 0 unhashed: it is encrypted in a way that is not read: unpack it with its password and pass the folder"},
		{"PKWARE's encryption", stored(func(h *zip.FileHeader) { h.Flags = 0x41 }),
			"unreadable z!/a 0 unhashed: it is encrypted in a way that is not read: unpack it with its password and pass the folder"},
		{"method 77", stored(func(h *zip.FileHeader) { h.Method = 77 }),
			"unreadable z!/a 0 unhashed: it is compressed with method 77, which is not read: unpack it and pass the folder"},
		{"checksum", stored(func(h *zip.FileHeader) { h.CRC32++ }), "leaf z!/a 4 unhashed: read zip entry: its checksum is wrong"},
		{"longer than said", stored(func(h *zip.FileHeader) { h.UncompressedSize64 = 3 }), "leaf z!/a 4 unhashed: read zip entry: it is longer than its archive says"},
		{"shorter than said", stored(func(h *zip.FileHeader) { h.UncompressedSize64 = 5 }),
			"leaf z!/a 4 unhashed: the data is cut short; ask for a new upload: read zip entry: unexpected EOF"},
		{"zstd", rawZip(t, zip.FileHeader{Name: "a", Method: zstd.ZipMethodWinZip, CRC32: crc32.ChecksumIEEE([]byte("data")),
			CompressedSize64: uint64(len(packed)), UncompressedSize64: 4}, packed), "leaf z!/a 4"},
		{"symbolic link", rawZip(t, link, "data"), "unreadable z!/a 0 unhashed: it is a symbolic link, which is not followed"},
		{"device", rawZip(t, device, "data"), "unreadable z!/a 0 unhashed: it is a device or pipe, which is not followed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, _ := strings.Cut(walk(t, "z", tt.data, Limits{}).inventory(), "\n")
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestZipMethods reads what 7-Zip made.
func TestZipMethods(t *testing.T) {
	for _, name := range []string{"bzip2.zip", "lzma.zip", "xz.zip", "deflate64.zip"} {
		r := walk(t, "z", archiveFile(t, name), Limits{})
		if got, want := r.inventory(), "leaf z!/a.pcap 54\nleaf z!/b.txt 3000\narchive z is zip\n"; got != want || strings.Join(r.data, "") != packetText+textOfB {
			t.Errorf("%s: got\n%s%.100q", name, got, r.data)
		}
	}
	got := walk(t, "z", archiveFile(t, "ppmd.zip"), Limits{}).inventory()
	if want := "unreadable z!/b.txt 0 unhashed: it is compressed with PPMd, which is not read: unpack it and pass the folder\narchive z is zip\n"; !strings.HasSuffix(got, want) {
		t.Errorf("PPMd: got\n%swant\n%s", got, want)
	}
}

// zip64Of writes a stored entry whose sizes and offset, and an end record whose numbers, are in the fields of zip64 alone: APPNOTE.TXT,
// 4.5.3 and 4.3.14.
func zip64Of(name, data string, entries uint64) string {
	le := binary.LittleEndian
	var b []byte
	header := func(extra []byte) []byte {
		var h []byte
		h = le.AppendUint16(h, 45) // version, flags, method, time, date
		h = append(h, make([]byte, 8)...)
		h = le.AppendUint32(h, crc32.ChecksumIEEE([]byte(data)))
		h = le.AppendUint32(le.AppendUint32(h, 0xffffffff), 0xffffffff)
		h = le.AppendUint16(h, uint16(len(name)))
		return le.AppendUint16(h, uint16(len(extra)))
	}
	sizes := le.AppendUint64(le.AppendUint64(nil, uint64(len(data))), uint64(len(data)))
	local := append([]byte{1, 0, 16, 0}, sizes...)
	b = append(append(append(append(b, "PK\x03\x04"...), header(local)...), name...), local...)
	b = append(b, data...)
	directory := len(b)
	central := append(append([]byte{1, 0, 24, 0}, sizes...), make([]byte, 8)...) // offset 0
	b = append(append(append(b, "PK\x01\x02"...), 45, 0), header(central)...)
	b = append(b, make([]byte, 10)...) // comment, disk, attributes
	b = le.AppendUint32(b, 0xffffffff)
	b = append(append(b, name...), central...)
	end := len(b)
	b = le.AppendUint64(append(b, "PK\x06\x06"...), 44)
	b = append(b, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint64(le.AppendUint64(b, entries), entries)
	b = le.AppendUint64(le.AppendUint64(b, uint64(end-directory)), uint64(directory))
	b = append(append(b, "PK\x06\x07"...), 0, 0, 0, 0)
	b = le.AppendUint32(le.AppendUint64(b, uint64(end)), 1)
	b = append(append(b, "PK\x05\x06"...), 0, 0, 0, 0)
	b = le.AppendUint16(le.AppendUint16(b, 0xffff), 0xffff)
	b = le.AppendUint32(le.AppendUint32(b, 0xffffffff), 0xffffffff)
	return string(append(b, 0, 0))
}

func TestZip64(t *testing.T) {
	r := walk(t, "z", zip64Of("a.pcap", "data", 1), Limits{})
	if got, want := r.inventory(), "leaf z!/a.pcap 4\narchive z is zip\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if len(r.data) != 1 || r.data[0] != "data" {
		t.Errorf("got %q", r.data)
	}
}

// storedZip packs files without compression: one that is a zip itself is in it as it is.
func storedZip(t *testing.T, files ...file) string {
	t.Helper()
	var b strings.Builder
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte(f.data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestZipDirectory(t *testing.T) {
	whole := zipOf(t, file{"a", "data"})
	split := []byte(whole)
	split[len(split)-18] = 2
	outer := storedZip(t, file{"in.zip", whole}, file{"b", "more"})
	at := strings.Index(outer, whole)
	lost := func(name string) string {
		return "unreadable z!/" + name + " 0 unhashed: its length is lost with the directory of the zip\n"
	}
	const ofAnother = "archive z is zip: open zip: the directory at its end is that of a zip inside it: the archive is cut short; ask for a new upload; its entries were looked for one by one\n"
	tests := []struct{ name, data, want string }{
		{"without directory", whole[:len(whole)-22], "leaf z!/a 4\narchive z is zip: open zip: it has no directory at its end: the archive is cut short; ask for a new upload; its entries were looked for one by one\n"},
		{"split", string(split), "unreadable z is zip: open zip: it is part 3 of a split archive; pass all parts together\n"},
		{"damaged", strings.Replace(whole, "PK\x01\x02", "PK\x01\x00", 1),
			"leaf z!/a 4\narchive z is zip: open zip: zip: not a valid zip file: its directory is damaged; ask for a new upload; its entries were looked for one by one\n"},
		{"cut in its directory", whole[:len(whole)-22-10] + whole[len(whole)-22:],
			"leaf z!/a 4\narchive z is zip: open zip: zip: not a valid zip file: its directory is damaged; ask for a new upload; its entries were looked for one by one\n"},
		{"end without a directory", "PK\x03\x04" + whole[len(whole)-22:],
			"unreadable z is zip: open zip: zip: not a valid zip file: its directory is damaged; ask for a new upload\n"},
		{"says a billion entries", zip64Of("a", "data", 1e9),
			"unreadable z is zip: the ticket has more than 10000 members: what follows was not read (raise --max-members)\n"},
		{"cut behind a zip in it", outer[:at+len(whole)], lost("in.zip") + "leaf z!/a 4\n" + ofAnother},
		{"cut further behind", outer[:strings.LastIndex(outer, "PK\x03\x04")+31], lost("in.zip") + "leaf z!/a 4\n" + lost("b") + ofAnother},
		{"trailing bytes", whole + "padding", "leaf z!/a 4\narchive z is zip\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := walk(t, "z", tt.data, Limits{}).inventory(); got != tt.want {
				t.Errorf("got  %swant %s", got, tt.want)
			}
		})
	}
}

// TestZipDirectoryMemory has a directory whose end record says that it is short.
func TestZipDirectoryMemory(t *testing.T) {
	whole := zipOf(t, file{"a", "data"})
	i := strings.Index(whole, "PK\x01\x02")
	end := len(whole) - endLen
	data := whole[:i] + strings.Repeat(whole[i:end], (minDirectory+1<<20)/(end-i)) + whole[end:]
	got := &recorder{}
	src := Source{Name: "z", Size: int64(len(data)), ReaderAt: strings.NewReader(data)}
	if err := Walk(t.Context(), src, Limits{}, got, nil); err != nil {
		t.Fatal(err)
	}
	if s := got.inventory(); len(got.members) != 1 || !strings.Contains(s, "--max-members") || !got.members[0].Hashed {
		t.Errorf("got\n%.300s", s)
	}
}

// TestEntriesOverEachOther: a directory that names one entry many times costs no more than reading the zip a few times.
func TestEntriesOverEachOther(t *testing.T) {
	body := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(body)
	z := zipOf(t, file{"a", string(body)})
	at, end := strings.LastIndex(z, "PK\x01\x02"), strings.LastIndex(z, "PK\x05\x06")
	const times = 500
	entries := strings.Repeat(z[at:end], times)
	tail := []byte(z[end:])
	binary.LittleEndian.PutUint16(tail[8:], times)
	binary.LittleEndian.PutUint16(tail[10:], times)
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(entries)))
	z = z[:at] + entries + string(tail)
	got := &recorder{}
	if err := Walk(context.Background(), Source{Name: "z", Size: int64(len(z)), ReaderAt: strings.NewReader(z)}, Limits{}, got, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(got.members); n > 10 || !strings.Contains(got.inventory(), "lie over each other") {
		t.Errorf("%d members:\n%.600s", n, got.inventory())
	}
}
