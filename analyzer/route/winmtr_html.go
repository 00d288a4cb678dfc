package route

import (
	"strings"

	"golang.org/x/net/html"
)

// WinMTR's page.
//
//	<tr><td>Host</td> <td>%</td> <td>Sent</td> <td>Recv</td> <td>Best</td> <td>Avrg</td> <td>Wrst</td> <td>Last</td></tr>
//	<tr><td>192.168.1.1</td> <td>   0</td> <td> 100</td> <td> 100</td> <td>   0</td> <td>   0</td> <td>   3</td> <td>   0</td></tr>
var _ = register(&format{
	name: "WinMTR HTML",
	begins: func(t *text, i int) bool {
		line := strings.ToLower(t.at(i))
		if !strings.Contains(line, "<html") && !strings.Contains(line, "<table") && !strings.Contains(line, "<!doctype") {
			return false
		}
		const near = 40 // lines of style before the table, in some versions
		for _, l := range t.lines[i:min(i+near, len(t.lines))] {
			if strings.Contains(l, "WinMTR") || strings.Contains(l, "Avrg</t") {
				return true
			}
		}
		return false
	},
	read: readWinMTRPage,
})

func readWinMTRPage(t *text, i int) ([]*Report, int) {
	r := newWinMTR("html", i)
	s := t.stretch(i)
	z := html.NewTokenizer(s)
	z.SetMaxBuf(1 << 16) // of a tag
	var row []string
	var cell strings.Builder
	offset, line := int64(0), i
	inCell, rows, ended := false, false, false
	closeCell := func() {
		if inCell && len(row) < 32 {
			row = append(row, short(cell.String()))
		}
		inCell = false
		cell.Reset()
	}
	closeRow := func() {
		closeCell()
		switch {
		case len(row) >= 8 && strings.EqualFold(row[0], "Host"):
			rows = true
		case len(row) >= 8 && rows:
			t.winmtrHop(r, line, row)
		}
		row = nil
	}
	for !ended {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		offset += int64(len(z.Raw()))
		if kind == html.TextToken {
			text := string(z.Text())
			if m := winmtrVersion.FindStringSubmatch(text); m != nil {
				r.Version = short(strings.TrimPrefix(m[1], "-") + " " + m[2])
			}
			if inCell && cell.Len() < maxText {
				cell.WriteString(text)
			}
			continue
		}
		name, _ := z.TagName()
		switch tag := string(name); {
		case kind == html.StartTagToken && tag == "tr":
			closeRow()
			line = s.at(offset)
		case kind == html.StartTagToken && (tag == "td" || tag == "th"):
			closeCell()
			inCell = true
		case kind == html.EndTagToken && (tag == "td" || tag == "th"):
			closeCell()
		case kind == html.EndTagToken && tag == "tr":
			closeRow()
		case kind == html.EndTagToken && tag == "table":
			closeRow()
			ended = ended || len(r.Hops) > 0
		}
	}
	r.Cut = !ended
	next := s.at(offset) + 1
	if ended { // what closes the page
		for strings.HasPrefix(strings.TrimSpace(t.at(next)), "</") {
			next++
		}
	}
	return []*Report{r}, next
}
