package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// pack puts files into an archive, or the first of them into a compression, of a random kind. It gives the file's name too.
func (c chance) pack(files []file) file {
	switch c.IntN(9) {
	case 0, 1, 2:
		return file{"ticket.zip", c.zip(files)}
	case 3:
		return file{"ticket.tar", tarOf(files)}
	case 4:
		return file{"ticket.tar.gz", through(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, flate.BestSpeed) }, tarOf(files))}
	case 5:
		return file{"mail.eml", c.mail(files)}
	case 6:
		return file{files[0].name + ".zst", zstdEncoder.EncodeAll(files[0].data, nil)}
	case 7:
		return file{files[0].name + ".xz", through(func(w io.Writer) (io.WriteCloser, error) { return xz.WriterConfig{DictCap: 1 << 16}.NewWriter(w) }, files[0].data)}
	}
	return file{files[0].name + ".lz4", through(func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil }, files[0].data)}
}

var zstdEncoder, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstd.MinWindowSize)) // fails for other options only

// through compresses into memory, where nothing fails.
func through(open func(io.Writer) (io.WriteCloser, error), data []byte) []byte {
	var b bytes.Buffer
	w, err := open(&b)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (c chance) zip(files []file) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name[:min(len(f.name), 1<<16-1)], Method: zip.Store, NonUTF8: c.in(2)}
		if c.in(3) {
			h.Method = zip.Deflate
		}
		e, err := w.CreateHeader(h)
		if err == nil {
			_, err = e.Write(f.data)
		}
		if err != nil { // a folder's name with bytes
			continue
		}
	}
	if c.in(8) {
		w.SetComment(pick(c, hostileNames)) // one that is too long is none
	}
	w.Close()
	return b.Bytes()
}

func tarOf(files []file) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o600, Typeflag: tar.TypeReg, Format: tar.FormatGNU}) == nil {
			w.Write(f.data)
		}
	}
	w.Close()
	return b.Bytes()
}

