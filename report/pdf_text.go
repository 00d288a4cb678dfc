package report

import (
	"fmt"
	"strings"
	"unicode"
)

// Own text setting: gofpdf's MultiCell, SplitText and Write lose a Chinese character at each line break, and anything beyond the
// basic plane panics.

// font sets the size, and draws outlines for bold: the one embedded face has no bold sister.
func (d *pdfDoc) font(size float64, bold bool) {
	d.SetFont("body", "", size)
	mode := 0
	if bold {
		mode = 2
		d.SetLineWidth(0.22)
		d.SetDrawColor(27, 36, 48)
	}
	d.SetTextRenderingMode(mode)
}

func (d *pdfDoc) ink() { d.SetTextColor(27, 36, 48) }

// safe replaces what the font cannot show by its code point in words.
func (d *pdfDoc) safe(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		if r == ' ' || d.glyphs.Has(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

// Characters that no line begins or ends with.
const (
	noStart = "、。，．：；？！）》」』】〕〉…—·’”％,.:;?!)]}%"
	noEnd   = "（《「『【〔〈‘“([{"
)

func ideograph(r rune) bool { return r >= 0x2e80 && r <= 0xffef && !unicode.IsSpace(r) }

// wrap breaks a safe text into lines no wider than width. Nothing is lost but the blank at a break; a word that is too long breaks
// anywhere.
func (d *pdfDoc) wrap(s string, width float64) []string {
	var out []string
	rs := []rune(s)
	for start := 0; start < len(rs); {
		w, last, i := 0.0, -1, start
		for ; i < len(rs); i++ {
			w += d.GetStringWidth(string(rs[i]))
			if w > width && i > start {
				break
			}
			if i+1 < len(rs) {
				a, b := rs[i], rs[i+1]
				if (a == ' ' || ideograph(a) || ideograph(b)) && !strings.ContainsRune(noStart, b) && !strings.ContainsRune(noEnd, a) {
					last = i + 1
				}
			}
		}
		if i == len(rs) {
			out = append(out, string(rs[start:]))
			break
		}
		if last <= start {
			last = i
		}
		out = append(out, strings.TrimRight(string(rs[start:last]), " "))
		start = last
	}
	return out
}

// cut shortens a safe text to a width.
func (d *pdfDoc) cut(s string, width float64) string {
	if d.GetStringWidth(s) <= width {
		return s
	}
	rs := []rune(s)
	for len(rs) > 0 && d.GetStringWidth(string(rs)+"…") > width {
		rs = rs[:len(rs)-1]
	}
	return string(rs) + "…"
}

// line writes one line at the current place and moves below it.
func (d *pdfDoc) line(s string, height float64) {
	x := d.GetX()
	d.CellFormat(0, height, d.safe(s), "", 0, "L", false, 0, "")
	d.SetXY(x, d.GetY()+height)
}

// room begins a new page unless height fits on this one.
func (d *pdfDoc) room(height float64) {
	if d.GetY()+height > bottom {
		d.AddPage()
		d.SetXY(margin, margin)
		d.ink()
	}
}

func (d *pdfDoc) space(height float64) { d.SetXY(margin, d.GetY()+height) }

// paragraph writes a wrapped text from x on.
func (d *pdfDoc) paragraph(s string, size, x, width float64) {
	d.font(size, false)
	height := lineHeight * size / bodySize
	for _, l := range d.wrap(d.safe(s), width) {
		d.room(height)
		d.SetX(x)
		d.line(l, height)
	}
	d.SetX(margin)
}

func (d *pdfDoc) heading(s string) {
	d.space(5)
	d.room(24) // never alone at the foot of a page
	d.SetX(margin)
	d.Bookmark(d.safe(s), 0, -1)
	d.font(12, true)
	d.ink()
	for _, l := range d.wrap(d.safe(s), textWidth) {
		d.line(l, 6)
	}
	d.SetDrawColor(213, 218, 225)
	d.SetLineWidth(0.2)
	d.Line(margin, d.GetY(), pageWidth-margin, d.GetY())
	d.space(2)
	d.font(bodySize, false)
}

func (d *pdfDoc) subheading(s string) {
	d.space(2.5)
	d.room(14)
	d.SetX(margin)
	d.font(bodySize, true)
	d.ink()
	d.line(s, 5)
	d.space(0.8)
	d.font(bodySize, false)
}

// list writes a heading and its points, or nothing if there are none.
func (d *pdfDoc) list(title string, points []string) {
	if len(points) > 0 {
		d.subheading(title)
		d.bullets(points)
	}
}

func (d *pdfDoc) bullets(points []string) {
	for _, p := range points {
		d.room(lineHeight)
		d.font(bodySize, false)
		d.SetX(margin + 1)
		y := d.GetY()
		d.line("•", lineHeight)
		d.SetY(y)
		d.paragraph(p, bodySize, margin+5, textWidth-5)
		d.space(0.6)
	}
}

// code writes a line to be copied, on a grey ground.
func (d *pdfDoc) code(s string) {
	if s == "" {
		return
	}
	d.font(8.5, false)
	lines := d.wrap(d.safe(s), textWidth-4)
	d.room(float64(len(lines))*4.4 + 2)
	d.SetFillColor(244, 246, 248)
	d.Rect(margin, d.GetY(), textWidth, float64(len(lines))*4.4+1.6, "F")
	d.SetY(d.GetY() + 0.8)
	for _, l := range lines {
		d.SetX(margin + 2)
		d.line(l, 4.4)
	}
	d.space(1.8)
}
