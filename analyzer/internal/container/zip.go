package container

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// isZip tells a zip by its first entry, the mark of a split one before it, or the end record of an empty one.
func isZip(head []byte) bool {
	return begins("PK\x03\x04", "PK\x07\x08PK\x03\x04", "PK00PK\x03\x04", "PK\x05\x06")(head)
}

// zip walks a zip. Its directory is at the end.
func (w *walker) zip(m *Member, r io.Reader, in input) error {
	m.Format = "zip"
	return w.seekable(m, r, in, func(a *archive) (func() error, error) {
		z, err := w.openZip(a)
		var split *splitError
		if errors.As(err, &split) {
			return func() error { return w.splitZip(a, split.entries) }, nil
		}
		var broken *directoryError
		if errors.As(err, &broken) && scannable(a) {
			return func() error {
				w.scanZip(a)
				return scanned(err)
			}, nil
		}
		if err != nil {
			return nil, err
		}
		if kind := documentKind(z); kind != "" {
			m.Format = kind
			return nil, nil
		}
		return func() error {
			w.zipEntries(a, z)
			return nil
		}, nil
	})
}

// zipEntries walks the entries. More may be read of the zip for them than there is of it, where entries lie over each other, as in a bomb
// that expands the same bytes thousands of times.
func (w *walker) zipEntries(a *archive, z *zip.Reader) {
	names := make([]string, len(z.File))
	for i, f := range z.File {
		names[i] = a.Name + "!/" + zipName(&f.FileHeader)
	}
	waiting := w.waitingRoomFor(a.Member, names)
	defer waiting.leave()
	waiting.series = func(string) bool { return false } // they are read in their order
	order := w.zipOrder(a, z, names)
	start := a.used.n
	for _, i := range order {
		f := z.File[i]
		if w.full() || w.ctx.Err() != nil {
			return
		}
		if f.Mode().IsDir() || strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, "\\") && f.UncompressedSize64 == 0 {
			continue
		}
		inner := &Member{Name: names[i], Depth: a.Depth + 1}
		if f.Modified.Year() >= 1980 { // MS-DOS knows no earlier time, and the library makes 1979 of none
			inner.ModTime = f.Modified
		}
		if a.used.n-start > 2*a.size+compressedBuffer {
			w.overlaid(a, inner)
			return
		}
		w.zipEntry(inner, f, a.used, waiting)
	}
}

// mostPeeks is how many entries a zip may have for their captures to be put in the order of time: what some ways of packing take for the first byte of
// an entry takes them as long as the whole entry, and thousands of files are those of a ring that has room, whose numbers are their order.
const mostPeeks = 1000

// zipOrder gives the order in which the entries are walked. The times at which captures begin are looked for until that has read as much as all the
// zip holds; entries that lie over each other would have it read more.
func (w *walker) zipOrder(a *archive, z *zip.Reader, names []string) []int {
	if len(names) > mostPeeks {
		return InOrder(names, nil)
	}
	// The peeks are no use of the passwords: one that does not fit is tried on every entry.
	defer func(all []string) { w.passwords = all }(w.passwords)
	w.passwords = w.passwords[:min(len(w.passwords), 1)]
	start := a.used.n
	return InOrder(names, func(i int) int64 {
		f := z.File[i]
		if f.FileInfo().IsDir() || w.ctx.Err() != nil {
			return 0
		}
		return w.begins(func() io.Reader {
			if a.used.n-start > a.size+compressedBuffer {
				return strings.NewReader("")
			}
			r, err := w.openEntry(&packedEntry{FileHeader: &f.FileHeader, known: true, raw: f.OpenRaw})
			if err != nil {
				return strings.NewReader("") // it is told when it is walked
			}
			return r
		})
	})
}

func (w *walker) overlaid(a *archive, m *Member) {
	if w.admit(m) {
		w.unreadable(m, errors.New("the entries of the zip lie over each other: from this one on they were not read"))
	}
}

