package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Measures of a chart in SVG units: its plotting box, and beneath it the rows of labels.
const (
	plotWidth   = 780.0
	plotHeight  = 170.0
	plotLegend  = 204.0 // baseline of the legend
	legendStep  = 24.0  // what a mark and the gaps around it take
	letterWidth = 6.5   // of a latin letter in the legend; a Chinese one takes two
)

// plotted is a chart with everything placed in its box.
type plotted struct {
	*Chart
	Width, Height, Below float64
	XTicks, YTicks       []axisTick
	Series               []plottedSeries
}

// axisTick is a tick of a chart, placed.
type axisTick struct {
	At    float64
	Label string
}

// plottedSeries is a series as one path, so that thousands of points stay a small page.
type plottedSeries struct {
	Class  string // of the style sheet
	Name   string
	Path   string
	Key    string // the mark of the legend
	LabelX float64
}

func plot(c *Chart) plotted {
	p := plotted{Chart: c, Width: plotWidth, Height: plotHeight, Below: plotLegend}
	x := 8.0
	for _, s := range c.Series {
		q := plottedSeries{Class: [...]string{Circle: "client", Square: "server", Ringed: "suspect"}[s.Mark], Name: s.Name, LabelX: x + 10}
		var path strings.Builder
		for _, point := range s.Points {
			mark(&path, s.Mark, point, c)
		}
		q.Path = path.String()
		q.Key = shape(s.Mark, x, plotLegend-4)
		p.Series = append(p.Series, q)
		x += legendStep + width(s.Name)
	}
	for _, t := range c.XTicks {
		x, _ := c.At(Point{t.At, c.YMin}, plotWidth, plotHeight)
		p.XTicks = append(p.XTicks, axisTick{round(x), t.Label})
	}
	for _, t := range c.YTicks {
		_, y := c.At(Point{c.XMin, t.At}, plotWidth, plotHeight)
		p.YTicks = append(p.YTicks, axisTick{round(y), t.Label})
	}
	return p
}

func mark(b *strings.Builder, m Mark, p Point, c *Chart) {
	x, y := c.At(p, plotWidth, plotHeight)
	if math.IsNaN(x) || math.IsNaN(y) || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return
	}
	b.WriteString(shape(m, x, y))
}

// shape draws one mark: a dot is a line without length and with round ends; squares and rings are drawn from their left.
func shape(m Mark, x, y float64) string {
	n := func(v float64) string { return strconv.FormatFloat(round(v), 'f', -1, 64) }
	switch m {
	case Circle:
		return "M" + n(x) + " " + n(y) + "h0"
	case Square:
		return "M" + n(x-2.5) + " " + n(y-2.5) + "h5v5h-5z"
	}
	return "M" + n(x-6) + " " + n(y) + "a6 6 0 1 0 12 0a6 6 0 1 0-12 0"
}

// width guesses the width of a text in the legend.
func width(s string) float64 {
	w := 0.0
	for _, r := range s {
		w += letterWidth
		if r >= 0x1100 {
			w += letterWidth
		}
	}
	return w
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

// Measures of a ladder in SVG units.
const (
	rungStep    = 22.0
	ladderFrom  = 180.0 // the client's line
	ladderTo    = 770.0 // the server's
	ladderFirst = 52.0
	arrowHead   = 9.0
)

// placedLadder is a ladder with its rows placed.
type placedLadder struct {
	*Ladder
	From, To, Middle, RoleX float64
	Height                  float64
	Rungs                   []placedRung
}

type placedRung struct {
	Rung
	Y           float64
	Start, Stop float64
	Head        string // path of the arrow's head
}

func rungs(l *Ladder) placedLadder {
	p := placedLadder{Ladder: l, From: ladderFrom, To: ladderTo, Middle: (ladderFrom + ladderTo) / 2, RoleX: ladderTo + 12, Height: ladderFirst + rungStep*float64(len(l.Rows))}
	for i, r := range l.Rows {
		q := placedRung{Rung: r, Y: ladderFirst + rungStep*float64(i), Start: ladderFrom, Stop: ladderTo}
		back := -arrowHead
		if !r.FromLeft {
			q.Start, q.Stop, back = q.Stop, q.Start, -back
		}
		q.Head = fmt.Sprintf("M%g %gl%g -4v8z", q.Stop, q.Y, back)
		p.Rungs = append(p.Rungs, q)
	}
	return p
}
