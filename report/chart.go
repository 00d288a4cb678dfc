package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// Chart is a scatter of values over time, drawn alike by every format.
type Chart struct {
	Title          string
	XLabel         string
	XMin, XMax     float64
	YMin, YMax     float64
	XTicks, YTicks []Tick
	Series         []Series
}

// Tick is a mark on an axis.
type Tick struct {
	At    float64
	Label string
}

// Series is one kind of points.
type Series struct {
	Name   string
	Mark   Mark
	Points []Point
}

// Mark is the shape of a series' points; shapes differ so that print in black and white tells them apart.
type Mark uint8

// The marks.
const (
	Circle Mark = iota // client
	Square             // server
	Ringed             // under suspicion
)

// Point is one packet.
type Point struct{ X, Y float64 }

const (
	// gridSize is how finely points are told apart on each axis: finer is not seen on a page.
	gridSize = 400
	// maxPoints bounds the points of a series. Where more fall on different places, places are told apart less finely.
	maxPoints = 2000
	// minPoints is how many packets a chart needs to show more than the ladder does.
	minPoints = 3
)

// charts shows TTL and IP identification over time.
func (b *builder) charts(e *analyzer.Exhibit, cited map[uint32]analyzer.Role) []*Chart {
	t := b.lang
	ttl := b.chart(e, cited, t.T("TTL over time"), func(p *flow.Packet) (float64, bool) { return float64(p.TTL), true })
	if ttl == nil {
		return nil
	}
	ttl.YMin, ttl.YMax = max(0, ttl.YMin-4), min(256, ttl.YMax+4)
	ttl.YTicks = ticks(ttl.YMin, ttl.YMax)
	out := []*Chart{ttl}
	if e.Half[flow.Client].V4 {
		if id := b.chart(e, cited, t.T("IP identification over time"), func(p *flow.Packet) (float64, bool) { return float64(p.IPID), true }); id != nil {
			id.YMin, id.YMax = 0, 65536
			id.YTicks = []Tick{{0, "0"}, {16384, "0x4000"}, {32768, "0x8000"}, {49152, "0xc000"}, {65536, "0xffff"}}
			out = append(out, id)
		}
	}
	return out
}

func (b *builder) chart(e *analyzer.Exhibit, cited map[uint32]analyzer.Role, title string, value func(*flow.Packet) (float64, bool)) *Chart {
	t := b.lang
	ringed, marked := t.T("under suspicion"), func(p *flow.Packet) bool { return suspect(cited[p.Frame]) }
	if !slices.ContainsFunc(e.Packets, func(p flow.Packet) bool { return marked(&p) }) {
		ringed, marked = t.T("reset"), func(p *flow.Packet) bool { return p.Flags.Any(flow.RST) }
	}
	c := &Chart{Title: title, XLabel: t.T("seconds since the connection began"), YMin: math.Inf(1), YMax: math.Inf(-1),
		Series: []Series{{Name: t.T("client"), Mark: Circle}, {Name: t.T("server"), Mark: Square}, {Name: ringed, Mark: Ringed}}}
	for i := range e.Packets {
		p := &e.Packets[i]
		y, ok := value(p)
		if !p.IsTCP() || !ok {
			continue
		}
		k := int(p.Side)
		if marked(p) {
			k = 2
		}
		x := float64(p.Time-e.First) / 1e9
		c.Series[k].Points = append(c.Series[k].Points, Point{x, y})
		c.XMin, c.XMax, c.YMin, c.YMax = min(c.XMin, x), max(c.XMax, x), min(c.YMin, y), max(c.YMax, y)
	}
	if n := len(c.Series[0].Points) + len(c.Series[1].Points) + len(c.Series[2].Points); n < minPoints || c.XMax <= c.XMin {
		return nil
	}
	if len(c.Series[2].Points) == 0 {
		c.Series = c.Series[:2]
	}
	for i := range c.Series {
		c.Series[i].Points = c.thin(c.Series[i].Points)
	}
	c.XTicks = ticks(c.XMin, c.XMax)
	return c
}

// thin drops points that would be drawn over another.
func (c *Chart) thin(points []Point) []Point {
	for grid := float64(gridSize); ; grid /= 2 {
		seen := make(map[[2]int]bool)
		var out []Point
		for _, p := range points {
			k := [2]int{int((p.X - c.XMin) / (c.XMax - c.XMin) * grid), int((p.Y - c.YMin) / max(c.YMax-c.YMin, 1) * grid)}
			if seen[k] {
				continue
			}
			if seen[k] = true; len(out) > maxPoints {
				break
			}
			out = append(out, p)
		}
		if len(out) <= maxPoints {
			return out
		}
	}
}

// ticks gives about five round values between two.
func ticks(lo, hi float64) []Tick {
	span := hi - lo
	if span <= 0 {
		return []Tick{{lo, fmt.Sprintf("%g", lo)}}
	}
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, m := range []float64{1, 2, 5, 10} {
		if span/(step*m) <= 5 {
			step *= m
			break
		}
	}
	places := int(max(0, -math.Floor(math.Log10(step)+1e-9)))
	var out []Tick
	for v := math.Ceil(lo/step) * step; v <= hi+step/1e6 && len(out) < 12; v += step {
		out = append(out, Tick{v, tickLabel(v, places)})
	}
	return out
}

// tickLabel writes a value with up to so many places and no exponent.
func tickLabel(v float64, places int) string {
	s := strconv.FormatFloat(v, 'f', places, 64)
	if places > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// At gives the place of a point in a box of the given size, from its upper left corner.
func (c *Chart) At(p Point, width, height float64) (x, y float64) {
	return (p.X - c.XMin) / (c.XMax - c.XMin) * width, height - (p.Y-c.YMin)/(c.YMax-c.YMin)*height
}
