package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/capforensics/capforensics/analyzer"
)

//go:embed html/page.html html/style.css
var pageFiles embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"style": func() template.CSS { b, _ := pageFiles.ReadFile("html/style.css"); return template.CSS(b) }, // ours, embedded
	"mono":  func(t *Table, col int) bool { return t.mono(col) },
	"plot":  plot,
	"rungs": rungs,
	"bad":   func(r analyzer.Role) bool { return r == analyzer.Forged || r == analyzer.Modified },
}).ParseFS(pageFiles, "html/page.html"))

// HTML writes one self-contained page: no script, no network.
func HTML(w io.Writer, v *View) error {
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}

func (t *Table) mono(col int) bool {
	for _, m := range t.Mono {
		if m == col {
			return true
		}
	}
	return false
}

// Size of a chart's plotting box, in SVG units.
const (
	plotWidth  = 640.0
	plotHeight = 160.0
)

// dot is a point of a chart, placed.
type dot struct {
	X, Y float64
	Mark Mark
}

// axisTick is a tick of a chart, placed.
type axisTick struct {
	At    float64
	Label string
}

// plotted is a chart with everything placed in its box.
type plotted struct {
	*Chart
	Width, Height  float64
	Dots           []dot
	XTicks, YTicks []axisTick
}

func plot(c *Chart) plotted {
	p := plotted{Chart: c, Width: plotWidth, Height: plotHeight}
	for _, s := range c.Series {
		for _, q := range s.Points {
			x, y := c.At(q, plotWidth, plotHeight)
			p.Dots = append(p.Dots, dot{round(x), round(y), s.Mark})
		}
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

func round(v float64) float64 { return float64(int64(v*10)) / 10 }

// placedRung is a row of a ladder, placed.
type placedRung struct {
	Rung
	Y, X1, X2, Head1, Head2 float64
}

type placedLadder struct {
	*Ladder
	Height float64
	Rungs  []placedRung
}

// rungs places the rows of a ladder: lifelines at 190 and 700, a row every 20 units.
func rungs(l *Ladder) placedLadder {
	p := placedLadder{Ladder: l, Height: float64(len(l.Rows))*22 + 40}
	for i, r := range l.Rows {
		q := placedRung{Rung: r, Y: float64(i)*22 + 50, X1: 190, X2: 700, Head1: 692, Head2: 692}
		if !r.FromLeft {
			q.X1, q.X2, q.Head1, q.Head2 = 700, 190, 198, 198
		}
		p.Rungs = append(p.Rungs, q)
	}
	return p
}
