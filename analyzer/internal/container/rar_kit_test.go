package container

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"unicode/utf16"
)

// No free program writes RAR, so this does, without compression: https://www.rarlab.com/technote.htm and the technote of RAR 4.

// rarOptions say how a RAR is to be written.
type rarOptions struct {
	password     string
	hideNames    bool // encrypts the directory too
	solid        bool
	volume       int // bytes of each file in a volume; 0: one volume
	noCheckValue bool
	rounds       byte // log2 of those to make a key, as the archive says, which takes 2^4; 0: 4. RAR 5 only
}

// vint writes an integer of RAR 5.
func vint(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

func le16(n int) string { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) }
func le32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

func crcOf(data string) int { return int(crc32.ChecksumIEEE([]byte(data))) }

// pieces cuts data into those of n bytes; one where n is 0 or data is empty.
func pieces(data string, n int) []string {
	var all []string
	for n > 0 && len(data) > n {
		all, data = append(all, data[:n]), data[n:]
	}
	return append(all, data)
}

// rarSalt and rarIV are enough for tests.
const rarSalt, rarIV = "0123456789abcdef", "fedcba9876543210"

func cbc(t testing.TB, key, iv, data string) string {
	t.Helper()
	c, err := aes.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	b := []byte(data + strings.Repeat("\x00", (16-len(data)%16)%16))
	cipher.NewCBCEncrypter(c, []byte(iv)).CryptBlocks(b, b)
	return string(b)
}

// rar5Key gives the key and the value that checks the password, with 2^4 rounds.
func rar5Key(t testing.TB, password string) (key, check string) {
	t.Helper()
	derive := func(rounds int) []byte {
		b, err := pbkdf2.Key(sha256.New, password, []byte(rarSalt), rounds, 32)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	folded := make([]byte, 8)
	for i, b := range derive(16 + 32) {
		folded[i%8] ^= b
	}
	sum := sha256.Sum256(folded)
	return string(derive(16)), string(folded) + string(sum[:4])
}

// rar5Of writes a RAR 5, as so many volumes as it takes.
func rar5Of(t testing.TB, o rarOptions, files ...file) []string {
	t.Helper()
	if o.rounds == 0 {
		o.rounds = 4
	}
	var key, check string
	if o.password != "" {
		key, check = rar5Key(t, o.password)
	}
	block := func(kind, flags, data int, body, extra string) string {
		head := vint(kind) + vint(flags)
		if extra != "" {
			head += vint(len(extra))
		}
		if data > 0 {
			head += vint(data)
		}
		head += body + extra
		head = vint(len(head)) + head
		head = le32(crcOf(head)) + head
		if o.hideNames && kind != 4 {
			return rarIV + cbc(t, key, rarIV, head)
		}
		return head
	}
	var volumes []string
	begin := func() {
		v := "Rar!\x1a\x07\x01\x00"
		if o.hideNames {
			v += block(4, 0, 0, vint(0)+vint(1)+string([]byte{o.rounds})+rarSalt+check, "")
		}
		flags, number := 0, ""
		if o.solid {
			flags |= 4
		}
		if o.volume > 0 {
			flags |= 1
			if len(volumes) > 0 {
				flags, number = flags|2, vint(len(volumes))
			}
		}
		volumes = append(volumes, v+block(1, 0, 0, vint(flags)+number, ""))
	}
	begin()
	for _, f := range files {
		data := f.data
		var extra string
		if o.password != "" {
			data = cbc(t, key, rarIV, data)
			record := vint(1) + vint(0) + vint(1) + string([]byte{o.rounds}) + rarSalt + rarIV + check
			if o.noCheckValue {
				record = vint(1) + vint(0) + vint(0) + string([]byte{o.rounds}) + rarSalt + rarIV
			}
			extra = vint(len(record)) + record
		}
		all := pieces(data, o.volume)
		for i, piece := range all {
			flags, crc := 2, crcOf(piece)
			if extra != "" {
				flags |= 1
			}
			if i > 0 {
				flags |= 8
			}
			if i < len(all)-1 {
				flags |= 16
			} else {
				crc = crcOf(f.data)
			}
			if len(piece) == 0 {
				flags &^= 2
			}
			body := vint(4) + vint(len(f.data)) + vint(0) + le32(crc) + vint(0) + vint(1) + vint(len(f.name)) + f.name
			volumes[len(volumes)-1] += block(2, flags, len(piece), body, extra) + piece
			if i < len(all)-1 {
				volumes[len(volumes)-1] += block(5, 0, 0, vint(1), "")
				begin()
			}
		}
	}
	volumes[len(volumes)-1] += block(5, 0, 0, vint(0), "")
	return volumes
}

// rar4Key gives the key and the initial vector.
func rar4Key(password, salt string) (key, iv string) {
	var p []byte
	for _, c := range utf16.Encode([]rune(password)) {
		p = append(p, byte(c), byte(c>>8))
	}
	p = append(p, salt...)
	h := sha1.New()
	vector := make([]byte, 16)
	for i := range 0x40000 {
		h.Write(p)
		h.Write([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		if i%0x4000 == 0 {
			vector[i/0x4000] = h.Sum(nil)[19]
		}
	}
	sum := h.Sum(nil)[:16]
	for i := 0; i < 16; i += 4 {
		sum[i], sum[i+1], sum[i+2], sum[i+3] = sum[i+3], sum[i+2], sum[i+1], sum[i]
	}
	return string(sum), string(vector)
}

// rar4Of writes a RAR 4, as so many volumes as it takes.
func rar4Of(t testing.TB, o rarOptions, files ...file) []string {
	t.Helper()
	const salt = "saltsalt"
	var key, iv string
	if o.password != "" {
		key, iv = rar4Key(o.password, salt)
	}
	block := func(kind byte, flags int, body string) string {
		head := string(kind) + le16(flags) + le16(7+len(body)) + body
		head = le16(crcOf(head)&0xffff) + head
		if o.hideNames && kind != 0x73 {
			return salt + cbc(t, key, iv, head)
		}
		return head
	}
	flags := 0
	if o.volume > 0 {
		flags |= 1
	}
	if o.solid {
		flags |= 8
	}
	if o.hideNames {
		flags |= 0x80
	}
	begin := "Rar!\x1a\x07\x00" + block(0x73, flags, "\x00\x00\x00\x00\x00\x00")
	volumes := []string{begin}
	for _, f := range files {
		data := f.data
		if o.password != "" {
			data = cbc(t, key, iv, data)
		}
		all := pieces(data, o.volume)
		for i, piece := range all {
			flags, crc, tail := 0x8000, crcOf(piece), ""
			if o.password != "" {
				flags, tail = flags|0x404, salt
			}
			if i > 0 {
				flags |= 1
			}
			if i < len(all)-1 {
				flags |= 2
			} else {
				crc = crcOf(f.data)
			}
			// MS-DOS; 20 November 2026; version 2.9; stored
			body := le32(len(piece)) + le32(len(f.data)) + "\x00" + le32(crc) + le32((46<<9|11<<5|20)<<16) + "\x1d0" +
				le16(len(f.name)) + le32(0x20) + f.name + tail
			volumes[len(volumes)-1] += block(0x74, flags, body) + piece
			if i < len(all)-1 {
				volumes[len(volumes)-1] += block(0x7b, 0x4001, "")
				volumes = append(volumes, begin)
			}
		}
	}
	volumes[len(volumes)-1] += block(0x7b, 0x4000, "")
	return volumes
}
