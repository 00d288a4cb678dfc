package container

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/nwaples/rardecode/v2"
)

// rar walks a RAR, of version 1.5 to 4, or of 5 and later. It could be read as it streams by, but not tried with one password and the
// next.
func (w *walker) rar(m *Member, r io.Reader, in input) error {
	m.Format = "rar"
	return w.seekable(m, r, in, func(a *archive) (func() error, error) {
		z, locked, err := w.openRar(a)
		if err != nil {
			return nil, fmt.Errorf("open rar: %w", rarError(err))
		}
		return func() error {
			defer closeDecoder(z)
			return w.rarEntries(a, z, locked)
		}, nil
	})
}

// openRar opens a RAR, with the password that opens the first entry that is encrypted. If none does, locked says so.
func (w *walker) openRar(a *archive) (z *rardecode.ReadCloser, locked, err error) {
	first, err := openRar(a, nil)
	if err == nil {
		defer closeDecoder(first)
		err = firstEncrypted(first)
	}
	switch {
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, errEncrypted):
		var password string
		password, locked = w.unlock(func(password string) (io.ReadCloser, error) {
			z, err := openRar(a, &password)
			if err == nil {
				err = firstEncrypted(z)
			}
			switch {
			case errors.Is(err, errEncrypted):
				return &readCloser{&rarEntry{z}, z}, nil
			case errors.Is(err, rardecode.ErrBadPassword):
				return nil, errWrongPassword
			case errors.Is(err, rardecode.ErrBadVolumeNumber), errors.Is(err, rardecode.ErrInvalidFileBlock):
				return nil, &notThePassword{err}
			}
			return io.NopCloser(strings.NewReader("")), err
		})
		if locked == nil {
			z, err = openRar(a, &password)
			return z, nil, err
		}
		if errors.Is(err, rardecode.ErrArchiveEncrypted) {
			return nil, nil, locked
		}
	}
	z, err = openRar(a, nil)
	return z, locked, err
}

func openRar(a *archive, password *string) (z *rardecode.ReadCloser, err error) {
	defer caught(&err)
	volumes := rarVolumes{io.NewSectionReader(a.file, 0, a.size)}
	if parts := a.parts(); len(parts) > 0 {
		volumes = parts
	}
	if password != nil {
		for _, v := range volumes {
			if err := checkRarKeys(v, v.Size()); err != nil {
				return nil, &notThePassword{err}
			}
		}
	}
	options := []rardecode.Option{rardecode.FileSystem(volumes), rardecode.MaxDictionarySize(maxRARDictionary), rardecode.BufferSize(compressedBuffer)}
	if password != nil {
		options = append(options, rardecode.Password(*password))
	}
	return rardecode.OpenReader(firstVolume, options...)
}

// firstEncrypted goes to the first entry that is encrypted, and gives errEncrypted there; nil if there is none. In a solid archive it
// expands what is before, and gives up where that is much.
func firstEncrypted(z *rardecode.ReadCloser) error {
	for passed := int64(0); passed >= 0 && passed < trialBytes; {
		h, err := nextInRar(z)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case h.Encrypted && !h.IsDir:
			return errEncrypted
		case h.Solid:
			passed += max(h.UnPackedSize, 0)
		}
	}
	return nil
}

// rarVolumes is a file system as the library wants it. It asks for the volumes by names of the old style since that of the first has
// no digits: v.rar, v.r00 to v.r99, v.s00 and so on.
type rarVolumes []Part

const firstVolume = "v.rar"

// Open opens a volume.
func (v rarVolumes) Open(name string) (fs.File, error) {
	i := 0
	if name != firstVolume {
		var letter rune
		if _, err := fmt.Sscanf(name, "v.%c%02d", &letter, &i); err != nil {
			return nil, fs.ErrNotExist
		}
		i += 100*int(letter-'r') + 1
	}
	if i < 0 || i >= len(v) {
		return nil, fs.ErrNotExist
	}
	return rarVolume{io.NewSectionReader(v[i], 0, v[i].Size())}, nil
}

