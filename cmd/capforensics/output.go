package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
)

// job is a ticket that was analysed and is to be reported.
type job struct {
	*ticket
	found *analyzer.Case
	view  *report.View
	opts  report.Options
}

// format is a report that is written to a file.
type format struct {
	name  string // and the ending of the file
	write func(context.Context, io.Writer, *job) error
	owns  func(f *os.File) bool // recognises what write has written
}

var formats = []format{
	{"pdf", func(_ context.Context, w io.Writer, j *job) error { return report.PDF(w, j.view) }, ownPDF},
	{"html", func(_ context.Context, w io.Writer, j *job) error { return report.HTML(w, j.view) }, ownHTML},
	{"json", func(_ context.Context, w io.Writer, j *job) error { return report.JSON(w, j.found, j.opts) }, ownJSON},
	evidence,
}

func formatNames() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// infix is in the name of every file that this program writes: ticket.capforensics.pdf.
const infix = ".capforensics."

// isOwnReport says that a file is a report of an earlier run: by its name, so that few files are opened, and by its content, as
// a customer may name a file as he likes.
func isOwnReport(path string) bool {
	base := strings.ToLower(filepath.Base(path))
	for _, f := range formats {
		if strings.HasSuffix(base, infix+f.name) {
			return f.made(path)
		}
	}
	return false
}

// made says that the file at path was written by this program in this format. A link is nothing that it writes.
func (f format) made(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	h, err := os.Open(path)
	if err != nil {
		return false
	}
	defer h.Close()
	return f.owns(h)
}

const (
	markWithin = 4 << 10  // the mark of JSON and HTML is in so many bytes
	pdfWithin  = 64 << 10 // that of PDF in so many at either end: its writer puts it behind the pages
)

func part(f *os.File, off int64, n int) []byte {
	b := make([]byte, n)
	n, _ = f.ReadAt(b, max(off, 0)) // what cannot be read bears no mark
	return b[:n]
}

func ownJSON(f *os.File) bool {
	anyVersion := report.SchemaName[:strings.LastIndexByte(report.SchemaName, '/')+1]
	head := part(f, 0, markWithin)
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) && bytes.Contains(head, []byte(`"`+anyVersion))
}

func ownHTML(f *os.File) bool {
	return bytes.Contains(part(f, 0, markWithin), []byte(`<meta name="generator" content="`+report.Generator))
}

func ownPDF(f *os.File) bool {
	head := part(f, 0, pdfWithin)
	if !bytes.HasPrefix(head, []byte("%PDF-")) {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	tail := part(f, info.Size()-pdfWithin, pdfWithin)
	wide := []byte{0xfe, 0xff} // as gofpdf writes text that it was told is UTF-8
	for _, u := range utf16.Encode([]rune(report.Generator)) {
		wide = append(wide, byte(u>>8), byte(u))
	}
	for _, key := range []string{"/Producer (", "/Creator ("} {
		for _, mark := range [][]byte{append([]byte(key), report.Generator...), append([]byte(key), wide...)} {
			if bytes.Contains(head, mark) || bytes.Contains(tail, mark) {
				return true
			}
		}
	}
	return false
}

// reporter writes the files of a run.
type reporter struct {
	ui       *ui
	output   string // of --output; empty: beside the input
	here     string // the working directory, to fall back to
	formats  []format
	replaced []string      // of those written, where an earlier report was
	written  []fs.FileInfo // by this run: the second ticket of a name does not replace the first one's report
}

// errFolder says that a folder cannot be written; another may.
type errFolder struct{ error }

func (e errFolder) Unwrap() error { return e.error }

// write makes the reports of a ticket and gives their paths, in the order of the formats.
func (r *reporter) write(ctx context.Context, j *job) ([]string, error) {
	dir := j.dir
	if r.output != "" {
		dir = r.output
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return r.fallback(ctx, dir, err, j)
		}
	}
	paths, err := r.into(ctx, dir, j)
	if isFolder := (errFolder{}); errors.As(err, &isFolder) {
		return r.fallback(ctx, dir, isFolder.error, j)
	}
	return paths, err
}

// fallback writes to the working directory what could not be written to dir.
func (r *reporter) fallback(ctx context.Context, dir string, why error, j *job) ([]string, error) {
	if r.here == "" || sameDir(dir, r.here) {
		return nil, problemf("name a folder that can be written with --output", "write the reports to %s: %w", dir, cause(why))
	}
	r.ui.warn("%s cannot be written (%v); the reports go to the working directory %s", dir, cause(why), r.here)
	paths, err := r.into(ctx, r.here, j)
	if isFolder := (errFolder{}); errors.As(err, &isFolder) {
		err = problemf("name a folder that can be written with --output", "write the reports to %s: %w", r.here, cause(isFolder.error))
	}
	return paths, err
}

