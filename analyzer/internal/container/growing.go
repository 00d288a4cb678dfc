package container

import (
	"io"
	"runtime/debug"
)

// What an archive says of its dictionary costs it nothing: a zip of a thousand small entries may ask for 256 MiB a thousand times. The library gets its
// dictionary at once and whole. So it is given a small one, and when that is full unpacks again from the beginning with one that is larger: no
// data refers to more than was unpacked before it.

const (
	// firstDictionary is what a small file takes, and what is unpacked to see how a file begins.
	firstDictionary = 64 << 10
	// dictionaryGrowth is the next dictionary to the last. Unpacking again adds a sixteenth to a long file, and what is allocated stays below
	// sixteen times of what was unpacked.
	dictionaryGrowth = 16
	// largeDictionary is worth a collection before it is made: those of the entries before would be held beside it until one comes by itself.
	largeDictionary = 64 << 20
	// longestMatch is how much the library leaves free of a dictionary that it fills.
	longestMatch = 273
)

// growing unpacks with a dictionary that grows up to most bytes.
type growing struct {
	open       func(r io.Reader, dictionary int) (io.Reader, error)
	ahead      func() int // how much open's reader unpacks at least before it gives any of it, beyond what fits into the dictionary
	from       *replay
	r          io.Reader // of this dictionary
	dictionary int
	most       int
	out        int64
}

// newGrowing unpacks r. ahead may be called once the reader that open gives has failed.
func newGrowing(r io.Reader, most int, ahead func() int, open func(r io.Reader, dictionary int) (io.Reader, error)) (io.Reader, error) {
	if most <= firstDictionary {
		return open(r, most)
	}
	g := &growing{open: open, ahead: ahead, from: &replay{r: r, keep: true}, most: most}
	return g, g.grow(firstDictionary)
}

// grow begins again with a larger dictionary, and passes what was given before.
func (g *growing) grow(dictionary int) (err error) {
	for {
		g.r, g.dictionary = nil, min(dictionary, g.most) // the old one is not to be held beside the new one
		if g.dictionary >= largeDictionary {
			debug.FreeOSMemory()
		}
		g.from.rewind(g.dictionary < g.most)
		if g.r, err = g.open(g.from, g.dictionary); err != nil {
			return err
		}
		passed, err := io.CopyN(io.Discard, g.r, g.out)
		if dictionary = g.enough(passed, err); dictionary == 0 {
			return noEOF(err)
		}
	}
}

// enough gives the dictionary that it takes if it was too small for what is unpacked at a position; 0 if that is not why err came.
func (g *growing) enough(position int64, err error) int {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF || g.dictionary == g.most {
		return 0
	}
	if n := position + int64(g.ahead()); n > int64(g.dictionary) {
		return int(min(n+longestMatch, int64(g.most)))
	}
	return 0
}

func (g *growing) Read(p []byte) (int, error) {
	if g.dictionary < g.most {
		left := int64(g.dictionary) - longestMatch - g.out
		if left <= 0 {
			if err := g.grow(g.dictionary * dictionaryGrowth); err != nil {
				return 0, err
			}
			return g.Read(p)
		}
		p = p[:min(int64(len(p)), left)]
	}
	n, err := g.r.Read(p)
	g.out += int64(n)
	if dictionary := g.enough(g.out, err); dictionary > 0 {
		err = g.grow(dictionary)
	}
	return n, err
}

// replay gives what was read before once more.
type replay struct {
	r    io.Reader
	kept []byte
	at   int   // of kept
	keep bool  // what is read from now on, too
	err  error // that r ended with
}

func (r *replay) rewind(keep bool) { r.at, r.keep = 0, keep }

func (r *replay) Read(p []byte) (int, error) {
	if r.at < len(r.kept) {
		n := copy(p, r.kept[r.at:])
		r.at += n
		return n, nil
	}
	if !r.keep {
		r.kept, r.at = nil, 0
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	r.err = err
	if r.keep {
		r.kept = append(r.kept, p[:n]...)
		r.at = len(r.kept)
	}
	return n, err
}
