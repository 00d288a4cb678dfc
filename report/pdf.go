package report

import (
	"errors"
	"fmt"
	"io"

	"github.com/capforensics/capforensics/analyzer"
)

// PDF writes the report as a document to attach to a ticket: A4, fonts embedded, its text can be selected and searched. Nothing is
// written if the document cannot be made.
func PDF(w io.Writer, v *View) (err error) {
	defer func() {
		if r := recover(); r != nil { // gofpdf panics on some of its errors
			err = fmt.Errorf("write PDF report: %v", r)
		}
	}()
	if v == nil {
		return errors.New("write PDF report: no view")
	}
	s, err := newSheet()
	if err != nil {
		return fmt.Errorf("write PDF report: %w", err)
	}
	title := s.body.printable(v.Title+": "+v.Ticket, maxTitle)
	s.pdf.SetTitle(title, true)
	s.pdf.SetCreator(Generator, true)
	s.pdf.SetProducer(Generator, true)
	s.front(v)
	for _, e := range v.Exhibits {
		if e != nil {
			s.exhibit(e, &v.Labels)
		}
	}
	for i := range v.Sections {
		s.section(&v.Sections[i])
	}
	s.finish(v.Ticket)
	if err := s.pdf.Error(); err != nil {
		return fmt.Errorf("write PDF report: %w", err)
	}
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("write PDF report: %w", err)
	}
	return nil
}

// toneOf gives the colour of a class, as in the style sheet of the page.
func toneOf(c analyzer.Class) rgb {
	switch c {
	case analyzer.Middlebox:
		return alarm
	case analyzer.Endpoint:
		return azure
	case analyzer.Inconclusive:
		return rgb{0x8a, 0x61, 0x00}
	case analyzer.Path:
		return rgb{0x5b, 0x4b, 0x8a}
	case analyzer.Clean:
		return verdant
	}
	return grey
}

// front sets what a reader in a hurry needs: facts, verdict, reasons, what to do.
func (s *sheet) front(v *View) {
	s.para(titleStyle, marginSide, textWidth, s.body.printable(v.Title, maxTitle))
	s.y += 1
	s.facts(v.Facts)
	s.y += 2
	s.verdict(v)
	s.titled(v.Labels.Because, v.Because)
	s.titled(v.Labels.Next, v.Next)
	s.titled(v.Labels.Also, v.Also)
}

// facts sets names and values in two columns.
func (s *sheet) facts(facts []Fact) {
	names := 0.0
	for _, f := range facts {
		names = max(names, s.width(smallStyle, s.body.printable(f.Name, maxTitle)))
	}
	names = min(names+4, textWidth/3)
	value := smallStyle
	value.tone = black
	for _, f := range facts {
		s.need(value.lineHeight())
		s.print(smallStyle, marginSide, s.y+smallStyle.baseline(), s.clip(smallStyle, s.body.printable(f.Name, maxTitle), names-2))
		s.para(value, marginSide+names, textWidth-names, s.body.printable(f.Value, maxCell))
	}
}

