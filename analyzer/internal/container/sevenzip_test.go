package container

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// archiveFile reads a file of testdata, whose README tells how they were made.
func archiveFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	packetText = "the first packet, the second packet, the third packet\n"
	fileB      = "抓包/b.txt"
)

var textOfB = strings.Repeat("text of b\n", 300)

func TestSevenZip(t *testing.T) {
	both := "leaf z!/a.pcap 54\nleaf z!/抓包/b.txt 3000\narchive z is 7z\n"
	tests := []struct{ name, want string }{
		{"solid.7z", "leaf z!/empty 0\nleaf z!/a.pcap 54\nunreadable z!/link 0 unhashed: it is a symbolic link, which is not followed\nleaf z!/抓包/b.txt 3000\narchive z is 7z\n"},
		{"lzma.7z", both},
		{"ppmd.7z", both},
		{"copy.7z", both},
		{"encrypted.7z", "unreadable z!/a.pcap 0 unhashed: it is encrypted; give its password with --password\n" +
			"unreadable z!/抓包/b.txt 0 unhashed: it is encrypted; give its password with --password\narchive z is 7z\n"},
		{"encrypted-names.7z", "unreadable z is 7z: open 7z: it is encrypted; give its password with --password\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := walk(t, "z", archiveFile(t, tt.name), Limits{})
			if got := r.inventory(); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			if strings.Contains(tt.want, "encrypted") {
				return
			}
			text := strings.Join(r.data, "")
			if text != packetText+textOfB {
				t.Errorf("got %.200q", text)
			}
			if m := r.members[len(r.members)-2]; m.ModTime.Unix() != 1795168800 {
				t.Errorf("modified %v", m.ModTime)
			}
		})
	}
}

// TestSevenZipDamaged cuts an archive after, and changes, each of its bytes: all is told, and what was read is right.
func TestSevenZipDamaged(t *testing.T) {
	for _, name := range []string{"solid.7z", "lzma.7z", "ppmd.7z"} {
		whole := archiveFile(t, name)
		for cut := len(sevenZipMagic); cut < len(whole); cut++ {
			r := walkOnce(t, whole[:cut], Limits{})
			if s := r.inventory(); len(r.members) != 1 || !strings.Contains(s, "cut short") {
				t.Fatalf("%s cut after %d of %d bytes: got\n%s", name, cut, len(whole), s)
			}
		}
		for i := len(sevenZipMagic) + 2; i < len(whole); i++ {
			b := []byte(whole)
			b[i] ^= 0x41
			r := &recorder{read: -1, keep: true}
			if err := Walk(context.Background(), Source{Name: "m", Reader: bytes.NewReader(b)}, Limits{}, r, nil); err != nil {
				t.Fatal(err)
			}
			if s := r.inventory(); !strings.Contains(s, ": ") && strings.Join(r.data, "") != packetText+textOfB {
				t.Errorf("%s with byte %d changed: got\n%s", name, i, s)
			}
		}
	}
	if r := walkOnce(t, archiveFile(t, "copy.7z")[:32]+"T"+archiveFile(t, "copy.7z")[33:], Limits{}); r.inventory() !=
		"leaf m!/a.pcap 54 unhashed: read 7z entry: its checksum is wrong\nleaf m!/抓包/b.txt 3000\narchive m is 7z\n" {
		t.Errorf("one of two files changed: got\n%s", r.inventory())
	}
}

// sevenZipOf writes a 7z with a directory as given, behind packed bytes.
func sevenZipOf(packed, directory string) string {
	le := binary.LittleEndian
	head := le.AppendUint64(le.AppendUint64(nil, uint64(len(packed))), uint64(len(directory)))
	head = le.AppendUint32(head, crc32.ChecksumIEEE([]byte(directory)))
	start := append(le.AppendUint32([]byte(sevenZipMagic+"\x00\x04"), crc32.ChecksumIEEE(head)), head...)
	return string(start) + packed + directory
}

