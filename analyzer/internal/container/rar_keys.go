package container

import (
	"encoding/binary"
	"errors"
	"io"
)

// maxRarRounds bounds the rounds that making the keys of a RAR 5 takes, some minutes of work. WinRAR's 2^15 for each of 10 000 entries are
// less; an archive may ask for 2^24 for each.
const maxRarRounds = 1 << 29

var errRarRounds = errors.New("its passwords are checked in a way that takes too long: unpack it with its password and pass the folder")

// checkRarKeys sums up the rounds of the keys that a RAR 5 shows, before the library makes any: https://www.rarlab.com/technote.htm. Integers
// have seven bits in a byte, the lowest first.
//
//	block:   CRC32  size  type  flags  [extra size]  [data size]  fields  extra | data
//	type 4:  version  flags  log2 of the rounds (1)  salt (16)            and the rest of the archive is encrypted
//	extra:   size  type 1  version  flags  log2 of the rounds (1)  salt (16) ...
func checkRarKeys(file io.ReaderAt, size int64) error {
	const magic, maxHeader, encryption, hasExtra, hasData = "Rar!\x1a\x07\x01\x00", 2 << 20, 4, 1, 2
	var head [12]byte
	if _, err := file.ReadAt(head[:len(magic)], 0); err != nil || string(head[:len(magic)]) != magic {
		return nil // for the library to tell
	}
	salts := make(map[string]bool)
	rounds := int64(0)
	add := func(record rarFields) error {
		record.number()
		record.number()
		if len(record) < 17 || salts[string(record[:17])] {
			return nil
		}
		salts[string(record[:17])] = true
		if rounds += 1 << min(record[0], 31); rounds > maxRarRounds {
			return errRarRounds
		}
		return nil
	}
	for at := int64(len(magic)); at < size; {
		n, _ := file.ReadAt(head[:], at) // an end is told below
		if n < 8 {
			return nil
		}
		length, lengthLen := binary.Uvarint(head[4:n])
		if lengthLen <= 0 || length > maxHeader {
			return nil
		}
		b := make(rarFields, length)
		at += int64(4 + lengthLen)
		if _, err := file.ReadAt(b, at); err != nil && err != io.EOF {
			return err
		}
		at += int64(length)
		kind, flags := b.number(), b.number()
		var extra, data uint64
		if flags&hasExtra != 0 {
			extra = b.number()
		}
		if flags&hasData != 0 {
			data = b.number()
		}
		if kind == encryption {
			return add(b)
		}
		b = b[len(b)-int(min(extra, uint64(len(b)))):]
		for len(b) > 0 {
			n := min(b.number(), uint64(len(b)))
			record := b[:n]
			b = b[n:]
			if record.number() == 1 {
				if err := add(record); err != nil {
					return err
				}
			}
		}
		at += int64(min(data, uint64(size)))
	}
	return nil
}

// rarFields are read from the front; behind their end all is zero.
type rarFields []byte

func (f *rarFields) number() uint64 {
	v, n := binary.Uvarint(*f)
	if n <= 0 {
		*f = nil
		return 0
	}
	*f = (*f)[n:]
	return v
}
