package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"time"
)

// zip copies an archive: members keep their order and the bytes of their names, whatever code they are in. What is no capture is not even
// unpacked.
func (c *change) zip(in *os.File, w io.Writer, name string) error {
	info, err := in.Stat()
	if err != nil {
		return err
	}
	from, err := zip.NewReader(in, info.Size())
	if err != nil {
		return err
	}
	to := zip.NewWriter(w)
	for _, member := range from.File {
		if err := c.member(member, to, name); err != nil {
			return fmt.Errorf("member %q: %w", member.Name, err)
		}
	}
	if err := to.SetComment(from.Comment); err != nil {
		return err
	}
	return to.Close()
}

func (c *change) member(m *zip.File, to *zip.Writer, archive string) error {
	changes, err := holdsCapture(m)
	if err != nil || !changes {
		return to.Copy(m) // as it is, unreadable or encrypted members too
	}
	header := m.FileHeader
	header.Modified = time.Time{} // else the writer adds a field of its own to those of the original
	w, err := to.CreateHeader(&header)
	if err != nil {
		return err
	}
	r, err := m.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return c.stream(r, w, archive+"!"+m.Name)
}

func holdsCapture(m *zip.File) (bool, error) {
	r, err := m.Open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, 1<<12))
	if kindOf(head) == gzipFile {
		head = inflatedHead(head)
	}
	kind := kindOf(head)
	return kind == pcapFile || kind == pcapngFile, err
}

func (c *change) gzip(r io.Reader, w io.Writer, name string) error {
	from, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	to := gzip.NewWriter(w)
	to.Name = from.Name
	if err := c.stream(from, to, name); err != nil {
		return err
	}
	return to.Close()
}

// inflatedHead gives the beginning of what was gzipped, as far as the beginning of a file tells it.
func inflatedHead(head []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(r, 64)) // cut short: what came out before counts
	return b
}
