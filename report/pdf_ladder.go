package report

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer"
)

// Measures of a ladder, mm.
const (
	rungHeight   = 5.6
	ladderTop    = 6.0 // names of the ends
	ladderKeep   = ladderTop + 3*rungHeight
	timeRight    = marginSide + 18
	frameRight   = marginSide + 37
	ladderLeft   = marginSide + 41
	ladderRight  = pageWidth - marginSide - 24
	ladderMiddle = (ladderLeft + ladderRight) / 2
)

var (
	rungStyle = style{size: 7, tone: grey}
	endStyle  = style{size: 7.5, tone: black, bold: true}
)

// ladder draws the packets of a connection as arrows between its ends, over as many pages as it takes.
func (s *sheet) ladder(l *Ladder) {
	s.ladderHead(l)
	for _, r := range l.Rows {
		if s.y+rungHeight > textBottom {
			s.newPage()
			s.ladderHead(l)
		}
		s.rung(r)
	}
	s.y += 2
}

// ladderHead names the two ends, each in its half of the page, above its line if there is room.
func (s *sheet) ladderHead(l *Ladder) {
	name := func(text string, x, from, to float64) {
		text = s.clip(endStyle, s.body.printable(text, maxTitle), to-from)
		half := s.width(endStyle, text) / 2
		s.printMiddle(endStyle, min(max(x, from+half), to-half), s.y+endStyle.baseline(), text)
	}
	name(l.Left, ladderLeft, marginSide, ladderMiddle-2)
	name(l.Right, ladderRight, ladderMiddle+2, pageWidth-marginSide)
	s.y, s.fresh = s.y+ladderTop-1, false
	s.lifelines(1, false)
	s.y++
}

// lifelines draws the lines of the two ends from the current place down.
func (s *sheet) lifelines(height float64, elided bool) {
	s.pen(grey, 0.25)
	if elided {
		s.pdf.SetDashPattern([]float64{0.7, 0.7}, 0)
	}
	s.pdf.Line(ladderLeft, s.y, ladderLeft, s.y+height)
	s.pdf.Line(ladderRight, s.y, ladderRight, s.y+height)
	if elided {
		s.pdf.SetDashPattern(nil, 0)
	}
}

// rung draws one packet, or the gap where packets are left out.
func (s *sheet) rung(r Rung) {
	s.lifelines(rungHeight, r.Elided != "")
	y := s.y + rungHeight - 1.3 // of the arrow
	if r.Elided != "" {
		s.printMiddle(rungStyle, ladderMiddle, y-0.6, s.clip(rungStyle, s.body.printable(r.Elided, maxTitle), ladderRight-ladderLeft-4))
		s.y += rungHeight
		return
	}
	t, width := rungStyle, 0.25
	switch {
	case r.Role == analyzer.Forged || r.Role == analyzer.Modified:
		t.tone, t.bold, width = alarm, true, 0.7
	case r.Role != "":
		t.tone, width = black, 0.45
	}
	s.printRight(t, timeRight, y+0.9, s.clip(t, s.body.printable(r.Time, maxTitle), timeRight-marginSide))
	s.printRight(t, frameRight, y+0.9, s.clip(t, fmt.Sprintf("#%d", r.Frame), frameRight-timeRight-1))
	s.arrow(r.FromLeft, y, t.tone, width)
	label := s.body.printable(r.Label, maxTitle)
	room := ladderRight - ladderLeft - 6
	for t.size > 5.5 && s.width(t, label) > room { // rather small than cut
		t.size -= 0.25
	}
	s.printMiddle(t, ladderMiddle, y-1-width/2, s.clip(t, label, room)) // clear of the arrow
	t.size = rungStyle.size
	s.print(t, ladderRight+2.5, y+0.9, s.clip(t, s.body.printable(r.RoleName, maxTitle), pageWidth-marginSide-ladderRight-2.5))
	s.y += rungHeight
}

// arrow draws an arrow between the ends.
func (s *sheet) arrow(fromLeft bool, y float64, tone rgb, width float64) {
	from, to, back := ladderLeft, ladderRight, -2.2
	if !fromLeft {
		from, to, back = to, from, 2.2
	}
	s.pen(tone, width)
	s.pdf.Line(from, y, to+back, y)
	s.fill(tone)
	s.pdf.MoveTo(to, y)
	s.pdf.LineTo(to+back, y-0.8-width/2)
	s.pdf.LineTo(to+back, y+0.8+width/2)
	s.pdf.ClosePath()
	s.pdf.DrawPath("F")
}
