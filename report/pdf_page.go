package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/capforensics/capforensics/report/font"
)

// Measures of the page, mm.
const (
	pageWidth    = 210.0
	pageHeight   = 297.0
	marginSide   = 16.0
	marginTop    = 15.0
	marginBottom = 18.0
	textWidth    = pageWidth - 2*marginSide
	textBottom   = pageHeight - marginBottom
	pt           = 25.4 / 72 // mm
	leading      = 1.45      // of lines, in em
)

// rgb is a colour.
type rgb struct{ r, g, b uint8 }

var (
	black   = rgb{0x1b, 0x24, 0x30}
	grey    = rgb{0x5b, 0x66, 0x75}
	ruling  = rgb{0xc8, 0xce, 0xd6}
	paper   = rgb{0xf1, 0xf4, 0xf7}
	alarm   = rgb{0xb3, 0x26, 0x1e}
	azure   = rgb{0x1d, 0x5f, 0xa8}
	verdant = rgb{0x1e, 0x7a, 0x3c}
)

// style is how a text is set.
type style struct {
	size float64 // points
	tone rgb
	bold bool
	mono bool // in Go Mono, but for the characters that it lacks
}

func (t style) lineHeight() float64 { return t.size * pt * leading }

// The styles of the report.
var (
	titleStyle   = style{size: 15, tone: black, bold: true}
	headStyle    = style{size: 12, tone: black, bold: true}
	subheadStyle = style{size: 9.5, tone: grey, bold: true}
	textStyle    = style{size: 9.5, tone: black}
	smallStyle   = style{size: 8, tone: grey}
	codeStyle    = style{size: 8, tone: black, mono: true}
	footStyle    = style{size: 7.5, tone: grey}
)

// A sheet puts texts and shapes on pages from top to bottom. Errors are kept by pdf and looked at in the end.
type sheet struct {
	pdf        *gofpdf.Fpdf
	body, mono face
	y          float64 // where the next thing goes
	fresh      bool    // nothing is on this page yet
}

// published is the date in every PDF: the same case gives the same bytes.
var published = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func newSheet() (*sheet, error) {
	body, err := font.Body()
	if err != nil {
		return nil, err
	}
	mono, err := font.Mono()
	if err != nil {
		return nil, err
	}
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(published)
	pdf.SetModificationDate(published)
	pdf.AddUTF8FontFromBytes(body.Family, "", body.TTF())
	pdf.AddUTF8FontFromBytes(mono.Family, "", mono.TTF())
	s := &sheet{pdf: pdf, body: face{body, nil}, mono: face{mono, body}}
	s.newPage()
	return s, nil
}

func (s *sheet) newPage() {
	s.pdf.AddPage()
	s.y, s.fresh = marginTop, true
}

// need begins a new page unless there is room for so much.
func (s *sheet) need(height float64) {
	if !s.fresh && s.y+height > textBottom {
		s.newPage()
	}
}

// down leaves room, except at the top of a page.
func (s *sheet) down(height float64) {
	if !s.fresh {
		s.y += height
	}
}

// face gives the font of a style.
func (s *sheet) face(t style) face {
	if t.mono {
		return s.mono
	}
	return s.body
}

// width gives the width of a printable text, mm.
func (s *sheet) width(t style, text string) float64 { return s.face(t).width(text) * t.size * pt }

// lines breaks a printable text into lines no wider than width, mm.
func (s *sheet) lines(t style, text string, width float64) []string {
	return s.face(t).wrap(text, width/(t.size*pt))
}

