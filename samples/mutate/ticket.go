package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// ticket is one input of the analysis: a few files that were damaged on purpose, and how they are given.
type ticket struct {
	number uint64
	seed   string // that it was made of
	files  []file
	chance // for what is done with it
}

// generator makes tickets. The same seed and number give the same ticket.
type generator struct {
	seed  uint64
	seeds []seed
	parts [][]byte // whole files, to splice with
}

func newGenerator(root fs.FS, number uint64) (*generator, error) {
	all, err := seeds(root)
	if err != nil {
		return nil, err
	}
	g := &generator{seed: number, seeds: all}
	for _, s := range all {
		for _, f := range s.files {
			g.parts = append(g.parts, f.data)
		}
		for i := range s.traces {
			c := newChance(0, uint64(len(g.parts)))
			g.parts = append(g.parts, encoded(c, pick(c, encodings), &s.traces[i]).b)
		}
	}
	return g, nil
}

// ticket makes one: packets are changed before they are written, the numbers of a capture afterwards, then those of the archive that it is
// packed into, and last the bytes of the result. Each step is left out now and then, so that the next ones are reached.
func (g *generator) ticket(number uint64) *ticket {
	c := newChance(g.seed, number)
	s := pick(c, g.seeds)
	if len(s.traces) == 0 && c.in(2) { // something to judge beside it
		more := pick(c, g.seeds)
		s.traces, s.files = more.traces, append(slices.Clone(s.files), more.files...)
	}
	t := &ticket{number: number, seed: s.name, chance: c}
	for _, original := range s.traces {
		changed := original
		changed.packets = slices.Clone(original.packets)
		if !c.in(4) {
			c.packets(&changed)
		}
		if c.in(amplified) {
			c.amplify(&changed)
		}
		w := encoded(c, pick(c, encodings), &changed)
		if c.in(3) {
			c.fields(w.b, w.fields)
		}
		t.files = append(t.files, file{original.name, w.b})
	}
	for _, f := range s.files {
		f.data = slices.Clone(f.data)
		switch {
		case c.in(6):
		case isText(f.data):
			f.data = c.text(f.data)
		default:
			f.data = c.archive(f.data)
		}
		t.files = append(t.files, f)
	}
	c.Shuffle(len(t.files), func(i, j int) { t.files[i], t.files[j] = t.files[j], t.files[i] })
	if c.in(5) {
		t.files = append(t.files, file{"more", slices.Clone(pick(c, g.parts))})
	}
	if c.in(4) {
		c.file(t.files).name = pick(c, hostileNames)
	}
	if c.in(amplified) {
		t.files = append(t.files, c.many(t.files))
	}
	for packed := c.in(2); packed; packed = c.in(4) {
		one := c.pack(t.files)
		if c.in(2) {
			one.data = c.archive(one.data)
		}
		t.files = []file{one}
	}
	if c.in(3) {
		f := c.file(t.files)
		f.data = c.bytes(f.data, pick(c, g.parts))
	}
	return t
}

// file gives one of all, to be changed.
func (c chance) file(all []file) *file { return &all[c.IntN(len(all))] }

func isText(b []byte) bool {
	for _, v := range b[:min(len(b), 64)] {
		if v < ' ' && v != '\n' && v != '\r' && v != '\t' {
			return false
		}
	}
	return true
}

// keep writes the files of a ticket to a folder of its own, with what was wrong.
func (t *ticket) keep(dir string, faults []string) error {
	dir = filepath.Join(dir, strconv.FormatUint(t.number, 10))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	text := fmt.Sprintf("made of %s\n", t.seed)
	for i, f := range t.files {
		name := fmt.Sprintf("input-%d", i)
		text += fmt.Sprintf("%s is called %.200q\n", name, f.name)
		if err := os.WriteFile(filepath.Join(dir, name), f.data, 0o666); err != nil {
			return err
		}
	}
	for _, f := range faults {
		text += "\n" + f + "\n"
	}
	return os.WriteFile(filepath.Join(dir, "faults.txt"), []byte(text), 0o666)
}

// worst is a figure and the ticket that it comes from.
type worst[T cmp.Ordered] struct {
	value  T
	number uint64
}

func (w *worst[T]) add(v T, t *ticket) {
	if v > w.value {
		w.value, w.number = v, t.number
	}
}
