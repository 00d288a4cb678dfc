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
		w += letterWidth * float64(letters(r))
	}
	return w
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

// measures are those of a ladder in SVG units.
type measures struct {
	Width, First               float64 // of the page, and of the first row
	Time, Frame                float64 // where they end, left of the arrows
	From, To, Middle           float64 // the client's line, the server's, and where half an arrow ends
	FarFrame, FarTime, RoleX   float64 // where they begin, right of them
	rungStep, below, arrowHead float64
}

var (
	oneEnd  = measures{Width: 900, First: 52, Time: 86, Frame: 168, From: 180, To: 770, Middle: 475, RoleX: 782, rungStep: 22, below: 14, arrowHead: 9}
	twoEnds = measures{Width: 1060, First: 70, Time: 76, Frame: 142, From: 156, To: 750, Middle: 453, FarFrame: 764, FarTime: 836, RoleX: 916, rungStep: 22, below: 14, arrowHead: 9}
)

// placedLadder is a ladder with its rows placed.
type placedLadder struct {
	*Ladder
	measures
	Height float64
	Rungs  []placedRung
}

type placedRung struct {
	Rung
	Y           float64
	Start, Stop float64
	Head        string // path of the arrow's head
	Cross, Dot  string // path of the mark in the middle: where a packet was lost, or where a forged one came from
	LabelX      float64
	Small       bool // the label
	Anchor      string
	MarkX       float64
	Near, Far   string // the frames
}

func rungs(l *Ladder) placedLadder {
	p := placedLadder{Ladder: l, measures: oneEnd}
	if l.Two() {
		p.measures = twoEnds
	}
	y := p.First
	for _, r := range l.Rows {
		q := placedRung{Rung: r, Y: y, Start: p.From, Stop: p.To, LabelX: p.Middle, Anchor: "middle", Near: frameOf(r.Frame, r.Recut), Far: frameOf(r.FarFrame, r.Recut)}
		switch r.Reach {
		case LeftHalf:
			q.Stop, q.LabelX, q.Anchor, q.MarkX = p.Middle, p.From+6, "start", (p.Middle+p.To)/2
		case RightHalf:
			q.Start, q.LabelX, q.Anchor, q.MarkX = p.Middle, p.To-6, "end", (p.From+p.Middle)/2
		}
		back := -p.arrowHead
		if !r.FromLeft {
			q.Start, q.Stop, back = q.Stop, q.Start, -back
		}
		switch {
		case r.Cut && q.Stop == p.Middle:
			q.Cross = fmt.Sprintf("M%g %gl10 10m0-10l-10 10", p.Middle-5, y-5)
		case r.Cut && q.Start == p.Middle:
			q.Dot = fmt.Sprintf("M%g %gh0", p.Middle, y)
		}
		if q.Cross == "" {
			q.Head = fmt.Sprintf("M%g %gl%g -4v8z", q.Stop, y, back)
		}
		if room := p.Middle - p.From - 6; r.Reach != Whole && width(r.Label) > room {
			const smaller = 10.0 / 12 // rather small than cut
			q.Small, q.Label = true, fit(r.Label, room/smaller)
		}
		p.Rungs = append(p.Rungs, q)
		if y += p.rungStep; r.Below != "" {
			y += p.below
		}
	}
	p.Height = y
	return p
}

// frameOf writes a frame's number; nothing where there is none.
func frameOf(n uint32, recut bool) string {
	switch {
	case n == 0:
		return ""
	case recut:
		return fmt.Sprintf("≈#%d", n)
	}
	return fmt.Sprintf("#%d", n)
}

// fit shortens a text to about a width.
func fit(s string, room float64) string {
	for i, r := range s {
		if room -= width(string(r)); room < 0 {
			return s[:i] + "…"
		}
	}
	return s
}