func (w *walker) zipEntry(m *Member, f *zip.File, used *meter, waiting *room) {
	if !w.admit(m) {
		return
	}
	start := used.n
	r, err := w.openEntry(&packedEntry{FileHeader: &f.FileHeader, known: true, raw: f.OpenRaw})
	if err != nil {
		w.unreadable(m, err)
		return
	}
	defer closeDecoder(r)
	// What the directory says of its compressed size is the customer's word, and entries may lie over each other.
	in := input{layer: &layer{r: &decoder{r, "zip entry", used}, packed: func() int64 { return used.n - start }}, depth: m.Depth}
	waiting.enter(m, in)
}

// packedEntry is an entry to be opened.
type packedEntry struct {
	*zip.FileHeader
	raw    func() (io.Reader, error)         // its data as it is in the zip, each time from the beginning
	known  bool                              // the lengths and the checksum that the header has
	sum    func(behind int64) (uint32, bool) // the checksum that follows so many bytes of data; where the others are not known
	cipher zipCipher
	method uint16
}

func (w *walker) openEntry(e *packedEntry) (r *zipEntryReader, err error) {
	defer caught(&err)
	switch mode := e.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return nil, errors.New("it is a symbolic link, which is not followed")
	case mode&fs.ModeType != 0:
		return nil, errors.New("it is a device or pipe, which is not followed")
	}
	if e.cipher, e.method, err = cipherOf(e.FileHeader); err != nil {
		return nil, err
	}
	switch {
	case zipMethods[e.method] == nil:
		return nil, fmt.Errorf("it is compressed with %s, which is not read: unpack it and pass the folder", methodName(e.method))
	case !e.known && (e.method == 0 || e.cipher.kind == zipAES):
		return nil, errors.New("its length is lost with the directory of the zip")
	}
	var password string
	if e.cipher.kind != plain {
		password, err = w.unlock(func(password string) (io.ReadCloser, error) {
			r, err := e.open(password)
			if err == nil && e.cipher.kind == zipAES {
				return io.NopCloser(strings.NewReader("")), nil // the password was checked
			}
			return r, err
		})
		if err != nil {
			return nil, err
		}
	}
	if r, err = e.open(password); err != nil {
		return nil, fmt.Errorf("open zip entry: %w", err)
	}
	return r, nil
}

// open opens the data of an entry. The library would do that for some methods, and for none that is encrypted.
func (e *packedEntry) open(password string) (*zipEntryReader, error) {
	raw, err := e.raw()
	if err != nil {
		return nil, &notThePassword{err}
	}
	r := &zipEntryReader{packedEntry: e}
	r.counted.r = raw
	decrypted, err := e.cipher.decrypt(&r.counted, int64(e.CompressedSize64), password)
	if err != nil {
		return nil, err
	}
	r.buffer = bufio.NewReaderSize(decrypted, compressedBuffer)
	size := int64(e.UncompressedSize64)
	if !e.known {
		size = -1
	}
	if r.decoder, err = zipMethods[e.method](r.buffer, size); err != nil {
		return nil, err
	}
	r.summed = summed{r: r.decoder, want: e.CRC32, has: e.known && !e.cipher.noCRC, size: size, sized: e.known}
	return r, nil
}

// zipEntryReader reads an entry.
type zipEntryReader struct {
	*packedEntry
	counted countedReader // of the zip
	buffer  *bufio.Reader // decrypted
	decoder io.ReadCloser
	summed  summed
}

// countedReader counts what is read.
type countedReader struct {
	r io.Reader
	n int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// consumed is the number of bytes of the zip that the decoder took.
func (e *zipEntryReader) consumed() int64 { return e.counted.n - int64(e.buffer.Buffered()) }

// Close closes the decoder.
func (e *zipEntryReader) Close() error { return e.decoder.Close() }

func (e *zipEntryReader) Read(p []byte) (int, error) {
	n, err := e.summed.Read(p)
	if err == io.EOF && !e.known {
		if want, ok := e.sum(e.consumed()); ok && want != e.summed.sum {
			err = errChecksum
		}
	}
	if err == io.EOF && e.cipher.kind == zipAES {
		// What the decompressor has left belongs to what is authenticated.
		if _, rest := io.Copy(io.Discard, e.buffer); rest != nil {
			err = rest
		}
	}
	if err != nil && err != io.EOF && e.cipher.kind == zipCrypto {
		err = uncertain(err)
	}
	return n, err
}
