package report

// tableLines bounds the lines of one cell, so that a row always fits on a page.
const tableLines = 24

// table writes a table; its head is repeated on every page.
func (d *pdfDoc) table(t *Table) {
	if t == nil || len(t.Rows) == 0 {
		return
	}
	widths := columnWidths(t)
	d.room(20)
	d.row(t.Head, widths, true)
	for _, r := range t.Rows {
		if d.GetY()+d.rowHeight(r, widths) > bottom {
			d.AddPage()
			d.SetXY(margin, margin)
			d.row(t.Head, widths, true)
		}
		d.row(r, widths, false)
	}
	if t.More != "" {
		d.paragraph(t.More, smallSize, margin, textWidth)
	}
	d.space(1)
}

func columnWidths(t *Table) []float64 {
	total := 0
	for _, w := range t.Wide {
		total += w
	}
	out := make([]float64, len(t.Head))
	for i := range out {
		if len(t.Wide) == len(out) {
			out[i] = textWidth * float64(t.Wide[i]) / float64(total)
		} else {
			out[i] = textWidth / float64(len(out))
		}
	}
	return out
}

const rowLine = 3.8

func (d *pdfDoc) cells(r []string, widths []float64) (lines [][]string, most int) {
	for i, c := range r {
		l := d.wrap(d.safe(c), widths[i]-1.5)
		if len(l) > tableLines {
			l = append(l[:tableLines-1], "…")
		}
		lines, most = append(lines, l), max(most, len(l))
	}
	return lines, max(most, 1)
}

func (d *pdfDoc) rowHeight(r []string, widths []float64) float64 {
	d.font(smallSize, false)
	_, most := d.cells(r, widths)
	return float64(most)*rowLine + 1.4
}

func (d *pdfDoc) row(r []string, widths []float64, head bool) {
	d.font(smallSize, head)
	d.ink()
	if head {
		d.SetTextColor(91, 102, 117)
	}
	lines, most := d.cells(r, widths)
	x, y := margin, d.GetY()
	for i, cell := range lines {
		for k, l := range cell {
			d.SetXY(x, y+0.7+float64(k)*rowLine)
			d.line(l, rowLine)
		}
		x += widths[i]
	}
	y += float64(most)*rowLine + 1.4
	d.SetDrawColor(213, 218, 225)
	d.SetLineWidth(0.15)
	d.Line(margin, y, pageWidth-margin, y)
	d.SetXY(margin, y)
}
