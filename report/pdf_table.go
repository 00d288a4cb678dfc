package report

import (
	"fmt"
	"slices"
)

// Measures of tables, mm.
const (
	cellPad   = 1.1 // left and right of a text
	rowPad    = 0.8 // above and below
	tableKeep = 20  // what must fit beneath a heading: the head and a row
	wholeRow  = 70  // a row up to this height is not broken over two pages
	longWord  = 36  // a word longer than this is broken, whatever the column
)

// Bounds of a table. The view bounds its rows; this is for views made otherwise.
const (
	maxTableRows = 2_000
	maxColumns   = 24
	maxHeadLines = 8   // of a table's head, so that rows find room beneath it on each page
	sampleRows   = 300 // rows looked at to find the widths of columns
)

var (
	cellStyle = style{size: 7.5, tone: black}
	monoStyle = style{size: 7, tone: black, mono: true}
	headCell  = style{size: 7.5, tone: grey, bold: true}
)

// grid is a table with the places of its columns.
type grid struct {
	*Table
	widths []float64
	heads  [][]string
}

// table sets a table over as many pages as it takes, with its head on each.
func (s *sheet) table(t *Table) {
	g := s.grid(t)
	if len(g.widths) == 0 {
		return
	}
	s.down(0.5)
	s.tableHead(g)
	for i, row := range t.Rows {
		if i == maxTableRows {
			break
		}
		s.row(g, row)
	}
	s.y += 1
	if n := len(t.Rows) - maxTableRows; n > 0 {
		s.para(smallStyle, marginSide, textWidth, fmt.Sprintf("… +%d", n))
	}
	if t.More != "" {
		s.para(smallStyle, marginSide, textWidth, t.More)
	}
}

func (g *grid) cellStyle(col int) style {
	if slices.Contains(g.Mono, col) {
		return monoStyle
	}
	return cellStyle
}

// grid finds the widths of the columns: those that the view asks for, but no narrower than their longest word and no wider than
// their longest text where another column can use the room.
func (s *sheet) grid(t *Table) *grid {
	n := len(t.Head)
	for _, row := range t.Rows[:min(len(t.Rows), maxTableRows)] {
		n = max(n, len(row))
	}
	n = min(n, maxColumns)
	g := &grid{Table: t, widths: make([]float64, n), heads: make([][]string, n)}
	least, most, share := make([]float64, n), make([]float64, n), make([]float64, n)
	sum := 0.0
	for i := range n {
		measure := func(t style, text string) {
			text = s.body.printable(text, maxCell)
			em := t.size * pt
			least[i] = max(least[i], s.face(t).longestWord(text, longWord/em)*em+2*cellPad)
			most[i] = max(most[i], s.width(t, text)+2*cellPad)
		}
		if i < len(t.Head) {
			measure(headCell, t.Head[i])
		}
		for _, row := range t.Rows[:min(len(t.Rows), sampleRows)] {
			if i < len(row) {
				measure(g.cellStyle(i), row[i])
			}
		}
		share[i] = min(most[i], textWidth/2) + 1
		if len(t.Wide) == n && t.Wide[i] > 0 {
			share[i] = float64(t.Wide[i])
		}
		sum += share[i]
	}
	for i := range g.widths {
		g.widths[i] = share[i] / sum * textWidth
		least[i] += 0.01 // rounding must not break a word
		most[i] = max(most[i], least[i]) + 0.01
	}
	spread(g.widths, least, most)
	for i := range min(n, len(t.Head)) {
		g.heads[i] = s.lines(headCell, s.body.printable(t.Head[i], maxCell), g.widths[i]-2*cellPad)
		if len(g.heads[i]) > maxHeadLines {
			g.heads[i] = append(g.heads[i][:maxHeadLines-1], "…")
		}
	}
	return g
}

// spread moves width between columns, keeping the sum: first from columns wider than their most to those that want more, then from
// columns above their least to those below it.
func spread(widths, least, most []float64) {
	spare, wanted := 0.0, 0.0
	for i, w := range widths {
		spare += max(w-most[i], 0)
		wanted += max(most[i]-w, 0)
	}
	if spare > 0 && wanted > 0 {
		moved := min(spare, wanted)
		for i, w := range widths {
			widths[i] += moved*max(most[i]-w, 0)/wanted - moved*max(w-most[i], 0)/spare
		}
	}
	slack, short := 0.0, 0.0
	for i, w := range widths {
		slack += max(w-least[i], 0)
		short += max(least[i]-w, 0)
	}
	if slack > 0 && short > 0 {
		moved := min(slack, short)
		for i, w := range widths {
			widths[i] += moved*max(least[i]-w, 0)/short - moved*max(w-least[i], 0)/slack
		}
	}
}

// tableHead sets the head of a table, at the top of each of its pages.
func (s *sheet) tableHead(g *grid) {
	n := tallest(g.heads)
	if n == 0 {
		return
	}
	height := float64(n)*headCell.lineHeight() + 2*rowPad
	s.fill(paper)
	s.pdf.Rect(marginSide, s.y, textWidth, height, "F")
	s.cells(g, g.heads, func(int) style { return headCell })
	s.y, s.fresh = s.y+height, false
}

// row sets a row. A tall one goes on on the next page.
func (s *sheet) row(g *grid, row []string) {
	cells := make([][]string, len(g.widths))
	for i := range min(len(cells), len(row)) {
		cells[i] = s.lines(g.cellStyle(i), s.body.printable(row[i], maxCell), g.widths[i]-2*cellPad)
	}
	lh := cellStyle.lineHeight()
	for left := max(tallest(cells), 1); left > 0; {
		fit := int((textBottom-s.y-2*rowPad)/lh + 1e-9)
		if fit < left && (fit < 2 || float64(left)*lh < wholeRow) && !s.fresh {
			s.newPage()
			s.tableHead(g)
			fit = int((textBottom - s.y - 2*rowPad) / lh)
		}
		n := min(left, max(fit, 1))
		now := make([][]string, len(cells))
		for i, c := range cells {
			k := min(n, len(c))
			now[i], cells[i] = c[:k], c[k:]
		}
		s.cells(g, now, g.cellStyle)
		s.y, s.fresh = s.y+float64(n)*lh+2*rowPad, false
		s.pen(ruling, 0.15)
		s.pdf.Line(marginSide, s.y, pageWidth-marginSide, s.y)
		left -= n
	}
}

// cells sets the lines of each column from the current place on and does not move it.
func (s *sheet) cells(g *grid, cells [][]string, styleOf func(int) style) {
	x, lh := marginSide, cellStyle.lineHeight()
	for i, lines := range cells {
		t := styleOf(i)
		for k, line := range lines {
			s.print(t, x+cellPad, s.y+rowPad+float64(k)*lh+cellStyle.baseline(), line)
		}
		x += g.widths[i]
	}
}

func tallest(cells [][]string) int {
	n := 0
	for _, c := range cells {
		n = max(n, len(c))
	}
	return n
}
