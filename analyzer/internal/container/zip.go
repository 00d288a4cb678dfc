package container

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/flate"
)

// zip walks a zip. It needs its directory, which is at the end: a file is read in place, anything else is spooled first.
//
// Note: a zip that is cut short has lost its directory; its local headers could still be read one by one.
func (w *walker) zip(m *Member, r io.Reader, at Source, compressed func() int64, depth int) error {
	m.Kind, m.Format = Archive, "zip"
	if depth >= w.MaxDepth {
		return w.tooDeep(m)
	}
	if at.ReaderAt == nil {
		spooled, err := w.spool(r, compressed)
		if err != nil {
			return w.unreadable(m, err)
		}
		defer spooled.close()
		at = Source{ReaderAt: spooled.at, Size: spooled.size}
		r = io.NewSectionReader(at.ReaderAt, 0, at.Size)
	}
	if err := checkDirectory(at); err != nil {
		return w.unreadable(m, err)
	}
	z, err := zip.NewReader(at.ReaderAt, at.Size)
	if err != nil {
		return w.unreadable(m, fmt.Errorf("open zip: %w; the archive is cut short or damaged: ask for a new upload", err))
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })

	if kind := documentKind(z); kind != "" {
		m.Kind, m.Format = Leaf, kind
		return w.leaf(m, r, compressed)
	}
	// The archive's own bytes are hashed while its members are read; they are no expansion.
	own := newStream(r, func(int) error { return w.ctx.Err() })
	hashed := make(chan error, 1)
	go func() { hashed <- own.finish() }()
	err = w.zipEntries(m, z, depth)
	end := <-hashed
	if err != nil {
		return err
	}
	m.Size, m.SHA256, m.Hashed, m.Err = own.size, own.sum, end == nil, cutShort(end)
	w.visitor.Done(m)
	return nil
}

func (w *walker) zipEntries(m *Member, z *zip.Reader, depth int) error {
	for _, f := range z.File {
		if w.members > w.MaxMembers {
			return nil
		}
		if strings.HasSuffix(f.Name, "/") || f.Mode().IsDir() {
			continue
		}
		inner := &Member{Name: m.Name + "!/" + displayName(f.Name), ModTime: f.Modified}
		if err := w.zipEntry(inner, f, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) zipEntry(m *Member, f *zip.File, depth int) error {
	refuse := func(format string, args ...any) error {
		if w.members++; w.members > w.MaxMembers+1 {
			return nil
		}
		return w.unreadable(m, fmt.Errorf(format, args...))
	}
	switch {
	case f.Mode()&fs.ModeType != 0:
		return refuse("a link or device, which is not followed")
	case f.Flags&1 != 0 || f.Method == 99:
		return refuse("it is encrypted: unpack it with its password and pass the folder")
	case f.Method == 9:
		return refuse("it is compressed with Deflate64, which is not read yet: unpack it and pass the folder")
	}
	r, err := f.Open()
	if err != nil {
		return refuse("open zip entry: %w", err)
	}
	defer r.Close()
	// The directory's compressed size is the customer's word; what the entry can really take is bounded by the archive.
	packed := int64(min(f.CompressedSize64, 1<<62))
	return w.stream(m, r, Source{}, func() int64 { return packed }, depth+1)
}

// documentKind tells the office documents and programs that are zips by form: nobody wants their parts in the inventory.
func documentKind(z *zip.Reader) string {
	for _, f := range z.File[:min(len(z.File), 16)] {
		switch f.Name {
		case "[Content_Types].xml":
			return "Microsoft Office document"
		case "META-INF/MANIFEST.MF":
			return "Java archive"
		case "mimetype":
			return "OpenDocument file"
		}
	}
	return ""
}

// checkDirectory refuses a directory that would fill the memory before a single entry is read: the standard library reads it whole.
// It looks for the end record, 22 bytes and a comment before the end of the file: APPNOTE.TXT, 4.3.16.
func checkDirectory(at Source) error {
	n := min(at.Size, 22+65535)
	tail := make([]byte, n)
	if _, err := at.ReaderAt.ReadAt(tail, at.Size-n); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read zip: %w", err)
	}
	i := strings.LastIndex(string(tail), "PK\x05\x06")
	if i < 0 || len(tail)-i < 22 {
		return errors.New("open zip: its directory is missing, so the archive is cut short: ask for a new upload")
	}
	size := int64(binary.LittleEndian.Uint32(tail[i+12:]))
	if j := i - 20; j >= 0 && string(tail[j:j+4]) == "PK\x06\x07" { // zip64 locator: offset of the zip64 end record
		var end [56]byte
		if off := binary.LittleEndian.Uint64(tail[j+8:]); off < uint64(at.Size) {
			if _, err := at.ReaderAt.ReadAt(end[:], int64(off)); err == nil && string(end[:4]) == "PK\x06\x06" {
				size = int64(min(binary.LittleEndian.Uint64(end[40:]), 1<<62))
			}
		}
	}
	if size > maxDirectory {
		return fmt.Errorf("open zip: its directory takes %d bytes, more than %d", size, maxDirectory)
	}
	return nil
}