// TestSevenZipHostile has directories that say more than they hold: nothing may be made ready for it.
func TestSevenZipHostile(t *testing.T) {
	const billion = "\xf0\x00\xca\x9a\x3b" // as 7z writes it
	packed := "\x06\x00\x01\x09\x01\x00"   // at 0, one stream, of one byte
	folder := func(coders, sizes string) string {
		return "\x01\x04" + packed + "\x07\x0b\x01\x00" + coders + "\x0c" + sizes + "\x00\x00" + "\x05\x01\x11\x05\x00a\x00\x00\x00\x00\x00"
	}
	keys := ""
	for i := range 20 {
		keys += "\x01\x24\x06\xf1\x07\x01\x03\xc0\x00" + string(rune('a'+i))
	}
	const members, damaged = "the ticket has more than 10000 members: what follows was not read (raise --max-members)", "its directory is damaged; ask for a new upload"
	tests := []struct{ name, directory, want string }{
		{"a billion files", "\x01\x05" + billion + "\x00\x00", members},
		{"a billion folders", "\x01\x04" + packed + "\x07\x0b" + billion + "\x00", members},
		{"a billion streams", "\x01\x04\x06\x00" + billion, damaged},
		{"a billion files in a folder", "\x01\x04" + packed + "\x07\x0b\x01\x00\x01\x01\x00\x0c\x05\x00\x08\x0d" + billion, members},
		{"a billion coders", folder(billion+"\x01\x00", "\x05"), damaged},
		{"a billion outputs", folder("\x01\x11\x00\x01"+billion, "\x05"), damaged},
		{"a billion bytes of properties", folder("\x01\x21\x00"+billion, "\x05"), damaged},
		{"no coder", folder("\x00", "\x05"), damaged},
		{"PPMd with 1 GiB", folder("\x01\x23\x03\x04\x01\x05\x06\x00\x00\x00\x40", "\x05"), "to unpack it takes 1 GiB of memory, and 256 MiB are granted: unpack it and pass the result"},
		{"a key of 2^40 rounds", folder("\x01\x24\x06\xf1\x07\x01\x02\xe8\x00", "\x05"), "its password is checked in a way that takes too long: unpack it and pass the folder"},
		{"many keys", "\x01\x04" + "\x07\x0b\x14\x00" + keys + "\x0c" + strings.Repeat("\x05", 20) + "\x00\x00\x00", "it is encrypted with more than 8 keys: unpack it and pass the folder"},
		{"a directory compressed to a petabyte", "\x17" + packed + "\x07\x0b\x01\x00\x01\x01\x00\x0c\xfe\x00\x00\x00\x00\x00\x00\x04\x00\x00", members},
		{"a directory in itself", "\x17\x06\x01\x01\x09\x12\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x12\x00\x00", damaged},
		{"nothing", "\x00", damaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := walk(t, "z", sevenZipOf("x", tt.directory), Limits{}).inventory()
			if want := "unreadable z is 7z: open 7z: " + tt.want + "\n"; got != want {
				t.Errorf("got  %swant %s", got, want)
			}
		})
	}
	lzma2 := func(property, size string) string {
		return walk(t, "z", sevenZipOf("x", folder("\x01\x21\x21\x01"+property, size)), Limits{}).inventory()
	}
	if got := lzma2("\x28", "\xf0\x00\x00\x00\x40"); !strings.Contains(got, "unreadable z!/a 0 unhashed: to unpack it takes 1 GiB of memory") {
		t.Errorf("LZMA2 with 4 GiB for 1 GiB: got\n%s", got)
	}
	if got := lzma2("\x28", "\x05"); strings.Contains(got, "memory") {
		t.Errorf("LZMA2 with 4 GiB for 5 bytes: got\n%s", got)
	}
	for _, empty := range []string{sevenZipOf("", ""), sevenZipOf("", "\x01\x00")} {
		if got := walk(t, "z", empty, Limits{}).inventory(); got != "archive z is 7z\n" {
			t.Errorf("an empty one: got\n%s", got)
		}
	}
}

// TestSevenZipLimits holds the limits, behind which a solid archive is not read on: to skip an entry is to expand it.
func TestSevenZipLimits(t *testing.T) {
	solid := archiveFile(t, "solid.7z")
	tests := []struct {
		name   string
		limits Limits
		want   string
	}{
		{"members", Limits{MaxMembers: 3}, "leaf m!/empty 0\nleaf m!/a.pcap 54\n" +
			"unreadable m!/link 0 unhashed: the ticket has more than 3 members: what follows was not read (raise --max-members)\narchive m is 7z\n"},
		{"bytes", Limits{MaxBytes: 50}, "leaf m!/empty 0\nleaf m!/a.pcap 50 unhashed: the ticket expands to more than 50 bytes (raise --max-bytes)\n" +
			"unreadable m!/link 0 unhashed: the ticket expands to more than 50 bytes (raise --max-bytes)\n" +
			"unreadable m!/抓包/b.txt 0 unhashed: the ticket expands to more than 50 bytes (raise --max-bytes)\narchive m is 7z\n"},
	}
	for _, tt := range tests {
		got := &recorder{read: -1}
		src := Source{Name: "m", Size: int64(len(solid)), ReaderAt: strings.NewReader(solid)}
		if err := Walk(context.Background(), src, tt.limits, got, nil); err != nil {
			t.Fatal(err)
		}
		if got.inventory() != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.name, got.inventory(), tt.want)
		}
	}
	if got, want := walk(t, "m", zipOf(t, file{"in.7z", solid}), Limits{MaxDepth: 1}).inventory(),
		"unreadable m!/in.7z is 7z: it is packed more than 1 times (raise --max-depth)\narchive m is zip\n"; got != want {
		t.Errorf("depth: got\n%swant\n%s", got, want)
	}
}

func TestJoined(t *testing.T) {
	const whole = "the first, the second, the third"
	for _, cuts := range [][2]int{{0, 0}, {0, 32}, {5, 5}, {10, 22}, {1, 31}, {32, 32}} {
		j := Join(strings.NewReader(whole[:cuts[0]]), strings.NewReader(whole[cuts[0]:cuts[1]]), strings.NewReader(whole[cuts[1]:]))
		if got, err := io.ReadAll(iotest.OneByteReader(io.NewSectionReader(j, 0, j.Size()))); string(got) != whole || err != nil {
			t.Errorf("cut at %v: got %q, %v", cuts, got, err)
		}
		for off := range len(whole) + 2 {
			for n := range len(whole) + 2 {
				got := make([]byte, n)
				k, err := j.ReadAt(got, int64(off))
				want := make([]byte, n)
				wantK, wantErr := bytes.NewReader([]byte(whole)).ReadAt(want, int64(off))
				if k != wantK || !bytes.Equal(got, want) || n > 0 && !errors.Is(err, wantErr) {
					t.Fatalf("cut at %v, %d bytes at %d: got %d, %q, %v, want %d, %q, %v", cuts, n, off, k, got, err, wantK, want, wantErr)
				}
			}
		}
	}
}
