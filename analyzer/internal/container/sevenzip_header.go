package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/bodgit/sevenzip"
)

// The library that reads 7z makes room for as many files, streams and folders as the directory says there are, up to 2^32 of each, before
// it sees any. So the directory is walked here first: 7zFormat.txt of the LZMA SDK.
//
//	start:      37 7A BC AF 27 1C  version  CRC32  offset  size  CRC32 | packed streams ... | directory
//	            0                  6        8      12      20    28    32
//	directory:  01  04 streams  05 files  00          or, compressed itself,  17 streams
//	streams:    06 position, number  [09 sizes]  [0A digests]  00
//	            07  0B number  00 folders ...  0C sizes ...  [0A digests]  00
//	            08  [0D number in each folder]  [09 sizes]  [0A digests]  00
//	            00

const sevenZipStart = 32

// sevenZipHeader is what the walk of a directory finds.
type sevenZipHeader struct {
	empty     bool
	folders   []sevenZipFolder // compressed streams, each of which holds files one behind the other
	directory int64            // expanded bytes of the directory; of one that is compressed
}

// encrypted says that a folder needs a password.
func (h *sevenZipHeader) encrypted(folder int) bool {
	return folder >= 0 && folder < len(h.folders) && h.folders[folder].key != ""
}

type sevenZipFolder struct {
	outputs uint64
	key     string // parameters that the key is made from; empty if the folder is not encrypted
}

const (
	maxCoders = 32 // of a folder; 7-Zip writes four at most
	maxKeys   = 8  // that take time to make, in one archive; 7-Zip makes one
	maxCycles = 22 // log2 of the rounds to make a key: 7-Zip's 19 take a tenth of a second
)

// checkSevenZip walks the directory of a 7z. The directory is expanded by the library, for which it is made the only file of a 7z.
func (w *walker) checkSevenZip(a *archive, password string) (*sevenZipHeader, error) {
	le := binary.LittleEndian
	var start [sevenZipStart]byte
	if _, err := a.file.ReadAt(start[:], 0); err != nil {
		return nil, noEOF(err)
	}
	if crc32.ChecksumIEEE(start[12:]) != le.Uint32(start[8:]) {
		return nil, errors.New("the checksum of its header is wrong: the archive is damaged; ask for a new upload")
	}
	offset, size := le.Uint64(start[12:]), le.Uint64(start[20:])
	left := uint64(a.size - sevenZipStart)
	if offset > left || size > left-offset {
		return nil, errors.New("it has no directory at its end: the archive is cut short; ask for a new upload")
	}
	if size > uint64(w.limits.maxDirectory()) {
		return nil, &LimitError{"max-members", int64(w.limits.MaxMembers), a.Name}
	}
	if size == 0 {
		return &sevenZipHeader{empty: true}, nil
	}
	directory := make([]byte, size)
	if _, err := a.file.ReadAt(directory, sevenZipStart+int64(offset)); err != nil && err != io.EOF {
		return nil, noEOF(err)
	}
	if crc32.ChecksumIEEE(directory) != le.Uint32(start[28:]) {
		return nil, errDirectoryDamaged
	}
	if directory[0] != 0x17 {
		return w.walkSevenZip(a, directory)
	}
	h := &sevenZipHeader{}
	f := &sevenZipFields{b: directory[1:], most: 1}
	f.streams(h)
	switch {
	case f.err != nil || len(h.folders) != 1:
		return nil, firstOf(f.err, errDirectoryDamaged)
	case h.directory > w.limits.maxDirectory():
		return nil, &LimitError{"max-members", int64(w.limits.MaxMembers), a.Name}
	case h.encrypted(0) && password == "":
		return nil, errEncrypted
	}
	expanded, err := expandDirectory(a, directory[1:], h.directory, password)
	if err != nil {
		return nil, err
	}
	return w.walkSevenZip(a, expanded)
}

var errDirectoryDamaged = errors.New("its directory is damaged; ask for a new upload")

