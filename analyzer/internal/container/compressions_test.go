package container

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// compressions packs the texts of the tests below.
var compressions = map[string]func(testing.TB, string) string{"gzip": gzipOf, "zstd": zstdOf, "bzip2": bzip2Of, "xz": xzOf, "lz4": lz4Of}

func xzOf(t testing.TB, data string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.WriterConfig{DictCap: 1 << 20}.NewWriter(&b)
	finish(t, w, err, data)
	return b.String()
}

// finish writes all that there is, and what ends it; err is what making w gave.
func finish(t testing.TB, w io.WriteCloser, err error, data string) {
	t.Helper()
	if err == nil {
		_, err = io.WriteString(w, data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func lz4Of(t testing.TB, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := lz4.NewWriter(&b)
	_, err := io.WriteString(w, data)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// bzip2Of gives what bzip2 1.0.8 made of a few texts: the standard library does not write it.
func bzip2Of(t testing.TB, data string) string {
	t.Helper()
	packed, ok := map[string]string{
		"":                          "425a683917724538509000000000",
		"data":                      "425a6839314159265359afe69e72000001018024000400200030cc0c7a827177245385090afe69e720",
		strings.Repeat("text ", 20): "425a683931415926535955f63a6e0000279180400002000440200030cd340a93251188a4623c5dc914e1424157d8e9b8",
		strings.Repeat("\x00", 1<<20): "425a68393141592653" +
			"5938571ce50008084000c0040008200030cc0529a60806c4201e2ee48a70a12070ae39ca",
	}[data]
	if !ok {
		t.Fatalf("there is no bzip2 of %q", data)
	}
	return unhex(t, packed)
}

func unhex(t testing.TB, digits string) string {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCompressions holds what all compressions have in common.
func TestCompressions(t *testing.T) {
	text := strings.Repeat("text ", 20)
	for name, pack := range compressions {
		t.Run(name, func(t *testing.T) {
			whole := pack(t, text)
			tests := []struct{ name, data, want string }{
				{"whole", whole, "leaf m via " + name + " 100\n"},
				{"two, one behind the other", whole + pack(t, "data"), "leaf m via " + name + " 104\n"},
				{"followed by others' bytes", whole + "padding", "leaf m via " + name + " 100: read " + name + ": bytes that are no part of it follow the compressed data\n"},
				{"twice", "", "leaf m via gzip," + name + " 100\n"},
			}
			tests[3].data = gzipOf(t, whole)
			for _, tt := range tests {
				got := walk(t, "m", tt.data, Limits{})
				if got.inventory() != tt.want {
					t.Errorf("%s: got\n%swant\n%s", tt.name, got.inventory(), tt.want)
				}
			}
			if got := walk(t, "m", whole, Limits{}).data; len(got) != 1 || got[0] != text {
				t.Errorf("got %q", got)
			}
			for cut := len(whole) - 1; cut >= sniffedBy(whole); cut-- {
				got := walkOnce(t, whole[:cut], Limits{})
				if m := got.members[0]; len(got.members) != 1 || m.Err == nil || m.Hashed || !strings.Contains(m.Err.Error(), "cut short") {
					t.Errorf("cut after %d of %d bytes: got\n%s", cut, len(whole), got.inventory())
				}
			}
			// A wrong bit is an error, except where it tells nothing, as in a timestamp.
			silent := 0
			for i := sniffedBy(whole); i < len(whole); i++ {
				b := []byte(whole)
				b[i] ^= 0x10
				if m := walkOnce(t, string(b), Limits{}).members[0]; m.Err == nil {
					silent++
				}
			}
			if silent > 6 {
				t.Errorf("%d of %d bytes can be changed unnoticed", silent, len(whole))
			}
		})
	}
}

// sniffedBy is how many bytes it takes to tell the format of a file.
func sniffedBy(data string) int {
	for n := range len(data) {
		if Sniff([]byte(data[:n])) != "" {
			return n
		}
	}
	return len(data)
}

// TestXz reads what liblzma 5.4 made of "data".
func TestXz(t *testing.T) {
	const plain = "fd377a585a000004e6d6b4460200210116000000742fe5a301000364617461007f6f469d929f29c300011c046f2c9cc11fb6f37d010000000004595a"
	tests := []struct{ name, packed, want string }{
		{"CRC64", plain, "leaf m via xz 4\n"},
		{"no check", "fd377a585a000000ff12d9410200210116000000742fe5a301000364617461000001140467a6450906729e7a010000000000595a", "leaf m via xz 4\n"},
		{"CRC32", "fd377a585a0000016922de360200210116000000742fe5a3010003646174610063f3f3ad000118046be9f0a59042990d010000000001595a", "leaf m via xz 4\n"},
		{"SHA-256", "fd377a585a00000ae1fb0ca10200210116000000742fe5a301000364617461003a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7" +
			"00013404c582c19c189b4b9a01000000000a595a", "leaf m via xz 4\n"},
		{"no block", "fd377a585a000004e6d6b446000000001cdf44211fb6f37d010000000004595a", "leaf m via xz 0\n"},
		{"padding, and another stream", plain + "0000000000000000" + plain, "leaf m via xz 8\n"},
		{"wrong check", strings.Replace(plain, "7f6f46", "7f6f47", 1), "leaf m via xz 4 unhashed: read xz: the checksum of a block is wrong\n"},
		{"wrong index", strings.Replace(plain, "00011c04", "00011d04", 1), "leaf m via xz 4 unhashed: read xz: its index does not fit its blocks\n"},
		{"filter for x86", "fd377a585a000004e6d6b44602010400210116000d86351f01000364617461007f6f469d929f29c300011c046f2c9cc11fb6f37d010000000004595a",
			"unreadable m via xz 0 unhashed: read xz: it is packed with a filter that is meant for programs, which is not read: unpack it and pass the result\n"},
		{"dictionary of 512 MiB", "fd377a585a000004e6d6b44602002101220000008240acdc01000364617461007f6f469d929f29c300011c046f2c9cc11fb6f37d010000000004595a",
			"unreadable m via xz 0 unhashed: read xz: to unpack it takes 512 MiB of memory, and 256 MiB are granted: unpack it and pass the result\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := walk(t, "m", unhex(t, tt.packed), Limits{}).inventory(); got != tt.want {
				t.Errorf("got  %swant %s", got, tt.want)
			}
		})
	}
}

// TestXzBlocks has blocks of a byte, as xz makes none, and blocks of a few KiB that ask for a dictionary of 256 MiB each.
func TestXzBlocks(t *testing.T) {
	header := unhex(t, "fd377a585a000000ff12d941")
	block := []byte{2, 0, 0x21, 1, 32, 0, 0, 0}
	block = binary.LittleEndian.AppendUint32(block, crc32.ChecksumIEEE(block))
	small := append(block, 1, 0, 0, 'x', 0, 0, 0, 0)
	got := walkOnce(t, header+strings.Repeat(string(small), 20_000), Limits{}).inventory()
	if want := "leaf m via xz 16384 unhashed: read xz: it has many blocks of less than a KiB: unpack it and pass the result\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	larger := string(block) + "\x01\x07\xff" + noise(2048) + "\x00"
	got = walkOnce(t, header+strings.Repeat(larger, 100), Limits{}).inventory()
	if want := "leaf m via xz 204800 unhashed: the data is cut short"; !strings.HasPrefix(got, want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
