// Package font holds the font that PDF reports embed: WenQuanYi Micro Hei, cut to GBK, Latin and symbols. NOTICE tells its origin.
package font

import (
	_ "embed"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/font/sfnt"
)

//go:embed wqy-gbk.ttf.zst
var packed []byte

var load = sync.OnceValues(func() ([]byte, *sfnt.Font) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic("font: " + err.Error()) // embedded at build time; a test loads it
	}
	defer d.Close()
	ttf, err := d.DecodeAll(packed, nil)
	if err != nil {
		panic("font: " + err.Error())
	}
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic("font: " + err.Error())
	}
	return ttf, f
})

// TTF gives a copy of the font file: gofpdf writes into the slice that it is given.
func TTF() []byte {
	ttf, _ := load()
	return append([]byte(nil), ttf...)
}

// Glyphs tells which characters the font can show. It is for one goroutine.
type Glyphs struct{ buf sfnt.Buffer }

// Has says that the font has a glyph for a character. gofpdf cannot handle those beyond the basic plane.
func (g *Glyphs) Has(r rune) bool {
	if r > 0xffff {
		return false
	}
	_, f := load()
	i, err := f.GlyphIndex(&g.buf, r)
	return err == nil && i != 0
}
