package container

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A zip that was cut short has lost its directory, and in one of more than 4 GiB that knows no zip64, as the Finder of macOS writes, the directory's
// sizes and offsets are what is left of them in 32 bits. Its entries are found by their local headers then: APPNOTE.TXT, 4.3.7, and the
// descriptor behind the data of one that was written without knowing its length, 4.3.9.
//
//	PK\3\4  version  flags  method  time  date  CRC-32  packed  size  name length  extra length
//	0       4        6      8       10    12    14      18      22    26           28            30
//	PK\7\8  CRC-32  packed  size
//	0       4       8       12 or 16
const (
	localMagic = "PK\x03\x04"
	localLen   = 30
)

// errScanned is added to what is wrong with a zip whose entries were found one by one.
var errScanned = errors.New("its entries were looked for one by one")

// scannable says of a zip whose directory is no use that it begins with an entry.
func scannable(a *archive) bool {
	at, ok := find(a, localMagic, 0, 4+localLen)
	return ok && at <= 4 && localHeader(a, at) != nil
}

// scanZip walks the entries by their local headers, and gives their number. Behind one whose length is not known the next is searched for.
func (w *walker) scanZip(a *archive) (entries int) {
	waiting := w.waitingRoom(a.Member)
	defer waiting.leave()
	start := a.used.n
	for at := int64(0); !w.full() && w.ctx.Err() == nil; {
		var ok bool
		if at, ok = find(a, localMagic, at, a.size); !ok {
			break
		}
		e := localHeader(a, at)
		if e == nil {
			at += int64(len(localMagic))
			continue
		}
		if a.used.n-start > 3*a.size+compressedBuffer {
			w.overlaid(a, &Member{Name: a.Name + "!/" + zipName(&e.FileHeader), Depth: a.Depth + 1})
			break
		}
		at = w.scanEntry(a, e, waiting)
		entries++
	}
	return entries
}

// localEntry is an entry as its local header tells it.
type localEntry struct {
	zip.FileHeader
	body  int64 // where its data begins
	known bool  // its length
}

// localHeader reads one; nil if there is none.
func localHeader(a *archive, at int64) *localEntry {
	var fixed [localLen]byte
	if _, err := a.file.ReadAt(fixed[:], at); err != nil && err != io.EOF || string(fixed[:4]) != localMagic {
		return nil
	}
	le := binary.LittleEndian
	names := make([]byte, int(le.Uint16(fixed[26:]))+int(le.Uint16(fixed[28:])))
	if _, err := a.file.ReadAt(names, at+localLen); err != nil && err != io.EOF {
		return nil
	}
	n := int(le.Uint16(fixed[26:]))
	name := string(names[:n])
	if n == 0 || strings.ContainsRune(name, 0) { // of no entry, but of data that looks like one
		return nil
	}
	e := &localEntry{body: at + localLen + int64(len(names)), FileHeader: zip.FileHeader{Name: name, Extra: names[n:],
		Flags: le.Uint16(fixed[6:]), Method: le.Uint16(fixed[8:]),
		CRC32: le.Uint32(fixed[14:]), CompressedSize64: uint64(le.Uint32(fixed[18:])), UncompressedSize64: uint64(le.Uint32(fixed[22:]))}}
	e.ModifiedTime = le.Uint16(fixed[10:])
	e.zip64()
	e.known = e.Flags&8 == 0 || e.CompressedSize64 > 0
	if int64(e.CompressedSize64) < 0 || int64(e.UncompressedSize64) < 0 {
		return nil
	}
	return e
}

// zip64 takes the sizes from the field of zip64, 4.5.3, where the header refers to it.
func (e *localEntry) zip64() {
	const none = 1<<32 - 1
	le := binary.LittleEndian
	for x := e.Extra; len(x) >= 4; {
		n := int(le.Uint16(x[2:]))
		if n > len(x)-4 {
			return
		}
		if le.Uint16(x) == 1 {
			field := x[4 : 4+n]
			for _, size := range []*uint64{&e.UncompressedSize64, &e.CompressedSize64} {
				if *size == none && len(field) >= 8 {
					*size, field = le.Uint64(field), field[8:]
				}
			}
		}
		x = x[4+n:]
	}
}

// scanEntry tells an entry, and gives the place to look for the next one.
func (w *walker) scanEntry(a *archive, e *localEntry, waiting *room) (next int64) {
	next = e.body
	end := a.size
	if e.known {
		end = min(a.size, e.body+min(int64(e.CompressedSize64), a.size))
		next = end
		if _, ok := find(a, "PK", end, end+2); !ok && end < a.size {
			next = e.body // it is not as long as it says
		}
	}
	if strings.HasSuffix(e.Name, "/") && e.CompressedSize64 == 0 {
		return next
	}
	m := &Member{Name: a.Name + "!/" + zipName(&e.FileHeader), Depth: a.Depth + 1}
	if !w.admit(m) {
		return next
	}
	start := a.used.n
	p := &packedEntry{FileHeader: &e.FileHeader, known: e.known, raw: func() (io.Reader, error) { return io.NewSectionReader(a.file, e.body, end-e.body), nil }}
	p.sum = func(behind int64) (uint32, bool) { return descriptor(a, e.body+behind) }
	r, err := w.openEntry(p)
	if err != nil {
		w.unreadable(m, err)
		return next
	}
	defer closeDecoder(r)
	waiting.enter(m, input{layer: &layer{r: &decoder{r, "zip entry", a.used}, packed: func() int64 { return a.used.n - start }}, depth: m.Depth})
	if !e.known {
		next = e.body + max(0, r.consumed()-8) // a decoder may have read a few bytes ahead
	}
	return next
}

// descriptor finds the checksum behind data that ends at or just before at.
func descriptor(a *archive, at int64) (uint32, bool) {
	from := max(0, at-8)
	b := make([]byte, 8+16)
	n, _ := a.file.ReadAt(b, from)
	i := bytes.Index(b[:n], []byte("PK\x07\x08"))
	if i < 0 || i+8 > n {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b[i+4:]), true
}

// find searches for text that begins in [from, to).
func find(a *archive, text string, from, to int64) (int64, bool) {
	to = min(to, a.size)
	b := make([]byte, min(64<<10, max(0, to-from)+int64(len(text))))
	for from < to {
		n, err := a.file.ReadAt(b[:min(int64(len(b)), a.size-from)], from)
		if i := bytes.Index(b[:n], []byte(text)); i >= 0 {
			return from + int64(i), from+int64(i) < to
		}
		if err != nil || n < len(b) {
			return 0, false
		}
		from += int64(n - len(text) + 1)
	}
	return 0, false
}

// splitZip walks a zip of which all parts are there, of so many entries.
func (w *walker) splitZip(a *archive, entries int) error {
	found := w.scanZip(a)
	if found < entries && !w.full() && w.ctx.Err() == nil {
		return fmt.Errorf("read zip: of its %d entries %d were found; ask for a new upload", entries, found)
	}
	return nil
}

// scanned adds to an error that the entries were read all the same.
func scanned(err error) error { return fmt.Errorf("%w; %w", err, errScanned) }
