package container

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
)

// lzmaOf gives the properties and the data of LZMA, with an end marker.
func lzmaOf(t testing.TB, data string) (properties, packed string) {
	t.Helper()
	var b bytes.Buffer
	w, err := lzma.WriterConfig{DictCap: 32 << 20}.NewWriter(&b)
	finish(t, w, err, data)
	return b.String()[:5], b.String()[13:]
}

// lzma2Of gives LZMA2 in which each piece begins a chunk.
func lzma2Of(t testing.TB, pieces ...string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := lzma.Writer2Config{DictCap: 32 << 20}.NewWriter2(&b)
	for _, data := range pieces {
		if err == nil {
			_, err = io.WriteString(w, data)
		}
		if err == nil {
			err = w.Flush()
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGrowing has data that refers to what is far before it, of lengths around those of the dictionaries, read in pieces of several sizes.
func TestGrowing(t *testing.T) {
	far := noise(40_000) + strings.Repeat("text ", 200_000) + noise(40_000)[:39_000] + strings.Repeat("\x00", 2<<20) + noise(40_000) + "end"
	for _, n := range []int{0, 1, firstDictionary - longestMatch - 1, firstDictionary - longestMatch, firstDictionary - longestMatch + 1,
		firstDictionary, firstDictionary + 1, dictionaryGrowth*firstDictionary - longestMatch, dictionaryGrowth*firstDictionary + 40_000, len(far)} {
		data := far[:n]
		properties, packed := lzmaOf(t, data)
		packed2 := lzma2Of(t, data)
		ways := map[string]func() (io.Reader, error){
			"LZMA":                  func() (io.Reader, error) { return newLZMA(strings.NewReader(packed), []byte(properties), -1) },
			"LZMA of a known size":  func() (io.Reader, error) { return newLZMA(strings.NewReader(packed), []byte(properties), int64(n)) },
			"LZMA2":                 func() (io.Reader, error) { return newLZMA2(strings.NewReader(packed2), 32<<20) },
			"LZMA2, byte by byte":   func() (io.Reader, error) { return newLZMA2(iotest.OneByteReader(strings.NewReader(packed2)), 32<<20) },
			"LZMA2 of a known size": func() (io.Reader, error) { return newLZMA2(strings.NewReader(packed2), max(n, lzma.MinDictCap)) },
		}
		for name, open := range ways {
			for _, piece := range []int{1000, 1 << 20} {
				r, err := open()
				if err != nil {
					t.Fatalf("%s of %d bytes: %v", name, n, err)
				}
				var got bytes.Buffer
				_, err = io.CopyBuffer(&got, struct{ io.Reader }{r}, make([]byte, piece))
				if err != nil || got.String() != data {
					t.Errorf("%s of %d bytes in pieces of %d: got %d bytes, %v", name, n, piece, got.Len(), err)
				}
			}
		}
	}
}

// TestGrowingInChunk has a chunk that is begun with a dictionary in which it has no room, and refers beyond it.
func TestGrowingInChunk(t *testing.T) {
	pieces := []string{noise(60_000), strings.Repeat("text ", 2000) + noise(60_000), strings.Repeat("\x00", firstDictionary*dictionaryGrowth-140_000), strings.Repeat("text ", 2000) + noise(60_000)}
	packed := lzma2Of(t, pieces...)
	got, err := readAll(func() (io.Reader, error) { return newLZMA2(strings.NewReader(packed), 32<<20) })
	if want := strings.Join(pieces, ""); err != nil || got != want {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
}

// TestGrowingDamaged holds what is damaged to what the library gives with the whole dictionary: nothing may come of it that did not come before,
// and no end that is none.
func TestGrowingDamaged(t *testing.T) {
	data := noise(30_000) + strings.Repeat(noise(3000), 100) + noise(30_000)
	properties, packed := lzmaOf(t, data)
	packed2 := lzma2Of(t, data)
	for at := 0; at < len(packed); at += 997 {
		for cut := range 2 {
			damaged := func(s string) string {
				if at = min(at, len(s)-1); cut == 1 {
					return s[:at]
				}
				return s[:at] + string(s[at]^0x10) + s[at+1:]
			}
			ways := []struct{ whole, grown func() (io.Reader, error) }{
				{func() (io.Reader, error) {
					return lzma.NewReader(strings.NewReader(properties + strings.Repeat("\xff", 8) + damaged(packed)))
				}, func() (io.Reader, error) { return newLZMA(strings.NewReader(damaged(packed)), []byte(properties), -1) }},
				{func() (io.Reader, error) {
					return lzma.Reader2Config{DictCap: 32 << 20}.NewReader2(strings.NewReader(damaged(packed2)))
				}, func() (io.Reader, error) { return newLZMA2(strings.NewReader(damaged(packed2)), 32<<20) }},
			}
			for i, way := range ways {
				want, wantErr := readAll(way.whole)
				got, err := readAll(way.grown)
				if (err == nil) != (wantErr == nil) || !strings.HasPrefix(got, want) {
					t.Errorf("LZMA%d damaged at %d, cut %d: got %d bytes, %v, want %d, %v", i+1, at, cut, len(got), err, len(want), wantErr)
				}
			}
		}
	}
}

func readAll(open func() (io.Reader, error)) (string, error) {
	r, err := open()
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), err
}

// TestClaimedDictionaries has many small entries of which each asks for as much memory as is granted: what is allocated for an entry
// may not follow what it says.
func TestClaimedDictionaries(t *testing.T) {
	const entries = 100
	text := strings.Repeat("some text", 20)
	properties, packed := lzmaOf(t, text)
	le := binary.LittleEndian
	inZip := "\x09\x14\x05\x00" + properties[:1] + string(le.AppendUint32(nil, maxDictionary)) + packed
	// A block of no known size, of a dictionary of 256 MiB.
	block := []byte{2, 0, 0x21, 1, 32, 0, 0, 0}
	block = le.AppendUint32(block, crc32.ChecksumIEEE(block))
	inXz := unhex(t, "fd377a585a000000ff12d941") + string(block) + lzma2Of(t, text)
	// A frame of 128 MiB with one block that is not packed: RFC 8878, sections 3.1.1.1 and 3.1.1.2.
	inZstd := "\x28\xb5\x2f\xfd\x00\x88" + string(le.AppendUint32(nil, uint32(len(text))<<3|1)[:3]) + text
	tests := []struct {
		name   string
		method uint16
		data   string
		size   uint64
		most   uint64
	}{
		{"LZMA", 14, inZip, 1 << 30, 1 << 20},
		{"LZMA, damaged", 14, inZip[:len(inZip)-6] + "\xff\xff\xff\xff\xff\xff", 1 << 30, 1 << 20},
		{"LZMA2", 95, inXz, uint64(len(text)), 1 << 20},
		{"LZMA2, damaged", 95, strings.Replace(inXz, "\xe0\x00", "\xe0\x01", 1), uint64(len(text)), 1 << 20},
		// A pool drops some of what it is given when it looks for races.
		{"zstd", zstd.ZipMethodWinZip, inZstd, uint64(len(text)), maxZstdWindow / 2},
		{"zstd in a stored entry", zip.Store, inZstd, uint64(len(inZstd)), maxZstdWindow / 2},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range entries {
			w, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i), Method: tt.method, CompressedSize64: uint64(len(tt.data)), UncompressedSize64: tt.size})
			if err == nil {
				_, err = io.WriteString(w, tt.data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := &recorder{read: -1}
		if err := Walk(context.Background(), Source{Name: "m", Size: int64(b.Len()), ReaderAt: bytes.NewReader(b.Bytes())}, Limits{}, r, nil); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / entries; n > tt.most || len(r.members) != entries+1 {
			t.Errorf("%s: %d bytes allocated for each of %d members", tt.name, n, len(r.members))
		}
	}
}

// TestTables has chunks and entries that ask for the largest tables, of 6 MiB.
func TestTables(t *testing.T) {
	const largest = 4*9 + 8 // lp and lc
	packed2 := lzma2Of(t, strings.Repeat("some text", 20))
	for settings, want := range map[byte]error{4: nil, 9 + 3: nil, 5: errTables, 9 + 4: errTables, largest: errTables} {
		chunk := packed2[:5] + string([]byte{settings}) + packed2[6:]
		r, err := newLZMA2(strings.NewReader(chunk), 1<<20)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if (err == errTables) != (want == errTables) {
			t.Errorf("LZMA2 with settings %d: got %v, want %v", settings, err, want)
		}
	}
	// The tables of a chunk behind others.
	_, err := readAll(func() (io.Reader, error) {
		return newLZMA2(strings.NewReader("\x01\x00\x02abc"+packed2[:5]+string([]byte{largest})+packed2[6:]), 1<<20)
	})
	if err != errTables {
		t.Errorf("LZMA2 behind a chunk that is not packed: got %v", err)
	}
	// A chunk that says it has more than it takes, behind which the library would go on.
	more := packed2[:3] + "\xff\xff" + packed2[5:len(packed2)-1]
	if _, err := readAll(func() (io.Reader, error) {
		return newLZMA2(strings.NewReader(more+packed2[:5]+string([]byte{largest})+packed2[6:]+strings.Repeat("\x00", 1<<16)), 1<<20)
	}); err == nil || err.Error() != "a chunk of it is longer than what it unpacks to" {
		t.Errorf("LZMA2 in what is left of a chunk: got %v", err)
	}
	properties, packed := lzmaOf(t, "some text")
	for settings, want := range map[byte]error{8: nil, 9 + 8: errTables, largest: errTables} {
		if _, err := newLZMA(strings.NewReader(packed), []byte(string([]byte{settings})+properties[1:]), -1); err != want {
			t.Errorf("LZMA with settings %d: got %v, want %v", settings, err, want)
		}
	}
}

// TestLargeDictionaries unpacks one large dictionary after the other: the memory held is that of one.
func TestLargeDictionaries(t *testing.T) {
	properties, packed := lzmaOf(t, strings.Repeat("\x00", 17<<20))
	for range 4 {
		r, err := newLZMA(strings.NewReader(packed), []byte(properties[:1]+string(binary.LittleEndian.AppendUint32(nil, maxDictionary))), -1)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err != nil {
			t.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if held := m.HeapSys - m.HeapReleased; held > maxDictionary*3/2 {
			t.Errorf("%d bytes are held", held)
		}
	}
}
