package report

import "fmt"

// Measures of the picture of a way in SVG units.
const (
	wayWidth   = 900.0
	nodeWidth  = 150.0 // at most, of one node
	nodeRadius = 13.0
	nodeY      = 38.0 // of the circles below the top of a row
	textBelow  = 32.0 // from there to the base line of the first text
	nodeLine   = 15.0 // of texts
	rowGap     = 14.0
	bandTop    = 18.0 // of the shade, below the label
	bandPad    = 4.0  // of the shade, below the last text
	boldWider  = 1.2  // than a text that is not bold, at most
)

// placedWay is a way with everything placed.
type placedWay struct {
	*WayLine
	Width, Height, Radius float64
	Rows                  []placedRow
}

type placedRow struct {
	Y     float64 // of the circles
	Nodes []placedNode
	Lines []placedSpan // between the circles
	Bands []placedBand
	Top   float64 // of the shade
	Tall  float64 // likewise
}

// placedSpan is a line between circles, broken where nothing is known of it.
type placedSpan struct {
	From, To float64
	Broken   bool
}

// placedBand is the shade. Its edge is open where it goes on in another row.
type placedBand struct {
	From, Width    float64
	Edge           string
	LabelX, LabelY float64
	Anchor         string
}

type placedNode struct {
	WayNode
	X, Left, Top, Side float64
	Texts              []placedText
}

type placedText struct {
	Y    float64
	Text string
	Name bool
}

func placeWay(l *WayLine) placedWay {
	p := placedWay{WayLine: l, Width: wayWidth, Radius: nodeRadius}
	rows, columns := l.Rows()
	step := min(nodeWidth, wayWidth/float64(max(columns, 1)))
	label := boldWider * width(l.Label)
	x := func(i int) float64 { return round((float64(i) + 0.5) * step) }
	for k, row := range rows {
		r := placedRow{Y: p.Height + nodeY, Top: p.Height + bandTop}
		below := textBelow + nodeLine*float64(mostTexts(row)-1)
		r.Tall = nodeY - bandTop + below + bandPad
		for i, n := range row {
			q := placedNode{WayNode: n, X: x(i), Left: x(i) - nodeRadius, Top: r.Y - nodeRadius, Side: 2 * nodeRadius}
			for j, text := range n.texts() {
				q.Texts = append(q.Texts, placedText{r.Y + textBelow + nodeLine*float64(j), text, j == 0 && n.Name != ""})
			}
			r.Nodes = append(r.Nodes, q)
			if i > 0 {
				r.Lines = append(r.Lines, placedSpan{From: x(i - 1), To: x(i), Broken: n.Gap || row[i-1].Gap})
			}
		}
		if k > 0 {
			r.Lines = append(r.Lines, placedSpan{From: 0, To: x(0)})
		}
		if k < len(rows)-1 {
			r.Lines = append(r.Lines, placedSpan{From: x(len(row) - 1), To: round(float64(len(row)) * step)})
		}
		for _, band := range bands(rows, k) {
			r.Bands = append(r.Bands, placeBand(&r, band, step, label))
		}
		p.Rows = append(p.Rows, r)
		p.Height += nodeY + below + bandPad + rowGap
	}
	return p
}

// placeBand places the shade of some nodes of a row, and its label, which is about so wide.
func placeBand(r *placedRow, nodes band, step, label float64) placedBand {
	from, to, bottom := round(float64(nodes.from)*step), round(float64(nodes.to)*step), r.Top+r.Tall
	b := placedBand{From: from, Width: round(to - from), LabelX: round((from + to) / 2), LabelY: r.Top - 5, Anchor: "middle"}
	switch { // a label that is wider than the shade stays on the page
	case label < b.Width:
	case nodes.from == 0:
		b.LabelX, b.Anchor = from, "start"
	case to > wayWidth-step/2:
		b.LabelX, b.Anchor = to, "end"
	}
	b.Edge = fmt.Sprintf("M%g %gH%gM%g %gH%g", from, r.Top, to, from, bottom, to)
	if !nodes.before {
		b.Edge += fmt.Sprintf("M%g %gV%g", from, r.Top, bottom)
	}
	if !nodes.after {
		b.Edge += fmt.Sprintf("M%g %gV%g", to, r.Top, bottom)
	}
	return b
}
