package report

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer"
)

// chart draws a scatter with axes and a legend.
func (d *pdfDoc) chart(c *Chart) {
	const width, height, left = textWidth - 16, 42.0, margin + 14
	d.room(height + 22)
	d.subheading(c.Title)
	top := d.GetY() + 1
	d.SetLineWidth(0.15)
	d.SetDrawColor(213, 218, 225)
	d.Rect(left, top, width, height, "D")
	d.font(6.5, false)
	d.SetTextColor(91, 102, 117)
	for _, t := range c.XTicks {
		x, _ := c.At(Point{t.At, c.YMin}, width, height)
		d.Line(left+x, top, left+x, top+height)
		d.Text(left+x-d.GetStringWidth(t.Label)/2, top+height+3.2, t.Label)
	}
	for _, t := range c.YTicks {
		_, y := c.At(Point{c.XMin, t.At}, width, height)
		d.Line(left, top+y, left+width, top+y)
		d.Text(left-1.5-d.GetStringWidth(t.Label), top+y+0.8, t.Label)
	}
	for _, s := range c.Series {
		for _, p := range s.Points {
			x, y := c.At(p, width, height)
			d.mark(s.Mark, left+x, top+y)
		}
	}
	y := top + height + 7.2
	x := left
	for _, s := range c.Series {
		d.mark(s.Mark, x+1, y-0.9)
		d.font(6.5, false)
		d.SetTextColor(91, 102, 117)
		name := d.safe(s.Name)
		d.Text(x+4, y, name)
		x += d.GetStringWidth(name) + 12
	}
	label := d.safe(c.XLabel)
	d.Text(left+width-d.GetStringWidth(label), y, label)
	d.SetXY(margin, y+2)
	d.ink()
}

func (d *pdfDoc) mark(m Mark, x, y float64) {
	switch m {
	case Circle:
		d.SetFillColor(29, 95, 168)
		d.Circle(x, y, 0.55, "F")
	case Square:
		d.SetLineWidth(0.2)
		d.SetDrawColor(30, 122, 60)
		d.Rect(x-0.55, y-0.55, 1.1, 1.1, "D")
	case Ringed:
		d.SetLineWidth(0.45)
		d.SetDrawColor(179, 38, 30)
		d.Circle(x, y, 1.5, "D")
	}
}

// ladder draws packets as arrows between two lifelines, over as many pages as it takes.
func (d *pdfDoc) ladder(l *Ladder) {
	const left, right, step = margin + 32, pageWidth - margin - 24, 4.6
	ends := func() {
		d.font(smallSize, false)
		d.SetTextColor(91, 102, 117)
		for _, e := range []struct {
			x    float64
			text string
		}{{left, l.Left}, {right, l.Right}} {
			s := d.cut(d.safe(e.text), 70)
			d.Text(min(e.x-d.GetStringWidth(s)/2, pageWidth-margin-d.GetStringWidth(s)), d.GetY()+3, s)
		}
		d.SetXY(margin, d.GetY()+6)
	}
	d.room(30)
	ends()
	for _, r := range l.Rows {
		if d.GetY()+step > bottom {
			d.AddPage()
			d.SetXY(margin, margin)
			ends()
		}
		y := d.GetY() + step - 0.8
		d.SetLineWidth(0.15)
		d.SetDrawColor(213, 218, 225)
		d.Line(left, d.GetY(), left, d.GetY()+step)
		d.Line(right, d.GetY(), right, d.GetY()+step)
		d.rung(r, left, right, y)
		d.SetXY(margin, d.GetY()+step)
	}
	d.ink()
}

func (d *pdfDoc) rung(r Rung, left, right, y float64) {
	d.font(6.5, false)
	d.SetTextColor(91, 102, 117)
	middle := (left + right) / 2
	if r.Elided != "" {
		s := d.safe(r.Elided)
		d.Text(middle-d.GetStringWidth(s)/2, y-0.6, s)
		return
	}
	d.Text(margin, y, d.safe(r.Time))
	frame := fmt.Sprintf("#%d", r.Frame)
	d.Text(left-2-d.GetStringWidth(frame), y, frame)
	d.SetDrawColor(60, 70, 84)
	d.SetFillColor(60, 70, 84)
	d.SetLineWidth(0.2)
	switch r.Role {
	case analyzer.Forged, analyzer.Modified:
		d.SetDrawColor(179, 38, 30)
		d.SetFillColor(179, 38, 30)
		d.SetTextColor(179, 38, 30)
		d.SetLineWidth(0.4)
	case "":
	default:
		d.ink()
	}
	d.Line(left, y, right, y)
	tip, back := right, -1.8
	if !r.FromLeft {
		tip, back = left, 1.8
	}
	d.MoveTo(tip, y)
	d.LineTo(tip+back, y-0.7)
	d.LineTo(tip+back, y+0.7)
	d.ClosePath()
	d.DrawPath("F")
	s := d.cut(d.safe(r.Label), right-left-6)
	d.Text(middle-d.GetStringWidth(s)/2, y-0.7, s)
	if r.RoleName != "" {
		d.Text(right+1.5, y+0.6, d.cut(d.safe(r.RoleName), 22))
	}
}
