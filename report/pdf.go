package report

import (
	"fmt"
	"io"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report/font"
)

// Measures of the page, millimetres; A4 upright.
const (
	pageWidth, pageHeight = 210.0, 297.0
	margin                = 16.0
	textWidth             = pageWidth - 2*margin
	bottom                = pageHeight - 18
	bodySize              = 9.5 // points
	smallSize             = 7.5
	lineHeight            = 4.9
)

// pdfDoc is a page being written. Errors of gofpdf stick to it and are looked at once, at the end.
type pdfDoc struct {
	*gofpdf.Fpdf
	glyphs font.Glyphs
}

// colours of the classes: red, green, blue.
var tones = map[analyzer.Class][3]int{
	analyzer.Middlebox: {179, 38, 30}, analyzer.Endpoint: {29, 95, 168}, analyzer.Inconclusive: {138, 97, 0},
	analyzer.Path: {91, 75, 138}, analyzer.Clean: {30, 122, 60},
}

// PDF writes the report for a ticket's attachment: A4, one embedded font, text that can be selected and searched. The same view gives
// the same bytes.
func PDF(w io.Writer, v *View) (err error) {
	defer func() {
		if r := recover(); r != nil { // gofpdf panics on text that it cannot measure; sanitising should have caught it
			err = fmt.Errorf("write PDF report: %v", r)
		}
	}()
	d := &pdfDoc{Fpdf: gofpdf.New("P", "mm", "A4", "")}
	d.SetCatalogSort(true)
	fixed := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the report tells its own times; a file's should not make two runs differ
	d.SetCreationDate(fixed)
	d.SetModificationDate(fixed)
	d.SetProducer(Generator, true)
	d.SetTitle(d.safe(v.Title+": "+v.Ticket), true)
	d.AddUTF8FontFromBytes("body", "", font.TTF())
	d.SetMargins(margin, margin, margin)
	d.SetAutoPageBreak(false, 0)
	d.AliasNbPages("{pages}")
	ticket := d.safe(v.Ticket)
	d.SetFooterFunc(func() {
		d.font(smallSize, false)
		d.SetTextColor(110, 118, 130)
		d.Text(margin, pageHeight-9, d.cut(ticket, textWidth-30))
		d.Text(pageWidth-margin-14, pageHeight-9, fmt.Sprintf("%d / {pages}", d.PageNo()))
	})
	d.AddPage()
	d.write(v)
	if err := d.Output(w); err != nil {
		return fmt.Errorf("write PDF report: %w", err)
	}
	return nil
}

func (d *pdfDoc) write(v *View) {
	d.font(15, true)
	d.ink()
	d.line(v.Title, 7)
	d.font(smallSize, false)
	d.SetTextColor(91, 102, 117)
	for _, f := range v.Facts {
		d.paragraph(f.Name+": "+f.Value, smallSize, margin, textWidth)
	}
	d.banner(v)
	d.list(v.Labels.Because, v.Because)
	d.list(v.Labels.Next, v.Next)
	d.list(v.Labels.Also, v.Also)
	for _, e := range v.Exhibits {
		d.exhibit(v, e)
	}
	for _, s := range v.Sections {
		d.heading(s.Title)
		for _, p := range s.Text {
			d.paragraph(p, bodySize, margin, textWidth)
			d.space(1.5)
		}
		d.table(s.Table)
	}
}

// banner shows the verdict in the colour of its class.
func (d *pdfDoc) banner(v *View) {
	d.space(3)
	const pad = 4.0
	d.font(13, true)
	lines := d.wrap(d.safe(v.Headline), textWidth-2*pad-3)
	height := float64(len(lines))*6.4 + 2*5 + 2*pad
	tone := tones[v.Class]
	x, y := margin, d.GetY()
	d.SetFillColor(244, 246, 248)
	d.Rect(x, y, textWidth, height, "F")
	d.SetFillColor(tone[0], tone[1], tone[2])
	d.Rect(x, y, 2, height, "F")
	d.SetXY(x+pad+2, y+pad)
	d.SetTextColor(tone[0], tone[1], tone[2])
	d.font(bodySize, true)
	d.line(v.Labels.Verdict+": "+v.ClassName, 5)
	d.ink()
	d.font(13, true)
	for _, l := range lines {
		d.SetX(x + pad + 2)
		d.line(l, 6.4)
	}
	d.font(bodySize, false)
	d.SetTextColor(91, 102, 117)
	d.SetX(x + pad + 2)
	d.line(v.Sure, 5)
	d.SetY(y + height)
	d.space(3)
	d.ink()
}

func (d *pdfDoc) exhibit(v *View, e *ExhibitView) {
	d.heading(e.Title)
	d.paragraph(e.Summary, bodySize, margin, textWidth)
	d.space(1)
	d.bullets(e.Reasons)
	if e.Evidence != nil {
		d.subheading(v.Labels.Evidence)
		d.table(e.Evidence)
	}
	d.subheading(v.Labels.Filter)
	d.code(e.Filter)
	d.code(e.Frames)
	d.subheading(v.Labels.Verify)
	d.code(e.Verify)
	if e.Wireshark != "" {
		d.subheading(v.Labels.Wireshark)
		d.paragraph(e.Wireshark, bodySize, margin, textWidth)
	}
	d.list(v.Labels.Innocent, e.Innocent)
	d.list(v.Labels.Against, e.Against)
	d.list(v.Labels.Open, e.Open)
	for _, c := range e.Charts {
		d.chart(c)
	}
	if e.Ladder != nil && len(e.Ladder.Rows) > 0 {
		d.subheading(v.Labels.Ladder)
		d.ladder(e.Ladder)
	}
}
