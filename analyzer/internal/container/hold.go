package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Some members of an archive mean nothing without others of it, which may come later: the parts of another archive, and the files of a ring buffer,
// which have to be read in the order of their time. They wait in a temporary file until the archive's other members were walked.

// room is where members of one archive wait.
type room struct {
	*walker
	archive *Member
	part    func(name string) bool // says that a member is, or may be, a part of an archive
	series  func(name string) bool // says that a member, if it is a capture, is one of several files, or may be
	start   int64                  // of theirs in walker.kept
	held    []*waiting
	rings   bool  // captures are among them
	full    error // why no more can be kept; nil while there is room
	buffer  []byte

	asListed map[[2]string]int // captures that did not wait for others to the end, by series
}

// waiting is a member that waits, or was to and did not find room.
type waiting struct {
	*Member
	part   bool   // it may be of an archive
	kept   *spool // nil: it was walked at once
	start  int64  // in kept
	joined *Joined
	size   int64
	packed int64
	err    error // that ended its bytes early
}

// at gives its bytes at any place.
func (h *waiting) at() io.ReaderAt {
	if h.joined != nil {
		return h.joined
	}
	return io.NewSectionReader(h.kept.at(), h.start, h.size)
}

// waitingRoom makes one for an archive of which the names of members are not known before they come: what has to wait is told by each name.
func (w *walker) waitingRoom(archive *Member) *room {
	r := &room{walker: w, archive: archive, start: w.keptSize()}
	r.part = func(name string) bool {
		kind, _, _ := volumeOf(name)
		ext := strings.ToLower(path.Ext(name)) // one of these may be the part of a set that has no number; as an archive in another it is kept in any case
		return kind != 0 || ext == ".zip" || ext == ".rar"
	}
	// tcpdump -C gives the first file of a ring no number: one without goes before all that wait, or waits with them.
	r.series = func(name string) bool { return r.rings || strings.ContainsAny(name[baseAt(name):], "0123456789") }
	return r
}

// waitingRoomFor makes one for an archive of which the names of all members are known.
func (w *walker) waitingRoomFor(archive *Member, names []string) *room {
	parts, files := make(map[string]bool), make(map[[2]string]int)
	for _, s := range VolumeSets(names) {
		for _, i := range s.Parts {
			parts[names[i]] = true
		}
	}
	for _, name := range names {
		files[SeriesOf(name)]++
	}
	return &room{walker: w, archive: archive, start: w.keptSize(), part: func(name string) bool { return parts[name] },
		series: func(name string) bool { return files[SeriesOf(name)] > 1 }}
}

// member walks a member of the archive, now or when the room is left. It returns an error only if the walk was canceled.
func (r *room) member(m *Member, in input) error {
	m.Depth = in.depth
	if r.admit(m) {
		r.enter(m, in)
	}
	return r.ctx.Err()
}

// enter does so for a member that was admitted. The error is what was wrong with the bytes of the member.
func (r *room) enter(m *Member, in input) error {
	l := in.layer
	l.walker, l.member, l.start = r.walker, m.Name, r.total+r.keptSize()
	part := r.part(m.Name)
	if !part {
		if !r.series(m.Name) || !r.isCapture(&in) {
			r.stream(m, in)
			return m.Err
		}
		r.rings = true
	}
	if r.full != nil {
		return r.pass(m, in, part)
	}
	return r.keep(m, in, part)
}

// isCapture says that a member is one, or something compressed, which may be.
func (r *room) isCapture(in *input) bool {
	if r.firstTime == nil {
		return false
	}
	head := make([]byte, shortPeek)
	n, err := readFull(in.layer, head)
	in.again = &prefixed{head[:n], in.layer, err}
	if f := formatOf(head[:n]); f != nil {
		return f.peels
	}
	isCapture, _ := r.firstTime(head[:n])
	return isCapture
}

// keep has a member wait.
func (r *room) keep(m *Member, in input, part bool) error {
	kept, from := r.spool(), in.reader()
	start := kept.size
	if r.buffer == nil {
		r.buffer = make([]byte, compressedBuffer)
	}
	for {
		n, err := readFull(from, r.buffer)
		before := kept.size
		if _, full := kept.Write(r.buffer[:n]); full != nil {
			// What was kept of it comes first, then what did not fit, then what is still to be read.
			kept.truncate(before)
			r.full = full
			in.again = io.MultiReader(kept.section(start, before-start), &prefixed{bytes.Clone(r.buffer[:n]), from, err})
			r.walkCaptures() // nothing waits for those that come from here on
			return r.pass(m, in, part)
		}
		if err == nil {
			continue
		}
		h := &waiting{Member: m, part: part, kept: kept, start: start, size: kept.size - start}
		if in.layer.packed != nil {
			h.packed = in.layer.packed()
		}
		if !errors.Is(err, io.EOF) {
			h.err = err
		}
		r.held = append(r.held, h)
		return h.err
	}
}

// pass walks a member at once that there is no room for.
func (r *room) pass(m *Member, in input, part bool) error {
	kind, _, _ := volumeOf(m.Name)
	if !part {
		r.unsorted(m.Name)
	}
	if kind != 0 {
		m.Err = r.full // it has no use without the others
	}
	r.held = append(r.held, &waiting{Member: m, part: part})
	r.stream(m, in)
	if kind != 0 && m.Err == r.full {
		return nil
	}
	return m.Err
}

