package report

import "math"

// Measures of a chart, mm.
const (
	chartLeft   = 14.0 // room for the labels of the values
	chartWidth  = textWidth - chartLeft - 4
	chartHeight = 38.0
	chartBelow  = 13.0 // labels of the time, legend
	chartGrid   = 0.4  // points closer than this are one
	maxTicks    = 16
)

var (
	tickStyle   = style{size: 7, tone: grey}
	legendStyle = style{size: 7.5, tone: black}
)

// toneOfMark gives the colour of a mark; its shape says the same on a print without colours.
func toneOfMark(m Mark) rgb {
	switch m {
	case Circle:
		return azure
	case Square:
		return verdant
	}
	return alarm
}

// chart draws a chart, whole on one page.
func (s *sheet) chart(c *Chart) {
	s.subhead(c.Title, chartHeight+chartBelow+2)
	x0, y0 := marginSide+chartLeft, s.y+1.5
	for _, t := range c.YTicks[:min(len(c.YTicks), maxTicks)] {
		if _, y, ok := place(c, Point{c.XMin, t.At}); ok {
			s.gridLine(x0, y0+y, x0+chartWidth, y0+y)
			s.printRight(tickStyle, x0-1.5, y0+y+0.9, s.clip(tickStyle, s.body.printable(t.Label, maxTitle), chartLeft-2))
		}
	}
	for _, t := range c.XTicks[:min(len(c.XTicks), maxTicks)] {
		if x, _, ok := place(c, Point{t.At, c.YMin}); ok {
			s.gridLine(x0+x, y0, x0+x, y0+chartHeight)
			s.printMiddle(tickStyle, x0+x, y0+chartHeight+3.4, s.clip(tickStyle, s.body.printable(t.Label, maxTitle), chartWidth/4))
		}
	}
	s.pen(grey, 0.2)
	s.pdf.Rect(x0, y0, chartWidth, chartHeight, "D")
	for _, series := range c.Series {
		s.points(c, series, x0, y0)
	}
	y := y0 + chartHeight + 8
	label := s.clip(tickStyle, s.body.printable(c.XLabel, maxTitle), chartWidth/2)
	s.printRight(tickStyle, x0+chartWidth, y, label)
	s.legend(c, x0, y, chartWidth-s.width(tickStyle, label)-6)
	s.y, s.fresh = y0+chartHeight+chartBelow-2, false
}

func (s *sheet) gridLine(x1, y1, x2, y2 float64) {
	s.pen(ruling, 0.12)
	s.pdf.SetDashPattern([]float64{0.6, 0.8}, 0)
	s.pdf.Line(x1, y1, x2, y2)
	s.pdf.SetDashPattern(nil, 0)
}

// place gives the place of a point in the box; not ok is one outside, or one that is no number.
func place(c *Chart, p Point) (x, y float64, ok bool) {
	x, y = c.At(p, chartWidth, chartHeight)
	const edge = 0.01
	ok = x >= -edge && x <= chartWidth+edge && y >= -edge && y <= chartHeight+edge // false for NaN
	return x, y, ok
}

// points draws the points of a series; those that would cover each other once.
func (s *sheet) points(c *Chart, series Series, x0, y0 float64) {
	drawn := make(map[[2]int]bool)
	s.dip(series.Mark)
	for _, p := range series.Points {
		x, y, ok := place(c, p)
		k := [2]int{int(math.Round(x / chartGrid)), int(math.Round(y / chartGrid))}
		if !ok || drawn[k] {
			continue
		}
		drawn[k] = true
		s.mark(series.Mark, x0+x, y0+y)
	}
	s.pdf.SetLineCapStyle("butt")
}

// dip makes the pen ready for marks of a kind.
func (s *sheet) dip(m Mark) {
	s.pdf.SetLineCapStyle("butt")
	switch m {
	case Circle:
		s.pdf.SetLineCapStyle("round")
		s.pen(toneOfMark(m), 1.6)
	case Square:
		s.pen(toneOfMark(m), 0.3)
	default:
		s.pen(toneOfMark(m), 0.45)
	}
}

// mark draws one mark: a dot, an empty square, a cross in a ring. A line without length and with round ends is a dot, in a tenth of the
// bytes of a circle.
func (s *sheet) mark(m Mark, x, y float64) {
	switch m {
	case Circle:
		s.pdf.Line(x, y, x, y)
	case Square:
		s.pdf.Rect(x-0.75, y-0.75, 1.5, 1.5, "D")
	default:
		s.pdf.Line(x-0.7, y-0.7, x+0.7, y+0.7)
		s.pdf.Line(x-0.7, y+0.7, x+0.7, y-0.7)
		s.pdf.Circle(x, y, 1.9, "D")
	}
}

// legend names the series.
func (s *sheet) legend(c *Chart, x, y, width float64) {
	end := x + width
	for _, series := range c.Series {
		name := s.clip(legendStyle, s.body.printable(series.Name, maxTitle), end-x-5)
		if x+5 >= end {
			return
		}
		s.dip(series.Mark)
		s.mark(series.Mark, x+1.9, y-0.95)
		s.pdf.SetLineCapStyle("butt")
		s.print(legendStyle, x+5, y, name)
		x += 5 + s.width(legendStyle, name) + 6
	}
}
