package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
)

// ticket is what one report is about.
type ticket struct {
	name   string // as the report names it, and what its files begin with
	dir    string // where the reports go unless --output says otherwise
	inputs []analyzer.Input
	lost   int // files that were found and could not be opened

	arguments int // that were put together
}

// gatherer sorts the arguments into tickets.
type gatherer struct {
	ctx        context.Context // ends the reading of pipes
	ui         *ui
	files      *openFiles
	stdin      io.Reader
	stdinTaken bool
	together   bool
	maxMembers int
	passwords  []string
	seen       []fs.FileInfo // to notice a file that is named twice
	failed     int           // arguments that gave nothing
}

// gather makes tickets of paths, in the order of the command line: each archive and each directory is one, all loose files are
// one together, in the place of the first. What cannot be used is said at once.
func (g *gatherer) gather(paths []string) []*ticket {
	var tickets []*ticket
	var loose *ticket
	sets := volumes(paths)
	for i, path := range paths {
		t, alone, err := g.argument(path)
		if s := sets[i]; s != nil && t != nil && !g.together {
			if s.ticket != nil {
				s.ticket.inputs = append(s.ticket.inputs, t.inputs...)
				continue
			}
			s.ticket, alone = t, true
			t.name = stem(filepath.Base(s.Name))
		}
		switch {
		case err != nil:
			g.ui.fail(err)
			g.failed++
		case t == nil: // left out, and said so
		case alone && !g.together:
			tickets = append(tickets, t)
		case loose == nil:
			loose, t.arguments = t, 1
			tickets = append(tickets, t)
		default:
			loose.inputs = append(loose.inputs, t.inputs...)
			loose.lost += t.lost
			loose.arguments++
		}
	}
	if loose != nil {
		if n := loose.arguments - 1; n > 0 {
			loose.name = fmt.Sprintf("%s+%d", loose.name, n)
		}
	}
	for _, t := range tickets {
		tellApart(t.inputs)
		for i := range t.inputs {
			t.inputs[i].Passwords = g.passwords
		}
	}
	return tickets
}

// volumes gives to each path that is a part of an archive the set of all parts: they are one ticket.
func volumes(paths []string) map[int]*volumeSet {
	files := make([]string, len(paths))
	for i, path := range paths {
		_, files[i] = placed(path)
	}
	sets := make(map[int]*volumeSet)
	for _, found := range analyzer.VolumeSets(files) {
		s := &volumeSet{VolumeSet: found}
		for _, i := range found.Parts {
			sets[i] = s
		}
	}
	return sets
}

type volumeSet struct {
	analyzer.VolumeSet
	ticket *ticket
}

// argument makes a ticket of one path and says whether it stands alone.
func (g *gatherer) argument(path string) (t *ticket, alone bool, err error) {
	role, rest := placed(path)
	if role != "" {
		t, alone, err = g.argument(rest)
		if t != nil {
			for i := range t.inputs {
				t.inputs[i].Role = role
			}
		}
		return t, alone, err
	}
	if path == "-" {
		t, err := g.standardInput()
		return t, false, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, &problem{fmt.Errorf("open %s: %w", path, cause(err)), openHint(err)}
	}
	if g.again(info) {
		g.ui.warn("%s is named twice and read once", path)
		return nil, false, nil
	}
	switch {
	case info.IsDir():
		t, err := g.directory(path)
		return t, true, err
	case !info.Mode().IsRegular():
		t, err := g.pipe(path)
		return t, false, err
	}
	if isOwnReport(path) {
		g.ui.warn("%s is a report of this program and was left out", path)
		return nil, false, nil
	}
	in, head, err := g.file(path, filepath.Base(path), info, headLen)
	if err != nil {
		return nil, false, err
	}
	t = &ticket{name: stem(filepath.Base(path)), dir: filepath.Dir(path), inputs: []analyzer.Input{in}}
	return t, archived(head, path), nil
}

// placed takes an argument apart that says where its captures were taken: client=PATH, server=PATH, middle=PATH. A file of just that name is a
// file.
func placed(path string) (role analyzer.VantagePoint, rest string) {
	if _, err := os.Lstat(path); err == nil {
		return "", path
	}
	for _, role := range []analyzer.VantagePoint{analyzer.AtClient, analyzer.AtServer, analyzer.AtMiddle} {
		if rest, ok := strings.CutPrefix(path, string(role)+"="); ok {
			return role, rest
		}
	}
	return "", path
}

func (g *gatherer) again(info fs.FileInfo) bool {
	for _, old := range g.seen {
		if os.SameFile(old, info) {
			return true
		}
	}
	g.seen = append(g.seen, info)
	return false
}

func (g *gatherer) standardInput() (*ticket, error) {
	if g.stdinTaken {
		return nil, problemf("name it once", "standard input can be read once only")
	}
	g.stdinTaken = true
	if isTerminal(g.stdin) {
		return nil, problemf("tcpdump -i any -w - | capforensics -", "standard input is a terminal and not a capture")
	}
	return &ticket{name: "stdin", dir: ".", inputs: []analyzer.Input{{Name: "stdin", Size: -1, Reader: interruptible(g.ctx, g.stdin)}}}, nil
}

