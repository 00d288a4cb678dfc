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
//
// Note: a zip that is cut short has lost its directory. Its local headers could still be read one by one; that is to come.
func (w *walker) zip(m *Member, r io.Reader, in input) error {
	m.Format = "zip"
	return w.seekable(m, r, in, func(a *archive) (func() error, error) {
		z, err := w.openZip(a)
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
	start := a.used.n
	for _, f := range z.File {
		if w.full() || w.ctx.Err() != nil {
			return
		}
		if f.Mode().IsDir() || strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, "\\") && f.UncompressedSize64 == 0 {
			continue
		}
		inner := &Member{Name: a.Name + "!/" + zipName(&f.FileHeader), Depth: a.Depth + 1}
		if f.Modified.Year() >= 1980 { // MS-DOS knows no earlier time, and the library makes 1979 of none
			inner.ModTime = f.Modified
		}
		if a.used.n-start > 2*a.size+compressedBuffer {
			if w.admit(inner) {
				w.unreadable(inner, errors.New("the entries of the zip lie over each other: from this one on they were not read"))
			}
			return
		}
		w.zipEntry(inner, f, a.used)
	}
}

func (w *walker) zipEntry(m *Member, f *zip.File, used *meter) {
	if !w.admit(m) {
		return
	}
	start := used.n
	r, err := w.openEntry(f)
	if err != nil {
		w.unreadable(m, err)
		return
	}
	defer closeDecoder(r)
	// What the directory says of its compressed size is the customer's word, and entries may lie over each other.
	in := input{layer: &layer{r: &decoder{r, "zip entry", used}, packed: func() int64 { return used.n - start }}, depth: m.Depth}
	w.stream(m, in)
}

func (w *walker) openEntry(f *zip.File) (r io.ReadCloser, err error) {
	defer caught(&err)
	switch {
	case f.Mode()&fs.ModeSymlink != 0:
		return nil, errors.New("it is a symbolic link, which is not followed")
	case f.Mode()&fs.ModeType != 0:
		return nil, errors.New("it is a device or pipe, which is not followed")
	}
	c, method, err := cipherOf(&f.FileHeader)
	if err != nil {
		return nil, err
	}
	if zipMethods[method] == nil {
		return nil, fmt.Errorf("it is compressed with %s, which is not read: unpack it and pass the folder", methodName(method))
	}
	var password string
	if c.kind != plain {
		password, err = w.unlock(func(password string) (io.ReadCloser, error) {
			r, err := openPacked(f, c, method, password)
			if err == nil && c.kind == zipAES {
				return io.NopCloser(strings.NewReader("")), nil // the password was checked
			}
			return r, err
		})
		if err != nil {
			return nil, err
		}
	}
	if r, err = openPacked(f, c, method, password); err != nil {
		return nil, fmt.Errorf("open zip entry: %w", err)
	}
	return r, nil
}

// openPacked opens the data of an entry. The library would do that for some methods, and for none that is encrypted.
func openPacked(f *zip.File, c zipCipher, method uint16, password string) (io.ReadCloser, error) {
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, &notThePassword{err}
	}
	packed, err := c.decrypt(raw, int64(f.CompressedSize64), password)
	if err != nil {
		return nil, err
	}
	e := &zipEntryReader{packed: bufio.NewReaderSize(packed, compressedBuffer), cipher: c}
	if e.ReadCloser, err = zipMethods[method](e.packed, int64(f.UncompressedSize64)); err != nil {
		return nil, err
	}
	e.summed = summed{r: e.ReadCloser, want: f.CRC32, has: !c.noCRC, size: int64(f.UncompressedSize64), sized: true}
	return e, nil
}

// zipEntryReader reads an entry.
type zipEntryReader struct {
	io.ReadCloser // the decompressor
	packed        *bufio.Reader
	cipher        zipCipher
	summed        summed
}

func (e *zipEntryReader) Read(p []byte) (int, error) {
	n, err := e.summed.Read(p)
	if err == io.EOF && e.cipher.kind == zipAES {
		// What the decompressor has left belongs to what is authenticated.
		if _, rest := io.Copy(io.Discard, e.packed); rest != nil {
			err = rest
		}
	}
	if err != nil && err != io.EOF && e.cipher.kind == zipCrypto {
		err = uncertain(err)
	}
	return n, err
}
