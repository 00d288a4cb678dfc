package container

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"

	"github.com/bodgit/sevenzip"
)

const sevenZipMagic = "7z\xbc\xaf\x27\x1c"

// sevenZip walks a 7z. Its directory is at the end, and may be compressed itself.
func (w *walker) sevenZip(m *Member, r io.Reader, in input) error {
	m.Format = "7z"
	return w.seekable(m, r, in, func(a *archive) (func() error, error) {
		z, err := w.openSevenZip(a)
		if err != nil {
			return nil, fmt.Errorf("open 7z: %w", err)
		}
		return func() error { return w.sevenZipEntries(a, z) }, nil
	})
}

// sevenZipFile is an opened 7z.
type sevenZipFile struct {
	*sevenzip.Reader
	*sevenZipHeader
	locked error // why what is encrypted in it cannot be read
}

// openSevenZip has the library open a 7z whose directory was checked.
func (w *walker) openSevenZip(a *archive) (z *sevenZipFile, err error) {
	defer caught(&err)
	var password string
	h, err := w.checkSevenZip(a, "")
	if errors.Is(err, errEncrypted) {
		password, err = w.unlock(func(password string) (io.ReadCloser, error) {
			if h, err = w.checkSevenZip(a, password); err != nil {
				return nil, err
			}
			return io.NopCloser(strings.NewReader("")), nil
		})
	}
	if err != nil {
		return nil, err
	}
	if h.empty {
		return &sevenZipFile{&sevenzip.Reader{}, h, nil}, nil
	}
	z = &sevenZipFile{sevenZipHeader: h}
	if z.Reader, err = sevenzip.NewReaderWithPassword(a.file, a.size, password); err != nil {
		return nil, fmt.Errorf("%w: the archive is damaged; ask for a new upload", err)
	}
	if password == "" {
		err = w.unlockSevenZip(a, z)
	}
	return z, err
}

// unlockSevenZip finds the password of the entries by the first that is encrypted.
func (w *walker) unlockSevenZip(a *archive, z *sevenZipFile) (err error) {
	for i, f := range z.File {
		if f.UncompressedSize == 0 || !z.encrypted(f.Stream) {
			continue
		}
		var password string
		password, z.locked = w.unlock(func(password string) (io.ReadCloser, error) {
			r, err := sevenzip.NewReaderWithPassword(a.file, a.size, password)
			if err != nil {
				return nil, err
			}
			return openSevenZipEntry(r.File[i])
		})
		if z.locked == nil {
			z.Reader, err = sevenzip.NewReaderWithPassword(a.file, a.size, password)
		}
		return err
	}
	return nil
}

// sevenZipEntries walks the entries in the order in which they are packed: many lie in one compressed stream, which can be read only from
// its beginning.
func (w *walker) sevenZipEntries(a *archive, z *sevenZipFile) error {
	broken := make(map[int]string) // streams that were not read on, and the entry at which
	names := make([]string, len(z.File))
	for i, f := range z.File {
		names[i] = a.Name + "!/" + displayName(f.Name, true)
	}
	waiting := w.waitingRoomFor(a.Member, names)
	defer waiting.leave()
	for i, f := range z.File {
		if w.full() || w.ctx.Err() != nil {
			break
		}
		mode := f.Mode()
		if mode.IsDir() {
			continue
		}
		m := &Member{Name: names[i], Depth: a.Depth + 1, ModTime: f.Modified}
		if !w.admit(m) {
			continue
		}
		switch before, isBroken := broken[f.Stream]; {
		case mode&fs.ModeSymlink != 0:
			w.unreadable(m, errors.New("it is a symbolic link, which is not followed"))
		case mode&fs.ModeType != 0:
			w.unreadable(m, errors.New("it is a device or pipe, which is not followed"))
		case f.UncompressedSize > 0 && isBroken:
			w.unreadable(m, fmt.Errorf("it is packed behind %s, which could not be read to its end", before))
		case f.UncompressedSize > 0 && z.encrypted(f.Stream) && z.locked != nil:
			w.unreadable(m, z.locked)
		default:
			if err := w.sevenZipEntry(a, m, f, waiting); err != nil && !errors.Is(err, errChecksum) {
				broken[f.Stream] = m.Name
			}
		}
	}
	return nil
}

