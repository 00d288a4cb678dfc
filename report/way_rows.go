package report

// This file lays a way out in rows, alike for a page and for paper.

// nodesPerRow is as many as leave room for an IPv4 address beneath each, on paper too.
const nodesPerRow = 8

// Rows gives the nodes row by row, in rows of about one length, and longer ones where that keeps the place of the device in one.
func (l *WayLine) Rows() (rows [][]WayNode, columns int) {
	n := (len(l.Nodes) + nodesPerRow - 1) / nodesPerRow
	if n == 0 {
		return nil, 0
	}
	even := (len(l.Nodes) + n - 1) / n
	for columns = even; columns <= nodesPerRow && l.splits(columns); columns++ {
	}
	if columns > nodesPerRow {
		columns = even
	}
	for from := 0; from < len(l.Nodes); from += columns {
		rows = append(rows, l.Nodes[from:min(from+columns, len(l.Nodes))])
	}
	return rows, columns
}

// splits says that rows of so many columns would part the place of the device.
func (l *WayLine) splits(columns int) bool {
	for i := columns; i < len(l.Nodes); i += columns {
		if l.Nodes[i-1].Inside && l.Nodes[i].Inside {
			return true
		}
	}
	return false
}

// band is a run of nodes in a row that the device may be at: from the first to behind the last. It may go on in the rows around.
type band struct {
	from, to      int
	before, after bool
}

// bands gives those of a row.
func bands(rows [][]WayNode, k int) (out []band) {
	row := rows[k]
	for i := range row {
		switch last := len(out) - 1; {
		case !row[i].Inside:
		case last >= 0 && out[last].to == i:
			out[last].to++
		default:
			out = append(out, band{from: i, to: i + 1})
		}
	}
	for i := range out {
		out[i].before = out[i].from == 0 && k > 0 && rows[k-1][len(rows[k-1])-1].Inside
		out[i].after = out[i].to == len(row) && k < len(rows)-1 && rows[k+1][0].Inside
	}
	return out
}

// texts gives what stands beneath a node.
func (n *WayNode) texts() []string {
	if n.Name == "" {
		return n.Lines
	}
	return append([]string{n.Name}, n.Lines...)
}

// mostTexts gives how many lines stand beneath the fullest node of a row.
func mostTexts(row []WayNode) int {
	most := 0
	for i := range row {
		most = max(most, len(row[i].texts()))
	}
	return most
}
