package container

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// captureMagics begin captures, whose packets may hold a tar, and no name of a tar's first entry: pcap in microseconds and
// nanoseconds and with Kuznetzov's changes, in both byte orders, pcapng, snoop and Network Monitor 1 and 2.
var captureMagics = begins("\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x34\xcd\xb2\xa1", "\xa1\xb2\xcd\x34", "\x0a\x0d\x0d\x0a",
	"snoop\x00\x00\x00", "RTSS", "GMBU")

// IsTar tells a tar by the checksum of its first header, or by the POSIX or GNU magic of one that is cut short; those of 1979 have no magic.
//
//	0      100   ...   148        156    ...    257      263
//	+------+-----------+----------+-------------+--------+-----
//	| name |           | checksum |             | ustar  |
//	+------+-----------+----------+-------------+--------+-----
func IsTar(head []byte) bool {
	if captureMagics(head) || len(head) == 0 || head[0] == 0 {
		return false
	}
	if len(head) < 512 {
		return len(head) >= 262 && string(head[257:262]) == "ustar" // which reading it will say
	}
	want, err := strconv.ParseInt(string(bytes.Trim(head[148:156], " \x00")), 8, 64)
	if err != nil {
		return false
	}
	var sum int64
	for i, b := range head[:512] {
		if i >= 148 && i < 156 {
			b = ' '
		}
		sum += int64(b)
	}
	return sum == want
}

// tar walks a tape archive as it streams by.
func (w *walker) tar(m *Member, r io.Reader, in input) error {
	m.Format = "tar"
	if in.depth >= w.limits.MaxDepth {
		return w.opaque(m, r, in, w.tooDeep(m))
	}
	m.Kind = Archive
	before := w.total
	s := newStream(r, sha256.New(), &w.blocks)
	waiting := w.waitingRoom(m)
	err := w.tarEntries(m, s, in.depth, waiting)
	waiting.leave()
	return w.archiveDone(m, s, before, err)
}

// tarEntries walks the entries; its error is that of the archive.
func (w *walker) tarEntries(m *Member, s *Stream, depth int, waiting *room) error {
	counted := &meter{walker: w}
	t := tar.NewReader(counted.reader(s))
	folders := 0
	for !w.full() && w.ctx.Err() == nil {
		if w.total >= w.limits.MaxBytes {
			return &LimitError{"max-bytes", w.limits.MaxBytes, m.Name}
		}
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return fmt.Errorf("read tar: %w", err)
		}
		if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
			if folders++; folders > w.limits.MaxMembers {
				return &LimitError{"max-members", int64(w.limits.MaxMembers), m.Name}
			}
			continue
		}
		inner := &Member{Name: m.Name + "!/" + displayName(h.Name, false), Depth: depth + 1}
		if h.ModTime.Unix() != 0 {
			inner.ModTime = h.ModTime
		}
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
			// A sparse entry expands, and so has a ratio; its header has been read already.
			start := counted.n - 512
			in := input{layer: &layer{r: t, packed: func() int64 { return counted.n - start }}, depth: depth + 1}
			if waiting.member(inner, in) != nil {
				return nil // canceled
			}
		default:
			if w.admit(inner) {
				w.unreadable(inner, fmt.Errorf("it is %s, which is not followed", entryKind(h.Typeflag)))
			}
		}
	}
	return nil
}

func entryKind(flag byte) string {
	switch flag {
	case tar.TypeLink:
		return "a link to another entry"
	case tar.TypeSymlink:
		return "a symbolic link"
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return "a device or pipe"
	}
	return fmt.Sprintf("an entry of type %q", flag)
}