// unsorted counts a capture that did not wait; of several of one series it is told.
func (r *room) unsorted(name string) {
	if r.asListed == nil {
		r.asListed = make(map[[2]string]int)
	}
	if r.asListed[SeriesOf(name)]++; r.asListed[SeriesOf(name)] > 1 && r.archive.Unsorted == nil {
		r.archive.Unsorted = r.full
	}
}

// leave walks those that have waited: parts as the archive that they are of, captures in the order of their time. It is to be called once the archive
// gives no more members, before the archive is done.
func (r *room) leave() {
	if len(r.held) == 0 {
		return
	}
	defer r.kept.truncate(r.start)
	r.walk(r.joined())
}

// walkCaptures walks those that have waited and are no parts.
func (r *room) walkCaptures() {
	var captures []*waiting
	r.held = slices.DeleteFunc(r.held, func(h *waiting) bool {
		if !h.part {
			r.unsorted(h.Name)
			captures = append(captures, h)
		}
		return !h.part
	})
	r.walk(captures)
}

func (r *room) walk(all []*waiting) {
	names := make([]string, len(all))
	for i, h := range all {
		names[i] = h.Name
	}
	for _, i := range InOrder(names, func(i int) int64 { return r.begins(all[i].open) }) {
		if r.ctx.Err() != nil {
			return
		}
		h := all[i]
		in := input{layer: &layer{r: h.open()}, depth: h.Depth}
		if packed := h.packed; packed > 0 {
			in.layer.packed = func() int64 { return packed }
		}
		if h.err == nil {
			in.file, in.size, in.source = h.at(), h.size, &meter{walker: r.walker}
		}
		r.stream(h.Member, in)
	}
}

// open reads the member from its beginning.
func (h *waiting) open() io.Reader {
	end := h.err
	if end == nil {
		end = io.EOF
	}
	return io.MultiReader(&wholly{io.NewSectionReader(h.at(), 0, h.size), h.size}, &prefixed{err: end})
}

// joined gives those that wait, with the parts of each archive put together, in the place of the first.
func (r *room) joined() []*waiting {
	names := make([]string, len(r.held))
	for i, h := range r.held {
		names[i] = h.Name
	}
	whole, gone := make(map[int]*waiting), make(map[int]bool)
	for _, s := range VolumeSets(names) {
		h, err := r.join(s)
		if err != nil {
			r.fault(s, err)
			continue
		}
		for _, i := range s.Parts {
			gone[i] = true
		}
		whole[slices.Min(s.Parts)] = h
	}
	var all []*waiting
	for i, h := range r.held {
		switch {
		case whole[i] != nil:
			all = append(all, whole[i])
		case !gone[i] && h.kept != nil:
			all = append(all, h)
		}
	}
	return all
}

// join puts the parts of one archive together.
func (r *room) join(s VolumeSet) (*waiting, error) {
	if s.Missing > 0 {
		return nil, &missingPartError{s.Name, s.Missing}
	}
	first := r.held[s.Parts[0]]
	h := &waiting{Member: &Member{Name: s.Name, Depth: first.Depth, ModTime: first.ModTime, Parts: len(s.Parts)}}
	var pieces []Part
	for k, i := range s.Parts {
		p := r.held[i]
		switch {
		case p.kept == nil:
			return nil, r.full
		case p.err != nil:
			return nil, fmt.Errorf("part %d of %s could not be read to its end: %w", k+1, base(s.Name), p.err)
		}
		pieces = append(pieces, io.NewSectionReader(p.at(), 0, p.size))
		h.packed += p.packed
	}
	if h.joined = Join(pieces...); !h.joined.IsArchive() {
		return nil, fmt.Errorf("it is named like a part of %s, and the parts together are no archive: each was looked at by itself", base(s.Name))
	}
	h.size = h.joined.Size()
	return h, nil
}

// fault says at the first part that waits what is wrong with a set.
func (r *room) fault(s VolumeSet, err error) {
	for _, i := range s.Parts {
		if h := r.held[i]; h.kept != nil {
			if h.Err == nil {
				h.Err = err
			}
			return
		}
	}
}

// missingPartError says that an archive in parts is not complete.
type missingPartError struct {
	name   string
	number int
}

func (e *missingPartError) Error() string {
	return fmt.Sprintf("%s came in parts, and part %d is missing: pass all parts together", base(e.name), e.number)
}

func base(name string) string { return name[baseAt(name):] }

// spool gives what members of the walk are kept in that wait, of all its archives.
func (w *walker) spool() *spool {
	if w.kept == nil {
		w.kept = &spool{dir: w.limits.TempDir, most: w.limits.MaxSpool, over: &LimitError{"max-spool", w.limits.MaxSpool, ""}}
	}
	return w.kept
}

func (w *walker) keptSize() int64 {
	if w.kept == nil {
		return 0
	}
	return w.kept.size
}

func (w *walker) closeKept() {
	if w.kept != nil {
		w.kept.close()
	}
}