// verdict sets the verdict on a ground marked with the colour of its class.
func (s *sheet) verdict(v *View) {
	const bar, pad = 2.4, 4.0
	tone := toneOf(v.Class)
	label := style{size: 9, tone: tone, bold: true}
	headline := style{size: 13, tone: black, bold: true}
	width := textWidth - bar - 2*pad
	lines := s.lines(headline, s.body.printable(v.Headline, maxCell), width)
	foot := []string{v.Sure}
	if v.Where != "" {
		foot = append(foot, v.Labels.Where+": "+v.Where)
	}
	around := 2*pad + label.lineHeight() + float64(len(foot))*smallStyle.lineHeight() + 2
	s.need(around + float64(len(lines))*headline.lineHeight())
	lines = lines[:min(len(lines), int((textBottom-s.y-40)/headline.lineHeight()))]
	height := around + float64(len(lines))*headline.lineHeight()
	s.bookmark(v.Labels.Verdict, 0)
	s.fill(paper)
	s.pdf.Rect(marginSide, s.y, textWidth, height, "F")
	s.fill(tone)
	s.pdf.Rect(marginSide, s.y, bar, height, "F")
	x := marginSide + bar + pad
	s.y, s.fresh = s.y+pad, false
	what := s.body.printable(v.Labels.Verdict, maxTitle)
	s.print(smallStyle, x, s.y+label.baseline(), what)
	s.print(label, x+s.width(smallStyle, what)+3, s.y+label.baseline(), s.clip(label, s.body.printable(v.ClassName, maxTitle), width/2))
	s.y += label.lineHeight() + 1
	for _, line := range lines {
		s.print(headline, x, s.y+headline.baseline(), line)
		s.y += headline.lineHeight()
	}
	s.y += 1
	for _, text := range foot {
		s.print(smallStyle, x, s.y+smallStyle.baseline(), s.clip(smallStyle, s.body.printable(text, maxTitle), width))
		s.y += smallStyle.lineHeight()
	}
	s.y += pad
}

// titled sets a list with its title, if there is any.
func (s *sheet) titled(title string, texts []string) {
	if len(texts) > 0 {
		s.subhead(title, 2*textStyle.lineHeight())
		s.list(texts)
	}
}

func (s *sheet) subhead(title string, keep float64) { s.heading(subheadStyle, 1, title, keep) }

// exhibit sets one judged connection with its evidence.
func (s *sheet) exhibit(e *ExhibitView, l *Labels) {
	s.ruled(e.Title, toneOf(e.Class), 3*textStyle.lineHeight())
	s.para(textStyle, marginSide, textWidth, e.Summary)
	s.y += 1
	s.list(e.Reasons)
	if e.Evidence != nil {
		s.subhead(l.Evidence, tableKeep)
		s.table(e.Evidence)
	}
	if e.Place != nil {
		s.place(e.Place)
	}
	s.copied(l.Filter, e.Filter, e.Frames)
	s.copied(l.Verify, e.Verify)
	if e.Wireshark != "" {
		s.subhead(l.Wireshark, 2*textStyle.lineHeight())
		s.para(textStyle, marginSide, textWidth, e.Wireshark)
	}
	s.titled(l.Innocent, e.Innocent)
	s.titled(l.Against, e.Against)
	s.titled(l.Open, e.Open)
	for _, c := range e.Charts {
		if c != nil {
			s.chart(c)
		}
	}
	if e.Ladder != nil && len(e.Ladder.Rows) > 0 {
		s.subhead(l.Ladder, ladderKeep)
		s.ladder(e.Ladder)
	}
}

// copied sets lines that a reader copies, with their title.
func (s *sheet) copied(title string, lines ...string) {
	for i, line := range lines {
		if line == "" {
			continue
		}
		if i == 0 {
			s.subhead(title, 2*codeStyle.lineHeight()+3)
		}
		s.code(line)
	}
}

// section sets a section of the view.
func (s *sheet) section(c *Section) {
	keep := 2 * textStyle.lineHeight()
	if len(c.Text) == 0 {
		keep = tableKeep
	}
	s.ruled(c.Title, grey, keep)
	for _, text := range c.Text {
		s.para(textStyle, marginSide, textWidth, text)
		s.y += 1.2
	}
	if c.Table != nil {
		s.table(c.Table)
	}
}

// ruled sets a heading of the first level under a line.
func (s *sheet) ruled(title string, tone rgb, keep float64) {
	s.need(9 + headStyle.lineHeight() + keep)
	if !s.fresh {
		s.y += 4
		s.pen(tone, 0.5)
		s.pdf.Line(marginSide, s.y, pageWidth-marginSide, s.y)
		s.y -= 2
	}
	s.heading(headStyle, 0, title, keep)
}