type rarVolume struct{ *io.SectionReader }

func (rarVolume) Close() error               { return nil }
func (rarVolume) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }

// rarEntries walks the entries. To go on to the next one of a solid archive is to expand the rest of this one, so nothing is passed over
// that a limit has stopped.
func (w *walker) rarEntries(a *archive, z *rardecode.ReadCloser, locked error) error {
	waiting := w.waitingRoom(a.Member)
	defer waiting.leave()
	for !w.full() && w.ctx.Err() == nil {
		if w.total >= w.limits.MaxBytes {
			return &LimitError{"max-bytes", w.limits.MaxBytes, a.Name}
		}
		h, err := nextInRar(z)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read rar: %w", rarError(err))
		}
		link := h.Mode()&fs.ModeSymlink != 0 || h.LinkType != rardecode.LinkTypeNone
		small := !h.UnKnownSize && h.UnPackedSize <= 4096 // as the name that a link holds
		if h.IsDir && small {
			continue
		}
		m := &Member{Name: a.Name + "!/" + displayName(h.Name, false), Depth: a.Depth + 1, ModTime: h.ModificationTime}
		if !w.admit(m) {
			continue
		}
		var wrong error
		switch {
		case link && small:
			w.unreadable(m, errors.New("it is a link to another entry, which is not followed"))
		case h.Encrypted && locked != nil:
			w.unreadable(m, locked)
		default:
			start := a.used.n
			wrong = waiting.enter(m, input{layer: &layer{r: &rarEntry{z}, packed: func() int64 { return a.used.n - start }}, depth: m.Depth})
		}
		var over *LimitError
		switch {
		case errors.Is(wrong, errVolumeMissing):
			return errVolumeMissing
		case errors.As(wrong, &over) && !w.full():
			return fmt.Errorf("what follows %s in it was not read", m.Name)
		}
	}
	return nil
}

func nextInRar(z *rardecode.ReadCloser) (h *rardecode.FileHeader, err error) {
	defer caught(&err)
	return z.Next()
}

// rarEntry reads the entry that the archive stands at.
type rarEntry struct{ z *rardecode.ReadCloser }

func (e *rarEntry) Read(p []byte) (int, error) {
	n, err := e.z.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("read rar entry: %w", rarError(err))
	}
	return n, err
}

var errVolumeMissing = errors.New("it goes on in another volume, which is missing: pass all volumes together")

// rarError says in our words what to do about the library's errors.
func rarError(err error) error {
	is := func(errs ...error) bool {
		for _, e := range errs {
			if errors.Is(err, e) {
				return true
			}
		}
		return false
	}
	switch {
	case is(rardecode.ErrArchiveEncrypted, rardecode.ErrArchivedFileEncrypted):
		return errEncrypted
	case is(rardecode.ErrBadPassword):
		return errWrongPassword
	case is(fs.ErrNotExist, rardecode.ErrMultiVolume, rardecode.ErrUnexpectedArcEnd):
		return errVolumeMissing
	case is(rardecode.ErrBadVolumeNumber, rardecode.ErrInvalidFileBlock):
		return errors.New("it begins in another volume: pass all volumes together")
	case is(rardecode.ErrDictionaryTooLarge, rardecode.ErrPlatformIntSize):
		return &dictionaryError{}
	case is(rardecode.ErrUnknownDecoder, rardecode.ErrUnsupportedDecoder, rardecode.ErrUnknownVersion, rardecode.ErrMultipleDecoders):
		return errors.New("it was packed by a version of RAR that is not read: unpack it and pass the folder")
	case is(rardecode.ErrBadFileChecksum):
		return errChecksum
	case is(rardecode.ErrShortFile, rardecode.ErrDecoderOutOfData):
		return io.ErrUnexpectedEOF
	}
	return err
}