func (c chance) mail(files []file) []byte {
	var b strings.Builder
	b.WriteString("From: a@example.org\r\nTo: b@example.org\r\nSubject: it breaks\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nsee below\r\n")
	for _, f := range files {
		packed := base64.StdEncoding.EncodeToString(f.data)
		b.WriteString("--b1\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" + f.name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for ; len(packed) > 76; packed = packed[76:] {
			b.WriteString(packed[:76] + "\r\n")
		}
		b.WriteString(packed + "\r\n")
	}
	b.WriteString("--b1--\r\n")
	return []byte(b.String())
}

// archive changes the numbers in the headers of an archive, and mends the checksums over them, so that what they say is believed.
func (c chance) archive(b []byte) []byte {
	var all []field
	le := binary.LittleEndian
	at := func(base int, offsets ...[2]int) {
		for _, o := range offsets {
			all = append(all, field{base + o[0], o[1], le})
		}
	}
	begins := func(magic string) bool { return bytes.HasPrefix(b, []byte(magic)) }
	switch {
	case begins("PK"):
		for i := 0; i+4 <= len(b); i++ {
			switch string(b[i : i+4]) {
			case "PK\x03\x04":
				at(i, [2]int{4, 2}, [2]int{6, 2}, [2]int{8, 2}, [2]int{14, 4}, [2]int{18, 4}, [2]int{22, 4}, [2]int{26, 2}, [2]int{28, 2})
			case "PK\x01\x02":
				at(i, [2]int{8, 2}, [2]int{10, 2}, [2]int{20, 4}, [2]int{24, 4}, [2]int{28, 2}, [2]int{30, 2}, [2]int{32, 2}, [2]int{34, 2}, [2]int{42, 4})
			case "PK\x05\x06":
				at(i, [2]int{4, 2}, [2]int{8, 2}, [2]int{10, 2}, [2]int{12, 4}, [2]int{16, 4}, [2]int{20, 2})
			case "PK\x07\x08":
				at(i, [2]int{4, 4}, [2]int{8, 4}, [2]int{12, 4})
			}
		}
	case len(b) >= 512 && string(b[257:262]) == "ustar":
		return c.tarHeader(b)
	default: // the numbers are where the file begins and where it ends
		for i := range min(len(b), 96) {
			at(0, [2]int{i, 1}, [2]int{i, 4}, [2]int{len(b) - 1 - i, 1})
		}
		if begins("7z") {
			for i := 32; i < len(b); i++ {
				at(0, [2]int{i, 1})
			}
		}
		if begins("\xd0\xcf\x11\xe0") {
			for i := 512; i < len(b)-4; i += 4 {
				at(0, [2]int{i, 4})
			}
		}
	}
	c.fields(b, all)
	switch {
	case c.in(5): // wrong as they are now
	case begins("7z\xbc\xaf\x27\x1c") && len(b) >= 32:
		if next, n := le.Uint64(b[12:]), le.Uint64(b[20:]); next <= uint64(len(b)-32) && n <= uint64(len(b)-32)-next {
			le.PutUint32(b[28:], crc32.ChecksumIEEE(b[32+next:32+next+n]))
		}
		le.PutUint32(b[8:], crc32.ChecksumIEEE(b[12:32]))
	case begins("Rar!\x1a\x07\x01\x00"):
		mendRAR5(b)
	case begins("Rar!\x1a\x07\x00"):
		mendRAR4(b)
	case begins("\xfd7zXZ\x00") && len(b) >= 24:
		le.PutUint32(b[8:], crc32.ChecksumIEEE(b[6:8]))
		if n := 4 * (int(b[12]) + 1); 12+n <= len(b) && n >= 8 {
			le.PutUint32(b[12+n-4:], crc32.ChecksumIEEE(b[12:12+n-4]))
		}
	}
	return b
}

// tarHeader changes a header of a tar and makes its checksum right.
func (c chance) tarHeader(b []byte) []byte {
	var headers []int
	for i := 0; i+512 <= len(b); i += 512 {
		if string(b[i+257:i+262]) == "ustar" {
			headers = append(headers, i)
		}
	}
	h := b[pick(c, headers):][:512]
	for range 1 + c.IntN(3) {
		switch c.IntN(4) {
		case 0: // the size: octal, or binary with the high bit
			copy(h[124:136], pick(c, []string{"77777777777\x00", "00000000000\x00", "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "-1\x00"}))
		case 1:
			h[156] = pick(c, []byte("0123456789gxLKDMNSV\x00"))
		case 2:
			h[c.IntN(512)] = byte(c.Uint32())
		case 3:
			copy(h[124:136], "0000000"+pick(c, []string{"0001", "1000", "7777"})+"\x00")
		}
	}
	copy(h[148:156], "        ")
	n := 0
	for _, v := range h {
		n += int(v)
	}
	for i := 5; i >= 0; i, n = i-1, n>>3 {
		h[148+i] = byte('0' + n&7)
	}
	h[154] = 0
	return b
}

// mendRAR5 makes the checksums of the block headers right: CRC-32, the header's size as a variable integer, and so many bytes.
func mendRAR5(b []byte) {
	for i := 8; i+7 < len(b); {
		size, n := binary.Uvarint(b[i+4:])
		if n <= 0 || size > uint64(len(b)-i-4-n) {
			return
		}
		end := i + 4 + n + int(size)
		binary.LittleEndian.PutUint32(b[i:], crc32.ChecksumIEEE(b[i+4:end]))
		_, k := binary.Uvarint(b[i+4+n : end]) // kind
		if k <= 0 {
			return
		}
		flags, f := binary.Uvarint(b[i+4+n+k : end])
		rest := b[i+4+n+k+max(f, 0) : end]
		if flags&1 != 0 {
			_, x := binary.Uvarint(rest)
			rest = rest[max(x, 0):]
		}
		i = end
		if flags&2 != 0 {
			data, _ := binary.Uvarint(rest)
			if data > uint64(len(b)-i) {
				return
			}
			i += int(data)
		}
	}
}

// mendRAR4 does so for the older format: two bytes of a CRC-32, kind, flags of two bytes, and the header's size of two.
func mendRAR4(b []byte) {
	for i := 7; i+7 < len(b); {
		le := binary.LittleEndian
		size := int(le.Uint16(b[i+5:]))
		if size < 7 || i+size > len(b) {
			return
		}
		le.PutUint16(b[i:], uint16(crc32.ChecksumIEEE(b[i+2:i+size])))
		end := i + size
		if le.Uint16(b[i+3:])&0x8000 != 0 && size >= 11 {
			data := le.Uint32(b[i+7:])
			if uint64(data) > uint64(len(b)-end) {
				return
			}
			end += int(data)
		}
		i = end
	}
}