// pipe takes a named pipe or a device: "capforensics <(zcat x)". Nothing can be put beside it.
func (g *gatherer) pipe(path string) (*ticket, error) {
	// Opening a pipe waits for somebody to write to it, and cannot be called off either.
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	var f *os.File
	select {
	case <-g.ctx.Done():
		return nil, problemf("start the program that writes to it first", "open %s: nobody writes to it", path)
	case o := <-done:
		if o.err != nil {
			return nil, &problem{fmt.Errorf("open %s: %w", path, cause(o.err)), openHint(o.err)}
		}
		f = o.f
	}
	g.files.keep(f)
	name := filepath.Base(path)
	return &ticket{name: stem(name), dir: ".", inputs: []analyzer.Input{{Name: name, Size: -1, Reader: interruptible(g.ctx, f)}}}, nil
}

// file makes an input of a regular file and gives its beginning, up to want bytes. That it can be read shows here.
func (g *gatherer) file(path, name string, info fs.FileInfo, want int) (analyzer.Input, []byte, error) {
	f := g.files.file(path)
	head := make([]byte, want)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return analyzer.Input{}, nil, &problem{fmt.Errorf("read %s: %w", path, cause(err)), openHint(err)}
	}
	in := analyzer.Input{Name: name, Size: info.Size(), ReaderAt: f, ModTime: info.ModTime()}
	return in, head[:n], nil
}

// directory takes every regular file below path, hidden ones too: what a customer sent is in the inventory. Links are not
// followed, as they may lead out of the ticket or round in a circle. The reports go beside the directory and not into it, so that
// the ticket stays what the customer sent and a second run sees the same files.
func (g *gatherer) directory(path string) (*ticket, error) {
	t := &ticket{name: filepath.Base(path), dir: filepath.Dir(filepath.Clean(path))}
	if strings.Trim(t.name, `./\`) == "" { // ".", "..", a root: only the full path has a name
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, problemf("name the folder by its full path", "find %s: %w", path, err)
		}
		t.name, t.dir = filepath.Base(abs), filepath.Dir(abs)
		if t.dir == abs {
			t.name, t.dir = "root", "."
		}
	}
	root := path
	if real, err := filepath.EvalSymlinks(path); err == nil { // a link that was named is meant
		root = real
	}
	links, reports := 0, 0
	walkErr := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			g.ui.fail(&problem{fmt.Errorf("read %s: %w", p, cause(err)), openHint(err)})
			t.lost++
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			links++
			g.ui.detail("%s is a link or a device and was left out", p)
			return nil
		case isOwnReport(p):
			reports++
			return nil
		case len(t.inputs) >= g.maxMembers:
			return errTooMany
		}
		info, err := d.Info()
		if err == nil {
			var in analyzer.Input
			if in, _, err = g.file(p, inside(root, p), info, 1); err == nil {
				t.inputs = append(t.inputs, in)
				return nil
			}
		}
		g.ui.fail(err)
		t.lost++
		return nil
	})
	if errors.Is(walkErr, errTooMany) {
		g.ui.warn("%s holds more than %d files; the rest was left out (raise --max-members)", path, g.maxMembers)
		t.lost++
	}
	if links > 0 {
		g.ui.warn("%s: links and devices left out: %d", path, links)
	}
	if reports > 0 {
		g.ui.detail("%s: earlier reports of this program left out: %d", path, reports)
	}
	if len(t.inputs) == 0 {
		return nil, problemf("put the captures into it, or name them one by one", "%s holds no file that can be read", path)
	}
	return t, nil
}

var errTooMany = errors.New("too many files")

// inside names a file as seen from its ticket, with "/" on every system.
func inside(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return filepath.Base(path)
	}
	return filepath.ToSlash(rel)
}

// tellApart names inputs of the same name after their folders too, as two captures called cap.pcap, one from each end, would be
// one in the report; and gives a number to those that are still alike.
func tellApart(inputs []analyzer.Input) {
	times := make(map[string]int, len(inputs))
	for _, in := range inputs {
		times[in.Name]++
	}
	used := make(map[string]int, len(inputs))
	for i := range inputs {
		in := &inputs[i]
		if f, ok := in.ReaderAt.(*file); ok && times[in.Name] > 1 {
			if abs, err := filepath.Abs(f.path); err == nil {
				in.Name = filepath.Base(filepath.Dir(abs)) + "/" + in.Name
			}
		}
		if used[in.Name]++; used[in.Name] > 1 {
			in.Name = fmt.Sprintf("%s (%d)", in.Name, used[in.Name])
		}
	}
}

// cause strips what os puts before an error, as the message names the operation and the file already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func openHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "check the spelling; a name with spaces needs quotes"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read by this user; copy it to where it may"
	}
	return "copy it to a local disk and try again"
}

// endings are what is cut off a file's name to name its ticket, the longest first where one ends in another.
var endings = []string{
	".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lz4", ".tar", ".tgz", ".tbz2", ".tbz", ".txz", ".tzst",
	".zip", ".7z", ".rar", ".cab", ".eml", ".msg",
	".gz", ".bz2", ".xz", ".zst", ".lz4",
}

// captureEndings are cut off after those.
var captureEndings = []string{".pcapng", ".pcap", ".ntar", ".cap", ".snoop", ".erf", ".etl", ".dmp", ".dump", ".txt", ".log", ".json", ".csv", ".xml"}

// stem names a ticket after its file.
func stem(base string) string {
	short := cutEnding(base, endings)
	if short = cutEnding(short, captureEndings); strings.Trim(short, ". ") == "" {
		return base
	}
	return short
}

func cutEnding(name string, all []string) string {
	for _, e := range all {
		if n := len(name) - len(e); n > 0 && strings.EqualFold(name[n:], e) {
			return name[:n]
		}
	}
	return name
}
