package container

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
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
	r, err := openEntry(f)
	if err != nil {
		w.unreadable(m, err)
		return
	}
	defer r.Close()
	// What the directory says of its compressed size is the customer's word, and entries may lie over each other.
	in := input{layer: &layer{r: &decoder{r, "zip entry", used}, packed: func() int64 { return used.n - start }}, depth: m.Depth}
	w.stream(m, in)
}

var errEncrypted = errors.New("it is encrypted; unpack it with its password and pass the folder")

func openEntry(f *zip.File) (io.ReadCloser, error) {
	switch {
	case f.Mode()&fs.ModeSymlink != 0:
		return nil, errors.New("it is a symbolic link, which is not followed")
	case f.Mode()&fs.ModeType != 0:
		return nil, errors.New("it is a device or pipe, which is not followed")
	case f.Flags&1 != 0 || f.Method == methodAES:
		return nil, errEncrypted
	}
	r, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, fmt.Errorf("it is compressed with %s, which is not read: unpack it and pass the folder", methodName(f.Method))
	}
	if err != nil {
		return nil, fmt.Errorf("open zip entry: %w", err)
	}
	return r, nil
}

// methodAES marks what WinZip has encrypted, whatever it is compressed with.
const methodAES = 99

// methodName names a method of APPNOTE.TXT, 4.4.5.
func methodName(method uint16) string {
	switch method {
	case 1:
		return "Shrink"
	case 6:
		return "Implode"
	case 9:
		return "Deflate64" // Windows Explorer, above 2 GB
	case 12:
		return "bzip2"
	case 14:
		return "LZMA"
	case 95:
		return "xz"
	case 98:
		return "PPMd"
	}
	return fmt.Sprintf("method %d", method)
}

// registerDecompressors sets some that are faster than the standard library's, which knows no zstd.
func registerDecompressors(z *zip.Reader) {
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser {
		return flate.NewReader(bufio.NewReaderSize(r, compressedBuffer))
	})
	z.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor(zstdOptions...))
	z.RegisterDecompressor(zstd.ZipMethodPKWare, zstd.ZipDecompressor(zstdOptions...))
}