// clip shortens a printable text to one line of the width.
func (s *sheet) clip(t style, text string, width float64) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if s.width(t, text) <= width {
		return text
	}
	f := s.face(t)
	room := width/(t.size*pt) - f.width("…")
	for i, r := range text {
		if room -= f.Em(r); room < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// print puts one line of printable text on the page; y is its base line.
func (s *sheet) print(t style, x, y float64, line string) {
	line = strings.TrimRight(line, " ")
	if line == "" {
		return
	}
	p := s.pdf
	p.SetTextColor(int(t.tone.r), int(t.tone.g), int(t.tone.b))
	if t.bold { // the font has one weight: fill and stroke
		s.pen(t.tone, t.size*pt*0.03)
		p.SetTextRenderingMode(2)
	}
	f := s.face(t)
	for part, text := range f.runs(line) {
		p.SetFont(part.Family, "", t.size)
		p.Text(x, y, text)
		x += f.width(text) * t.size * pt
	}
	if t.bold {
		p.SetTextRenderingMode(0)
	}
}

// printRight is print with the end of the line at x, printMiddle with its middle.
func (s *sheet) printRight(t style, x, y float64, line string) {
	s.print(t, x-s.width(t, line), y, line)
}
func (s *sheet) printMiddle(t style, x, y float64, line string) {
	s.print(t, x-s.width(t, line)/2, y, line)
}

// baseline says how far below the top of a line its base line is.
func (t style) baseline() float64 { return t.size * pt * (leading/2 + 0.36) }

// pen sets the colour and width of lines, fill that of surfaces.
func (s *sheet) pen(c rgb, width float64) {
	s.pdf.SetDrawColor(int(c.r), int(c.g), int(c.b))
	s.pdf.SetLineWidth(width)
}
func (s *sheet) fill(c rgb) { s.pdf.SetFillColor(int(c.r), int(c.g), int(c.b)) }

// para sets a text from x on, over as many pages as it takes.
func (s *sheet) para(t style, x, width float64, text string) {
	s.set(t, x, s.lines(t, s.body.printable(text, maxPara), width))
}

// set sets lines. Of the first and of the last two none stands alone on a page.
func (s *sheet) set(t style, x float64, lines []string) {
	for i, line := range lines {
		together := 1
		if i == 0 || i == len(lines)-2 {
			together = min(2, len(lines))
		}
		s.need(float64(together) * t.lineHeight())
		s.print(t, x, s.y+t.baseline(), line)
		s.y, s.fresh = s.y+t.lineHeight(), false
	}
}

// heading sets a heading that stays on the page with what follows, of which keep is the least, and bookmarks it.
func (s *sheet) heading(t style, level int, text string, keep float64) {
	lines := s.lines(t, s.body.printable(text, maxTitle), textWidth)
	above := t.size * pt * 1.1
	s.need(above + float64(len(lines))*t.lineHeight() + keep)
	s.down(above)
	s.bookmark(text, level)
	for _, line := range lines {
		s.print(t, marginSide, s.y+t.baseline(), line)
		s.y, s.fresh = s.y+t.lineHeight(), false
	}
	s.y += 0.6
}

// bookmark adds an entry to the outline that leads here.
func (s *sheet) bookmark(text string, level int) {
	s.pdf.SetFont(s.body.Family, "", textStyle.size) // gofpdf encodes a bookmark by the font it finds
	s.pdf.Bookmark(strings.ReplaceAll(s.body.printable(text, maxTitle), "\n", " "), level, max(s.y-2, 0))
}

// list sets texts with a dot before each.
func (s *sheet) list(texts []string) {
	const indent = 4.0
	t := textStyle
	for _, text := range texts {
		lines := s.lines(t, s.body.printable(text, maxPara), textWidth-indent)
		s.need(float64(min(2, len(lines))) * t.lineHeight()) // as set will, so that the dot is beside its text
		s.fill(grey)
		s.pdf.Circle(marginSide+1.4, s.y+t.lineHeight()/2, 0.55, "F")
		s.set(t, marginSide+indent, lines)
		s.y += 0.6
	}
}

// code sets a line to be copied, on a ground of its own.
func (s *sheet) code(text string) {
	const pad = 1.5
	lines := s.lines(codeStyle, s.body.printable(text, maxPara), textWidth-2*pad-2)
	for len(lines) > 0 {
		s.need(2*pad + codeStyle.lineHeight())
		n := min(len(lines), int((textBottom-s.y-2*pad)/codeStyle.lineHeight()+1e-9))
		s.fill(paper)
		s.pdf.Rect(marginSide, s.y, textWidth, float64(n)*codeStyle.lineHeight()+2*pad, "F")
		s.y += pad
		for _, line := range lines[:n] {
			s.print(codeStyle, marginSide+pad+0.5, s.y+codeStyle.baseline(), line)
			s.y += codeStyle.lineHeight()
		}
		s.y, s.fresh, lines = s.y+pad+1, false, lines[n:]
	}
}

// finish numbers the pages and writes the document.
func (s *sheet) finish(foot string) {
	n := s.pdf.PageCount()
	foot = s.body.printable(foot, maxTitle)
	for i := 1; i <= n; i++ {
		s.pdf.SetPage(i)
		s.pdf.SetFont(s.body.Family, "", 1) // the page knows another font than gofpdf remembers: make it say so again
		s.fill(paper)
		s.pen(ruling, 0.2)
		y := pageHeight - marginBottom + 5
		s.pdf.Line(marginSide, y, pageWidth-marginSide, y)
		number := fmt.Sprintf("%d/%d", i, n)
		s.print(footStyle, marginSide, y+4.2, s.clip(footStyle, foot, textWidth-s.width(footStyle, number)-8))
		s.printRight(footStyle, pageWidth-marginSide, y+4.2, number)
	}
}
