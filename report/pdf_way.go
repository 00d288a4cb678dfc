package report

// Measures of the picture of a way, mm.
const (
	wayNodeWidth  = 30.0 // at most, of one node
	wayRadius     = 2.7
	wayNodeY      = 8.0 // of the circles below the top of a row
	wayTextBelow  = 6.2 // from there to the base line of the first text
	wayRowGap     = 2.5
	wayBandTop    = 4.0 // of the shade, below its label
	wayBandBottom = 1.3 // of the shade, below the last text
)

var (
	nodeStyle  = style{size: 6.8, tone: black}
	whiteStyle = style{size: 6.8, tone: rgb{0xff, 0xff, 0xff}, bold: true}
	bandStyle  = style{size: 7, tone: alarm, bold: true}
	shade      = rgb{0xfb, 0xe8, 0xe6} // of alarm
)

// place says where the device stands, and shows the way. What is said is not parted from the picture if both have room on a page.
func (s *sheet) place(v *PlaceView) {
	keep := float64(len(v.Text)+2*len(v.Basis)) * textStyle.lineHeight()
	if v.Line != nil {
		keep += wayHeight(v.Line)
	}
	if keep > textBottom-marginTop-20 {
		keep = 2 * textStyle.lineHeight()
	}
	s.subhead(v.Title, keep)
	for _, text := range v.Text {
		s.para(textStyle, marginSide, textWidth, text)
		s.y += 0.6
	}
	s.list(v.Basis)
	if v.Line != nil {
		s.way(v.Line)
	}
	for _, note := range v.Notes {
		s.para(smallStyle, marginSide, textWidth, note)
	}
}

// way draws a way; each of its rows is whole on a page, and all of them are if they have room.
func (s *sheet) way(l *WayLine) {
	rows, columns := l.Rows()
	s.down(1)
	if total := wayHeight(l); total < textBottom-marginTop {
		s.need(total)
	}
	for k, row := range rows {
		s.need(wayRowHeight(row))
		s.wayRow(l, rows, k, min(wayNodeWidth, textWidth/float64(columns)))
		s.y, s.fresh = s.y+wayRowHeight(row), false
	}
}

func wayHeight(l *WayLine) float64 {
	total := 0.0
	rows, _ := l.Rows()
	for _, row := range rows {
		total += wayRowHeight(row)
	}
	return total
}

func wayRowHeight(row []WayNode) float64 {
	return wayNodeY + wayTextBelow + float64(mostTexts(row)-1)*nodeStyle.lineHeight() + wayBandBottom + wayRowGap
}

// wayRow draws one row, whose line goes on in those around it.
func (s *sheet) wayRow(l *WayLine, rows [][]WayNode, k int, step float64) {
	row := rows[k]
	x := func(i int) float64 { return marginSide + (float64(i)+0.5)*step }
	y := s.y + wayNodeY
	for _, n := range bands(rows, k) {
		s.band(l.Label, n, step, wayRowHeight(row)-wayBandTop-wayRowGap)
	}
	link := func(from, to float64, broken bool) {
		s.pen(grey, 0.45)
		if broken {
			s.pdf.SetDashPattern([]float64{0.7, 1.1}, 0)
		}
		s.pdf.Line(from, y, to, y)
		s.pdf.SetDashPattern(nil, 0)
	}
	for i := 1; i < len(row); i++ {
		link(x(i-1), x(i), row[i].Gap || row[i-1].Gap)
	}
	if k > 0 {
		link(marginSide, x(0), false)
	}
	if k < len(rows)-1 {
		link(x(len(row)-1), x(len(row)-1)+step/2, false)
	}
	for i := range row {
		s.node(&row[i], x(i), y, step)
	}
}

// band shades a place of the device, with its label above.
func (s *sheet) band(label string, n band, step, height float64) {
	from, to, top := marginSide+float64(n.from)*step, marginSide+float64(n.to)*step, s.y+wayBandTop
	s.fill(shade)
	s.pdf.Rect(from, top, to-from, height, "F")
	s.pen(alarm, 0.3)
	s.pdf.SetDashPattern([]float64{1.2, 0.8}, 0)
	s.pdf.Line(from, top, to, top)
	s.pdf.Line(from, top+height, to, top+height)
	if !n.before {
		s.pdf.Line(from, top, from, top+height)
	}
	if !n.after {
		s.pdf.Line(to, top, to, top+height)
	}
	s.pdf.SetDashPattern(nil, 0)
	label = s.clip(bandStyle, s.body.printable(label, maxTitle), textWidth)
	half := s.width(bandStyle, label) / 2 // it may be wider than the shade, and stays on the page
	s.printMiddle(bandStyle, min(max((from+to)/2, marginSide+half), pageWidth-marginSide-half), top-1.1, label)
}

// node draws one hop with its texts: hosts as squares, routers as circles.
func (s *sheet) node(n *WayNode, x, y, step float64) {
	s.fill(grey)
	s.pen(grey, 0.4)
	mark := whiteStyle
	switch {
	case n.Gap:
		s.printMiddle(nodeStyle, x, y-1.2, "?")
		return
	case n.Name != "":
		s.pdf.Rect(x-wayRadius, y-wayRadius, 2*wayRadius, 2*wayRadius, "FD")
	case n.Hollow:
		mark = nodeStyle
		s.fill(whiteStyle.tone)
		s.pdf.Circle(x, y, wayRadius, "FD")
	default:
		s.pdf.Circle(x, y, wayRadius, "FD")
	}
	s.printMiddle(mark, x, y+0.85, s.clip(mark, s.body.printable(n.Mark, maxTitle), 2*wayRadius))
	for i, text := range n.texts() {
		t := nodeStyle
		t.bold = i == 0 && n.Name != ""
		text = s.body.printable(text, maxTitle)
		for t.size > 5 && s.width(t, text) > step-1 { // rather small than cut
			t.size -= 0.2
		}
		s.printMiddle(t, x, y+wayTextBelow+float64(i)*nodeStyle.lineHeight(), s.clip(t, text, step-1))
	}
}