func expandDirectory(a *archive, streams []byte, size int64, password string) ([]byte, error) {
	le := binary.LittleEndian
	// One file with a name of no letter: 05 number 11 size 00 name 00 00
	directory := append(append([]byte{1, 4}, streams...), 5, 1, 0x11, 3, 0, 0, 0, 0, 0)
	head := le.AppendUint64(le.AppendUint64(nil, uint64(a.size-sevenZipStart)), uint64(len(directory)))
	head = le.AppendUint32(head, crc32.ChecksumIEEE(directory))
	start := append(le.AppendUint32([]byte(sevenZipMagic+"\x00\x04"), crc32.ChecksumIEEE(head)), head...)
	whole := Join(bytes.NewReader(start), io.NewSectionReader(a.file, sevenZipStart, a.size-sevenZipStart), bytes.NewReader(directory))
	z, err := sevenzip.NewReaderWithPassword(whole, whole.size, password)
	if err != nil || len(z.File) != 1 {
		return nil, firstOf(err, errDirectoryDamaged)
	}
	r, err := z.File[0].Open()
	if err != nil {
		return nil, sevenZipError(err)
	}
	defer closeDecoder(r)
	expanded := make([]byte, size)
	if _, err := io.ReadFull(&summed{r: r, want: z.File[0].CRC32, has: z.File[0].CRC32 != 0}, expanded); err != nil {
		return nil, sevenZipError(err)
	}
	return expanded, nil
}

func (w *walker) walkSevenZip(a *archive, directory []byte) (*sevenZipHeader, error) {
	h := &sevenZipHeader{}
	// Folders are entries too, hence the double of the members.
	f := &sevenZipFields{b: directory, most: 2 * uint64(w.limits.MaxMembers)}
	f.files(h)
	if f.over {
		return nil, &LimitError{"max-members", int64(w.limits.MaxMembers), a.Name}
	}
	if f.err != nil {
		return nil, f.err
	}
	keys := make(map[string]bool)
	for _, folder := range h.folders {
		if keys[folder.key] = true; len(keys) > 1+maxKeys {
			return nil, fmt.Errorf("it is encrypted with more than %d keys: unpack it and pass the folder", maxKeys)
		}
	}
	return h, nil
}

// sevenZipFields reads a directory. After an error all is zero.
type sevenZipFields struct {
	b    []byte
	most uint64 // files, folders or streams
	over bool   // there are more
	err  error
}

func (f *sevenZipFields) fail() {
	if f.err == nil {
		f.err = errDirectoryDamaged
	}
	f.b = nil
}

func (f *sevenZipFields) bytes(n uint64) []byte {
	if n > uint64(len(f.b)) {
		f.fail()
		return nil
	}
	b := f.b[:n]
	f.b = f.b[n:]
	return b
}

