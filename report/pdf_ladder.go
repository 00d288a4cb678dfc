package report

// Measures of a ladder, mm.
const (
	rungHeight  = 5.6
	belowHeight = 3.2 // of what was changed on the way
	ladderTop   = 6.0 // names of the ends
	captureLine = 3.6 // names of the captures beneath them
	ladderKeep  = ladderTop + captureLine + 3*rungHeight
)

// lanes are the places of a ladder's columns from the left, mm.
type lanes struct {
	time, frame       float64 // where they end
	left, right       float64 // the lines of the two ends
	farFrame, farTime float64 // where they begin; 0 if there is no second capture
	role              float64
}

func (c *lanes) middle() float64 { return (c.left + c.right) / 2 }

var (
	oneEndLanes  = lanes{time: marginSide + 18, frame: marginSide + 37, left: marginSide + 41, right: pageWidth - marginSide - 24, role: pageWidth - marginSide - 21.5}
	twoEndsLanes = lanes{time: marginSide + 15, frame: marginSide + 27, left: marginSide + 29, right: pageWidth - marginSide - 43,
		farFrame: pageWidth - marginSide - 41, farTime: pageWidth - marginSide - 29, role: pageWidth - marginSide - 14}
)

var (
	rungStyle = style{size: 7, tone: grey}
	endStyle  = style{size: 7.5, tone: black, bold: true}
)

// ladder draws the packets of a connection as arrows between its ends, over as many pages as it takes.
func (s *sheet) ladder(l *Ladder) {
	for _, note := range l.Notes {
		s.para(smallStyle, marginSide, textWidth, note)
	}
	s.down(0.8)
	c := &oneEndLanes
	if l.Two() {
		c = &twoEndsLanes
	}
	s.need(ladderKeep)
	s.ladderHead(l, c)
	for _, r := range l.Rows {
		height := rungHeight
		if r.Below != "" {
			height += belowHeight
		}
		if s.y+height > textBottom {
			s.newPage()
			s.ladderHead(l, c)
		}
		s.rung(c, r, height)
	}
	s.y += 2
}

// ladderHead names the two ends, each in its half of the page, above its line if there is room.
func (s *sheet) ladderHead(l *Ladder, c *lanes) {
	name := func(t style, text string, x, from, to float64) {
		text = s.clip(t, s.body.printable(text, maxTitle), to-from)
		half := s.width(t, text) / 2
		s.printMiddle(t, min(max(x, from+half), to-half), s.y+t.baseline(), text)
	}
	both := func(t style, left, right string) {
		name(t, left, c.left, marginSide, c.middle()-2)
		name(t, right, c.right, c.middle()+2, pageWidth-marginSide)
	}
	both(endStyle, l.Left, l.Right)
	if l.Two() {
		s.y += captureLine
		both(rungStyle, l.Captures[0], l.Captures[1])
	}
	s.y, s.fresh = s.y+ladderTop-1, false
	s.lifelines(c, 1, false)
	s.y++
}

// lifelines draws the lines of the two ends from the current place down.
func (s *sheet) lifelines(c *lanes, height float64, elided bool) {
	s.pen(grey, 0.25)
	if elided {
		s.pdf.SetDashPattern([]float64{0.7, 0.7}, 0)
	}
	s.pdf.Line(c.left, s.y, c.left, s.y+height)
	s.pdf.Line(c.right, s.y, c.right, s.y+height)
	if elided {
		s.pdf.SetDashPattern(nil, 0)
	}
}

// rung draws one packet, or the gap where packets are left out.
func (s *sheet) rung(c *lanes, r Rung, height float64) {
	s.lifelines(c, height, r.Elided != "")
	y := s.y + rungHeight - 1.3 // of the arrow
	s.y += height
	words := func(text string) string { return s.body.printable(text, maxTitle) }
	if r.Elided != "" {
		s.printMiddle(rungStyle, c.middle(), y-0.6, s.clip(rungStyle, words(r.Elided), c.right-c.left-4))
		return
	}
	t, width := rungStyle, 0.25
	switch {
	case suspect(r.Role):
		t.tone, t.bold, width = alarm, true, 0.7
	case r.Role != "" || r.Cut:
		t.tone, width = black, 0.45
	}
	base := y + 0.9 // of what stands beside the arrow
	if r.Frame > 0 {
		s.printRight(t, c.time, base, s.clip(t, words(r.Time), c.time-marginSide))
		s.printRight(t, c.frame, base, s.clip(t, words(frameOf(r.Frame, r.Recut)), c.frame-c.time-0.5))
	}
	if c.farFrame > 0 && r.FarFrame > 0 {
		s.print(t, c.farFrame, base, s.clip(t, words(frameOf(r.FarFrame, r.Recut)), c.farTime-c.farFrame-0.5))
		s.print(t, c.farTime, base, s.clip(t, words(r.FarTime), c.role-c.farTime-0.5))
	}
	s.print(t, c.role, base, s.clip(t, words(r.RoleName), pageWidth-marginSide-c.role))
	from, to := c.left, c.right
	switch r.Reach {
	case LeftHalf:
		to = c.middle()
		s.printMiddle(t, (to+c.right)/2, base, s.clip(t, words(r.Mark), c.right-to-5))
	case RightHalf:
		from = c.middle()
		s.printMiddle(t, (from+c.left)/2, base, s.clip(t, words(r.Mark), from-c.left-5))
	}
	if r.Below != "" {
		s.printMiddle(t, c.middle(), y+3.3, s.clip(t, words(r.Below), c.right-c.left-4))
	}
	label, room, small := words(r.Label), to-from-6, t
	if r.Reach != Whole {
		room += 4
	}
	for small.size > 5.5 && s.width(small, label) > room { // rather small than cut
		small.size -= 0.25
	}
	s.printMiddle(small, (from+to)/2, y-1-width/2, s.clip(small, label, room)) // clear of the arrow
	if !r.FromLeft {
		from, to = to, from
	}
	s.arrow(from, to, y, t.tone, width, r.Cut && to == c.middle())
	if r.Cut && from == c.middle() {
		s.fill(alarm)
		s.pdf.Circle(from, y, 0.9, "F")
	}
}

// arrow draws an arrow. One that is lost ends in a cross.
func (s *sheet) arrow(from, to, y float64, tone rgb, width float64, lost bool) {
	back := -2.2
	if to < from {
		back = 2.2
	}
	s.pen(tone, width)
	if lost {
		s.pdf.Line(from, y, to, y)
		s.pen(alarm, 0.6)
		s.pdf.Line(to-1.1, y-1.1, to+1.1, y+1.1)
		s.pdf.Line(to-1.1, y+1.1, to+1.1, y-1.1)
		return
	}
	s.pdf.Line(from, y, to+back, y)
	s.fill(tone)
	s.pdf.MoveTo(to, y)
	s.pdf.LineTo(to+back, y-0.8-width/2)
	s.pdf.LineTo(to+back, y+0.8+width/2)
	s.pdf.ClosePath()
	s.pdf.DrawPath("F")
}
