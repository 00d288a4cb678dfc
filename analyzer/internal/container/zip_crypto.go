package container

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
)

// zipCipher is how an entry is encrypted.
type zipCipher struct {
	kind     int // plain, zipCrypto or zipAES
	check    byte
	strength int // of AES, in steps of 64 bits from 128
	noCRC    bool

	password string // that was found to be right, for AES
	keys     []byte // made of it, which takes a millisecond
}

const (
	plain = iota
	zipCrypto
	zipAES
)

// methodAES marks what WinZip has encrypted, whatever it is compressed with.
const methodAES = 99

// cipherOf tells how an entry is encrypted, and the method that it is compressed with. WinZip's field, https://www.winzip.com/en/support/aes-encryption/:
//
//	0x9901  7  version  'AE'  strength  method
//	0       2  4        6     8         9      11
func cipherOf(h *zip.FileHeader) (zipCipher, uint16, error) {
	const strong = 0x40 // PKWARE's own
	switch {
	case h.Flags&1 == 0 && h.Method != methodAES:
		return zipCipher{}, h.Method, nil
	case h.Flags&strong != 0:
		return zipCipher{}, 0, errOtherCipher
	case h.Method != methodAES:
		// The last byte before the data is of the checksum, or of the time where that is not known yet.
		c := zipCipher{kind: zipCrypto, check: byte(h.CRC32 >> 24)}
		if h.Flags&8 != 0 {
			//lint:ignore SA1019 the check byte is of the time as MS-DOS writes it
			c.check = byte(h.ModifiedTime >> 8)
		}
		return c, h.Method, nil
	}
	for x := h.Extra; len(x) >= 4; {
		n := int(binary.LittleEndian.Uint16(x[2:]))
		if n > len(x)-4 {
			break
		}
		if field := x[4 : 4+n]; binary.LittleEndian.Uint16(x) == 0x9901 && n >= 7 && field[4] >= 1 && field[4] <= 3 {
			return zipCipher{kind: zipAES, strength: int(field[4]), noCRC: field[0] == 2}, binary.LittleEndian.Uint16(field[5:]), nil
		}
		x = x[4+n:]
	}
	return zipCipher{}, 0, errOtherCipher
}

// decrypt gives what size bytes of raw hold. A password that is certainly wrong is errWrongPassword.
func (c *zipCipher) decrypt(raw io.Reader, size int64, password string) (io.Reader, error) {
	switch c.kind {
	case zipCrypto:
		return newZipCrypto(raw, c.check, password)
	case zipAES:
		return c.newAES(raw, size, password)
	}
	return raw, nil
}

// zipKeys is the cipher of APPNOTE.TXT, 6.1.
type zipKeys struct {
	r io.Reader
	k [3]uint32
}

func newZipCrypto(raw io.Reader, check byte, password string) (io.Reader, error) {
	z := &zipKeys{r: raw, k: [3]uint32{0x12345678, 0x23456789, 0x34567890}}
	for i := range len(password) {
		z.update(password[i])
	}
	var head [12]byte
	if _, err := io.ReadFull(z, head[:]); err != nil {
		return nil, &notThePassword{noEOF(err)}
	}
	if head[11] != check {
		return nil, errWrongPassword
	}
	return z, nil
}

func (z *zipKeys) update(b byte) {
	k := &z.k
	k[0] = crc32.IEEETable[byte(k[0])^b] ^ k[0]>>8
	k[1] = (k[1]+k[0]&0xff)*134775813 + 1
	k[2] = crc32.IEEETable[byte(k[2])^byte(k[1]>>24)] ^ k[2]>>8
}

func (z *zipKeys) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	for i := range p[:n] {
		t := z.k[2] | 2
		p[i] ^= byte(t * (t ^ 1) >> 8)
		z.update(p[i])
	}
	return n, err
}

// zipAESReader reads what WinZip encrypts:
//
//	salt  check of the password  data  first 10 bytes of HMAC-SHA1 of data
//	0     key/2                  +2    -10
type zipAESReader struct {
	data   io.LimitedReader
	tail   io.Reader
	block  cipher.Block
	mac    hash.Hash
	count  [aes.BlockSize]byte // little-endian, from 1, unlike that of crypto/cipher
	stream [aes.BlockSize]byte
	used   int   // bytes of stream
	end    error // once all was read
}

var errAuthentication = errors.New("it was changed after it was encrypted, or is damaged")

func (c *zipCipher) newAES(raw io.Reader, size int64, password string) (io.Reader, error) {
	const macLen, checkLen, rounds = 10, 2, 1000
	keyLen := 8 + 8*c.strength
	head := make([]byte, keyLen/2+checkLen)
	if _, err := io.ReadFull(raw, head); err != nil {
		return nil, &notThePassword{noEOF(err)}
	}
	salt, check := head[:keyLen/2], head[keyLen/2:]
	keys := c.keys
	if keys == nil || c.password != password {
		var err error
		if keys, err = pbkdf2.Key(sha1.New, password, salt, rounds, 2*keyLen+checkLen); err != nil {
			return nil, err
		}
		if !bytes.Equal(keys[2*keyLen:], check) {
			return nil, errWrongPassword
		}
		c.password, c.keys = password, keys
	}
	block, err := aes.NewCipher(keys[:keyLen])
	if err != nil {
		return nil, err
	}
	n := size - int64(len(head)) - macLen
	return &zipAESReader{data: io.LimitedReader{R: raw, N: n}, tail: raw, block: block, mac: hmac.New(sha1.New, keys[keyLen:2*keyLen]), used: aes.BlockSize}, nil
}

func (z *zipAESReader) Read(p []byte) (int, error) {
	if z.end != nil {
		return 0, z.end
	}
	n, err := z.data.Read(p)
	z.mac.Write(p[:n])
	for i := range p[:n] {
		if z.used == len(z.stream) {
			for j := range z.count {
				if z.count[j]++; z.count[j] != 0 {
					break
				}
			}
			z.block.Encrypt(z.stream[:], z.count[:])
			z.used = 0
		}
		p[i] ^= z.stream[z.used]
		z.used++
	}
	if err == io.EOF {
		z.end = z.authenticate()
		err = z.end
	}
	return n, err
}

// authenticate ends the reading: io.EOF if all is as it was packed.
func (z *zipAESReader) authenticate() error {
	if z.data.N > 0 {
		return io.ErrUnexpectedEOF
	}
	var mac [10]byte
	if _, err := io.ReadFull(z.tail, mac[:]); err != nil {
		return noEOF(err)
	}
	if !hmac.Equal(mac[:], z.mac.Sum(nil)[:len(mac)]) {
		return errAuthentication
	}
	return io.EOF
}