func sameDir(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// draft is a report that is complete and has no place yet.
type draft struct {
	format
	temp, final string // paths; final is empty until it has its place
}

// into writes every format to a temporary file in dir and renames them all when all are complete: a report is whole or not there.
// The evidence capture may be missing, as it needs what the others do not: inputs that can be read again.
func (r *reporter) into(ctx context.Context, dir string, j *job) ([]string, error) {
	r.ui.swept(dir, sweep(dir, time.Now()))
	var drafts []*draft
	defer func() {
		for _, d := range drafts {
			os.Remove(d.temp) // the renamed are gone already
		}
	}()
	for _, f := range r.formats {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f.name == evidenceFormat && len(j.found.Frames) == 0 {
			continue // nothing was found that it could show
		}
		temp, err := create(dir)
		if err != nil {
			return nil, errFolder{err}
		}
		drafts = append(drafts, &draft{format: f, temp: temp.Name()})
		err = fill(temp, func(w io.Writer) error { return f.write(ctx, w, j) })
		if isFolder := (errFolder{}); f.name == evidenceFormat && err != nil && ctx.Err() == nil && !errors.As(err, &isFolder) {
			if errors.Is(err, analyzer.ErrReadOnce) {
				r.ui.note("no evidence capture was written: %v", err) // nobody asked for it
			} else {
				r.ui.warn("%s: no evidence capture could be made: %v", j.name, err)
			}
			os.Remove(temp.Name())
			drafts = drafts[:len(drafts)-1]
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	const tries = 1000
	for n := range tries {
		if r.place(dir, fileStem(j.name, n), drafts) {
			if n > 0 {
				r.ui.warn("%s is taken by another file or in use; the reports are called %s",
					filepath.Join(dir, fileStem(j.name, 0)+infix+r.formats[0].name), fileStem(j.name, n)+infix+"...")
			}
			paths := make([]string, len(drafts))
			for i, d := range drafts {
				paths[i] = d.final
			}
			return paths, nil
		}
	}
	return nil, errFolder{fmt.Errorf("rename to %s: no free name", fileStem(j.name, 0))}
}

// create makes a new file under a name that no one else uses. Unlike os.CreateTemp it leaves the permissions to the umask: the
// file is to be a report.
func create(dir string) (*os.File, error) {
	var salt [8]byte
	rand.Read(salt[:]) // never fails, says its documentation
	return os.OpenFile(filepath.Join(dir, ".capforensics-"+hex.EncodeToString(salt[:])+".tmp"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
}

// fill tells a report that cannot be made from a folder that cannot take it.
func fill(f *os.File, write func(io.Writer) error) error {
	disk := &remember{w: f}
	buf := bufio.NewWriterSize(disk, 256<<10)
	err := write(buf)
	if err == nil {
		err = buf.Flush()
	}
	if closeErr := f.Close(); disk.err == nil {
		disk.err = closeErr
	}
	if disk.err != nil {
		return errFolder{disk.err}
	}
	return err
}

// remember keeps the first error of a writer.
type remember struct {
	w   io.Writer
	err error
}

func (r *remember) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

// place renames the drafts that have no place yet, if all their names are free or held by an earlier report.
func (r *reporter) place(dir, stem string, drafts []*draft) bool {
	for _, d := range drafts {
		final := filepath.Join(dir, stem+infix+d.name)
		if _, err := os.Lstat(final); d.final == "" && !errors.Is(err, fs.ErrNotExist) && !r.mayReplace(d.format, final) {
			return false
		}
	}
	all := true
	for _, d := range drafts {
		final := filepath.Join(dir, stem+infix+d.name)
		if d.final == "" && r.rename(d.format, d.temp, final) {
			d.final = final
			if info, err := os.Lstat(final); err == nil {
				r.written = append(r.written, info)
			}
		}
		all = all && d.final != ""
	}
	return all
}

func (r *reporter) mayReplace(f format, path string) bool {
	info, err := os.Lstat(path)
	ours := func(written fs.FileInfo) bool { return os.SameFile(written, info) }
	return err == nil && !slices.ContainsFunc(r.written, ours) && f.made(path)
}

// rename moves a report to its place. A free name is taken with O_EXCL first, as a rename would replace what appeared since.
// It fails where the old report is open in a viewer that forbids it, as they do on Windows.
func (r *reporter) rename(f format, temp, final string) bool {
	h, err := os.OpenFile(final, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	switch {
	case err == nil:
		h.Close()
		if os.Rename(temp, final) == nil {
			return true
		}
		os.Remove(final)
		return false
	case r.mayReplace(f, final) && os.Rename(temp, final) == nil:
		r.replaced = append(r.replaced, final)
		return true
	}
	return false
}

// maxStem leaves room for infix, a number and the longest format within the 255 bytes that most file systems grant a name.
const maxStem = 220

// fileStem makes a ticket's name fit for a file: nothing that hides, turns or breaks a line; on Windows nothing it forbids.
func fileStem(name string, n int) string {
	forbidden := "/"
	if onWindows {
		forbidden = `<>:"/\|?*`
	}
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError || strings.ContainsRune(forbidden, r) {
			return '_'
		}
		return r
	}, name)
	for len(clean) > maxStem {
		_, last := utf8.DecodeLastRuneInString(clean)
		clean = clean[:len(clean)-last]
	}
	first, _, _ := strings.Cut(clean, ".")
	if slices.Contains(devices, strings.ToUpper(strings.TrimSpace(first))) {
		clean = "_" + clean
	}
	if n > 0 {
		clean = fmt.Sprintf("%s-%d", clean, n)
	}
	return clean
}

// devices are names that Windows keeps for itself, with any ending.
var devices = []string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
	"COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "COM¹", "COM²", "COM³",
	"LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "LPT¹", "LPT²", "LPT³"}