func (f *sevenZipFields) byte() byte {
	if b := f.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// number reads an integer whose first byte says by its leading ones how many bytes follow.
func (f *sevenZipFields) number() uint64 {
	first := f.byte()
	var n uint64
	for i, mask := 0, byte(0x80); i < 8; i, mask = i+1, mask>>1 {
		if first&mask == 0 {
			return n | uint64(first&(mask-1))<<(8*i)
		}
		n |= uint64(f.byte()) << (8 * i)
	}
	return n
}

// count reads a number of things of which there may be most.
func (f *sevenZipFields) count(most uint64) uint64 {
	n := f.number()
	if n > most {
		f.over = f.over || most == f.most
		f.fail()
		return 0
	}
	return n
}

func (f *sevenZipFields) numbers(n uint64) {
	for range n {
		f.number()
	}
}

// digests passes the checksums of n things, of which not all need have one.
func (f *sevenZipFields) digests(n uint64) {
	has := n
	if f.byte() == 0 {
		has = 0
		for i, b := range f.bytes((n + 7) / 8) {
			for bit := range min(8, n-8*uint64(i)) {
				has += uint64(b >> (7 - bit) & 1)
			}
		}
	}
	f.bytes(4 * has)
}

// files walks a directory that is not compressed, as far as the number of its files.
func (f *sevenZipFields) files(h *sevenZipHeader) {
	if f.byte() != 1 {
		f.fail()
	}
	id := f.byte()
	if id == 4 {
		f.streams(h)
		id = f.byte()
	}
	if id == 5 {
		f.count(f.most)
	} else if id != 0 {
		f.fail()
	}
}

func (f *sevenZipFields) streams(h *sevenZipHeader) {
	id := f.byte()
	if id == 6 {
		f.number()
		n := f.count(f.most * maxCoders)
		if id = f.byte(); id == 9 {
			f.numbers(n)
			id = f.byte()
		}
		if id == 0x0a {
			f.digests(n)
			id = f.byte()
		}
		f.end(id)
		id = f.byte()
	}
	if id == 7 {
		f.foldersOf(h)
		id = f.byte()
	}
	if id == 8 {
		files := uint64(len(h.folders))
		each := make([]uint64, len(h.folders))
		for i := range each {
			each[i] = 1
		}
		if id = f.byte(); id == 0x0d {
			files = 0
			for i := range each {
				each[i] = f.count(f.most - files)
				files += each[i]
			}
			id = f.byte()
		}
		if id == 9 {
			for _, n := range each {
				if n > 0 {
					f.numbers(n - 1)
				}
			}
			id = f.byte()
		}
		if id == 0x0a {
			f.digests(files)
			id = f.byte()
		}
		f.end(id)
		id = f.byte()
	}
	f.end(id)
}

func (f *sevenZipFields) end(id byte) {
	if id != 0 {
		f.fail()
	}
}

func (f *sevenZipFields) foldersOf(h *sevenZipHeader) {
	if f.byte() != 0x0b {
		f.fail()
	}
	n := f.count(f.most)
	if f.byte() != 0 { // kept elsewhere, which nobody writes
		f.fail()
	}
	for range n {
		if f.err != nil {
			return
		}
		h.folders = append(h.folders, f.folder())
	}
	if f.byte() != 0x0c {
		f.fail()
	}
	for i, folder := range h.folders {
		for range folder.outputs {
			size := f.number()
			if i == 0 {
				h.directory = max(h.directory, int64(min(size, 1<<62)))
			}
		}
	}
	id := f.byte()
	if id == 0x0a {
		f.digests(n)
		id = f.byte()
	}
	f.end(id)
}

// folder walks the coders of a folder: flags, number in the low four bits, [inputs, outputs], [properties]; then which output is which
// input.
func (f *sevenZipFields) folder() sevenZipFolder {
	var folder sevenZipFolder
	var inputs uint64
	for range f.count(maxCoders) {
		flags := f.byte()
		id := f.bytes(uint64(flags & 15))
		in, out := uint64(1), uint64(1)
		if flags&0x10 != 0 {
			in, out = f.count(maxCoders), f.count(maxCoders)
		}
		inputs += in
		folder.outputs += out
		var properties []byte
		if flags&0x20 != 0 {
			properties = f.bytes(f.number())
		}
		switch {
		case string(id) == "\x06\xf1\x07\x01" && len(properties) > 0: // AES-256, with a key by SHA-256
			if folder.key = string(properties); properties[0]&0x3f > maxCycles && properties[0]&0x3f != 0x3f {
				f.refuse(errors.New("its password is checked in a way that takes too long: unpack it and pass the folder"))
			}
		case string(id) == "\x03\x04\x01" && len(properties) == 5: // PPMd
			if memory := binary.LittleEndian.Uint32(properties[1:]); memory > maxDictionary {
				f.refuse(&dictionaryError{int64(memory)})
			}
		}
	}
	if folder.outputs == 0 || inputs < folder.outputs {
		f.fail()
		return folder
	}
	f.numbers(2 * (folder.outputs - 1))
	if packed := inputs - (folder.outputs - 1); packed > 1 {
		f.numbers(packed)
	}
	return folder
}

func (f *sevenZipFields) refuse(err error) {
	if f.err == nil {
		f.err = err
	}
	f.b = nil
}
