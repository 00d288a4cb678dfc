package container

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf8"
)

// openZip reads a zip's directory. The library keeps all of it, and believes what the end record
// says of the number of entries, so both are bounded here.
func (w *walker) openZip(a *archive) (*zip.Reader, error) {
	most := w.limits.maxDirectory()
	tooMany := &LimitError{"max-members", int64(w.limits.MaxMembers), a.Name}
	if err := checkEnd(a.file, a.size, most, len(a.parts()) > 0, tooMany); err != nil {
		return nil, err
	}
	// The library reads whole blocks, and up to 64 KiB in search of the end record.
	at := &meteredAt{meter: &meter{walker: w}, r: a.file, limit: most + 128<<10, err: tooMany}
	z, err := zip.NewReader(at, a.size)
	switch {
	case errors.Is(err, tooMany) || w.ctx.Err() != nil:
		return nil, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &directoryError{fmt.Errorf("open zip: %w", err)}
	case err != nil && !errors.Is(err, zip.ErrInsecurePath): // names are labels here
		return nil, &directoryError{fmt.Errorf("open zip: %w: its directory is damaged; ask for a new upload", err)}
	}
	at.limit = 0
	return z, nil
}

// The end record, APPNOTE.TXT, 4.3.16, with a comment of up to 64 KiB behind it, and the locator of the record of zip64 before it,
// 4.3.15:
//
//	PK\6\7  disk  offset of zip64 record  disks
//	0       4     8                       16     20
//	PK\5\6  disk  ...  entries  size  offset  comment length
//	0       4          10       12    16      20             22
//
//	PK\6\6  ...  entries  size  offset
//	0            32       40    48      56
const (
	endLen     = 22
	locatorLen = 20
	end64Len   = 56
	shortEntry = 46 // of the directory, without its name
)

// maxWithoutZip64 is beyond what 32 bits can tell: the last entry may begin below that, and its directory after it.
const maxWithoutZip64 = 1<<32 + minDirectory

// directoryError says that a directory is no use.
type directoryError struct{ error }

func (e *directoryError) Unwrap() error { return e.error }

// splitError says that all parts of a split zip are there. Its directory tells places as those in each part.
type splitError struct{ entries int }

func (*splitError) Error() string { return "the zip is split" }

// checkEnd finds what the library would say less clearly, or believe: a directory that is missing, or too large to keep.
func checkEnd(file io.ReaderAt, size, mostDirectory int64, split bool, tooMany error) error {
	tail := make([]byte, min(size, endLen+locatorLen+1<<16))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the end of a zip: %w", err)
	}
	i := len(tail) - endLen
	for ; i >= 0; i-- {
		if string(tail[i:i+4]) == "PK\x05\x06" {
			break
		}
	}
	if i < 0 {
		return &directoryError{errors.New("open zip: it has no directory at its end: the archive is cut short; ask for a new upload")}
	}
	if disk := binary.LittleEndian.Uint16(tail[i+4:]); disk != 0 && disk != 0xffff {
		if split {
			return &splitError{int(binary.LittleEndian.Uint16(tail[i+10:]))}
		}
		return fmt.Errorf("open zip: it is part %d of a split archive; pass all parts together", disk+1)
	}
	if ofInner(file, size, int64(len(tail)-i), tail[i:]) {
		return &directoryError{errors.New("open zip: the directory at its end is that of a zip inside it: the archive is cut short; ask for a new upload")}
	}
	j := i - locatorLen
	if j < 0 || string(tail[j:j+4]) != "PK\x06\x07" {
		if size > maxWithoutZip64 {
			return &directoryError{errors.New("open zip: it is larger than its directory can tell")}
		}
		return nil // no more than 65535 entries
	}
	var end [end64Len]byte
	at := binary.LittleEndian.Uint64(tail[j+8:])
	if at > uint64(size) {
		return nil // for the library to refuse
	}
	if _, err := file.ReadAt(end[:], int64(at)); err != nil || string(end[:4]) != "PK\x06\x06" {
		return nil
	}
	if binary.LittleEndian.Uint64(end[32:]) > uint64(mostDirectory)/shortEntry {
		return tooMany
	}
	return nil
}

// ofInner says that an end record, at so many bytes before the end of a file, is that of a zip that is an entry of this one, as it is where an upload
// was cut: another entry follows, or entries come before what the record knows of.
func ofInner(file io.ReaderAt, size, fromEnd int64, end []byte) bool {
	if behind := end[min(len(end), endLen+int(binary.LittleEndian.Uint16(end[20:]))):]; bytes.HasPrefix(behind, []byte("PK\x03\x04")) || bytes.HasPrefix(behind, []byte("PK\x07\x08")) {
		return true
	}
	var magic [4]byte
	if _, err := file.ReadAt(magic[:], 0); err != nil || string(magic[:]) != "PK\x03\x04" {
		return false // no entry comes before it
	}
	if _, err := file.ReadAt(magic[:], size-fromEnd-locatorLen); err == nil && string(magic[:]) == "PK\x06\x07" {
		return false // the record of zip64 and its locator lie between directory and end
	}
	length, offset := int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	before := size - fromEnd - length - offset
	var entry [shortEntry]byte
	if _, err := file.ReadAt(entry[:], size-fromEnd-length); before <= 0 || err != nil || size > 1<<32-1 {
		return false // all of it is accounted for, the directory is elsewhere, or 32 bits do not tell where
	}
	name := make([]byte, binary.LittleEndian.Uint16(entry[28:]))
	if _, err := file.ReadAt(name, size-fromEnd-length+shortEntry); err != nil {
		return false
	}
	isThere := func(at int64) bool {
		const short = 30 // a local header without its name
		header := make([]byte, short+len(name))
		_, err := file.ReadAt(header, at)
		return err == nil && string(header[:4]) == "PK\x03\x04" && bytes.Equal(header[short:], name)
	}
	first := int64(binary.LittleEndian.Uint32(entry[42:]))
	return isThere(before+first) || !isThere(first)
}

// zipName is the name of an entry. The extra field of Info-ZIP, APPNOTE.TXT, 4.6.9, has it in UTF-8, if its checksum says that it
// still belongs to the name.
//
//	0x7075  length  version 1  CRC-32 of the name  name in UTF-8
//	0       2       4          5                   9
func zipName(h *zip.FileHeader) string {
	const utf8Flag = 0x800
	for x := []byte(h.Extra); len(x) >= 4; {
		n := int(binary.LittleEndian.Uint16(x[2:]))
		if n > len(x)-4 {
			break
		}
		field := x[4 : 4+n]
		if binary.LittleEndian.Uint16(x) == 0x7075 && n > 5 && field[0] == 1 && utf8.Valid(field[5:]) &&
			binary.LittleEndian.Uint32(field[1:]) == crc32.ChecksumIEEE([]byte(h.Name)) {
			return displayName(string(field[5:]), true)
		}
		x = x[4+n:]
	}
	return displayName(h.Name, h.Flags&utf8Flag != 0)
}

// documentKind names the letters and programs that are zips by form only: nobody wants their parts in the inventory.
func documentKind(z *zip.Reader) string {
	if len(z.File) > 0 && z.File[0].Name == "mimetype" {
		return "OpenDocument file"
	}
	for _, f := range z.File {
		switch f.Name {
		case "[Content_Types].xml":
			return "office document"
		case "META-INF/MANIFEST.MF":
			return "Java archive"
		}
	}
	return ""
}