func (w *walker) sevenZipEntry(a *archive, m *Member, f *sevenzip.File, waiting *room) error {
	start := a.used.n
	r, err := openSevenZipEntry(f)
	if err != nil {
		w.unreadable(m, sevenZipError(err))
		return m.Err
	}
	defer closeDecoder(r)
	in := input{layer: &layer{r: &decoder{r, "7z entry", a.used}, packed: func() int64 { return a.used.n - start }}, depth: m.Depth}
	return waiting.enter(m, in)
}

func openSevenZipEntry(f *sevenzip.File) (r io.ReadCloser, err error) {
	defer caught(&err)
	if r, err = f.Open(); err != nil {
		return nil, err
	}
	return &readCloser{&summed{r: r, want: f.CRC32, has: f.CRC32 != 0}, r}, nil
}

// sevenZipError brings out what our own decoders say: the library's words around it help nobody.
func sevenZipError(err error) error {
	var big *dictionaryError
	switch {
	case errors.As(err, &big):
		return big
	case strings.HasSuffix(err.Error(), "unsupported compression algorithm"):
		return errors.New("it is compressed in a way that is not read: unpack it and pass the folder")
	}
	return fmt.Errorf("open 7z entry: %w", err)
}

// errChecksum says that data was read to its end and is not what was packed.
var errChecksum = errors.New("its checksum is wrong")

// summed holds what a reader gives against a CRC-32 and a number of bytes, where there is one.
type summed struct {
	r         io.Reader
	sum, want uint32
	has       bool // a checksum
	n, size   int64
	sized     bool
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.sum = crc32.Update(s.sum, crc32.IEEETable, p[:n])
	s.n += int64(n)
	switch {
	case s.sized && s.n > s.size && (err == nil || err == io.EOF):
		err = errors.New("it is longer than its archive says")
	case err == io.EOF && s.sized && s.n < s.size:
		err = io.ErrUnexpectedEOF
	case err == io.EOF && s.has && s.sum != s.want:
		err = errChecksum
	}
	return n, err
}

// The library's own decoders of these take whatever memory the archive asks for. Their numbers are those of 7-Zip's Methods.txt.
func init() {
	sevenzip.RegisterDecompressor([]byte{0x21}, bounded(func(properties []byte, size int64, r io.Reader) (io.Reader, error) {
		if len(properties) != 1 {
			return nil, errors.New("LZMA2 without the size of its dictionary")
		}
		dictionary, err := lzma2Dictionary(properties[0], size)
		if err != nil {
			return nil, err
		}
		return newLZMA2(r, dictionary)
	}))
	sevenzip.RegisterDecompressor([]byte{3, 1, 1}, bounded(func(properties []byte, size int64, r io.Reader) (io.Reader, error) {
		return newLZMA(r, properties, size)
	}))
	sevenzip.RegisterDecompressor([]byte{4, 0xf7, 0x11, 1}, bounded(func(_ []byte, _ int64, r io.Reader) (io.Reader, error) {
		return newZstd(r)
	}))
}

// bounded makes a decompressor of the library of a decoder that has one input and expands to size bytes.
func bounded(decode func(properties []byte, size int64, r io.Reader) (io.Reader, error)) sevenzip.Decompressor {
	return func(properties []byte, size uint64, from []io.ReadCloser) (io.ReadCloser, error) {
		if len(from) != 1 || int64(size) < 0 {
			return nil, errors.New("a decoder without a valid input")
		}
		r, err := decode(properties, int64(size), from[0])
		if err != nil {
			return nil, err
		}
		if own, ok := r.(io.Closer); ok {
			return &readCloser{r, closers{own, from[0]}}, nil
		}
		return &readCloser{r, from[0]}, nil
	}
}

// closers are closed together.
type closers [2]io.Closer

// Close closes both.
func (c closers) Close() error { return errors.Join(c[0].Close(), c[1].Close()) }

type readCloser struct {
	io.Reader
	io.Closer
}
