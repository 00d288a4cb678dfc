package container

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/flate"
)

// TestDeflate64AsDeflate reads what Deflate wrote: the formats differ in matches of 258 bytes alone, which texts of random letters lack.
func TestDeflate64AsDeflate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 100, 65535, 65536, 300_000} {
		for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.BestCompression, flate.HuffmanOnly} {
			text := make([]byte, size)
			for i := range text {
				text[i] = byte('a' + rnd.IntN(1+i%20))
			}
			var packed bytes.Buffer
			w, err := flate.NewWriter(&packed, level)
			if err == nil {
				_, err = w.Write(text)
			}
			if err == nil {
				err = w.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(newDeflate64(bufio.NewReader(iotest.OneByteReader(&packed))))
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%d bytes at level %d: got %d bytes, %v", size, level, len(got), err)
			}
		}
	}
}

// TestDeflate64 has streams by hand: what Deflate cannot say, and what nothing can.
func TestDeflate64(t *testing.T) {
	// A fixed block: the literal a, code 285 with 16 bits, distance code 0, end of block.
	long := func(extra uint16) string {
		var b bitString
		b.add("1").add("10").add("10010001").add("11000101").number(uint(extra), 16).add("00000").add("0000000")
		return b.String()
	}
	far := func(code string, extraBits int) string {
		var b bitString
		b.add("1").add("10").add("10010001").add("0000001").add(code).number(0, extraBits).add("0000000")
		return b.String()
	}
	tests := []struct {
		name, packed string
		want         int // bytes; -1: an error
	}{
		{"a match of 3 bytes by code 285", long(0), 4},
		{"a match of 65538 bytes", long(65535), 65539},
		{"distance code 0", far("00000", 0), 4},
		{"distance code 31 without so much data", far("11111", 14), -1},
		{"length code 286", "\x4b\xe4\xff", -1},
		{"block type 3", "\x07", -1},
		{"stored with a wrong length", "\x01\x01\x00\x00\x00x", -1},
		{"stored", "\x01\x01\x00\xfe\xffx", 1},
		{"codes too many for their length", "\x05\x00\x49\x92\x24\x49\x92\x24", -1},
		{"nothing", "", -1},
	}
	for _, tt := range tests {
		got, err := io.ReadAll(newDeflate64(bufio.NewReader(strings.NewReader(tt.packed))))
		if (err != nil) != (tt.want < 0) || err == nil && len(got) != tt.want {
			t.Errorf("%s: got %d bytes, %v", tt.name, len(got), err)
		}
		if err == nil && len(got) > 1 && strings.Trim(string(got), "a") != "" {
			t.Errorf("%s: got %.20q", tt.name, got)
		}
	}
}

// bitString packs bits as RFC 1951, section 3.1.1, does: from the lowest on, numbers with their lowest first, codes with their highest.
type bitString struct {
	bits []byte
}

func (b *bitString) add(bits string) *bitString { // lowest first as written
	for _, c := range bits {
		b.bits = append(b.bits, byte(c-'0'))
	}
	return b
}

func (b *bitString) number(n uint, width int) *bitString {
	for i := range width {
		b.bits = append(b.bits, byte(n>>i&1))
	}
	return b
}

func (b *bitString) String() string {
	out := make([]byte, (len(b.bits)+7)/8)
	for i, bit := range b.bits {
		out[i/8] |= bit << (i % 8)
	}
	return string(out)
}
