// Package font holds the two fonts that PDF reports embed and knows what they can show: a cut of WenQuanYi Micro Hei, which has
// Latin and Chinese, and Go Mono for what is compared digit by digit. NOTICE tells their origin, subset.py makes the cut.
package font

import (
	"bytes"
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Cut with: python3 subset.py /usr/share/fonts/truetype/wqy/wqy-microhei.ttc wqy-gbk.ttf && zstd -19 --rm wqy-gbk.ttf
//
//go:embed wqy-gbk.ttf.zst
var packed []byte

// maxUnpacked bounds the unpacked font, which has 3 MB.
const maxUnpacked = 16 << 20

// file is a font file with its outlines. All faces share it, and only read it.
type file struct {
	data    []byte
	outline *sfnt.Font
}

var body = sync.OnceValues(func() (*file, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	data, err := d.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack embedded font: %w", err)
	}
	return parse(data)
})

var mono = sync.OnceValues(func() (*file, error) { return parse(gomono.TTF) })

func parse(data []byte) (*file, error) {
	outline, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse embedded font: %w", err)
	}
	return &file{data, outline}, nil
}

// Face is a font as one document uses it. It is for one goroutine; faces of different documents are independent.
type Face struct {
	Family string // by which the document calls it
	file   *file
	buf    sfnt.Buffer
	ems    map[rune]float64
}

// Body gives a new face of the font for all text.
func Body() (*Face, error) { return newFace("body", body) }

// Mono gives a new face of the font with one width. It has no Chinese.
func Mono() (*Face, error) { return newFace("mono", mono) }

func newFace(family string, load func() (*file, error)) (*Face, error) {
	f, err := load()
	if err != nil {
		return nil, err
	}
	return &Face{Family: family, file: f, ems: make(map[rune]float64)}, nil
}

// TTF gives a copy of the font file: gofpdf writes into the slice that it is given.
func (f *Face) TTF() []byte { return bytes.Clone(f.file.data) }

// Em gives the width of a character in em; 0 if the font cannot show it. gofpdf panics on characters beyond the basic plane: they
// count as not shown.
func (f *Face) Em(r rune) float64 {
	if w, ok := f.ems[r]; ok {
		return w
	}
	const ppem = 1000
	w := 0.0
	if r <= 0xffff {
		if g, err := f.file.outline.GlyphIndex(&f.buf, r); err == nil && g != 0 {
			if a, err := f.file.outline.GlyphAdvance(&f.buf, g, fixed.I(ppem), font.HintingNone); err == nil {
				w = float64(a) / 64 / ppem
			}
		}
	}
	f.ems[r] = w
	return w
}
