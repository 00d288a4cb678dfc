package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
)

// pathFindings tells what the path reports say about the ways of the ticket, with the rows that it rests on.
func (b *builder) pathFindings() Section {
	t := b.lang
	s := Section{Title: t.T("What the path reports say"), Text: []string{t.T("What mtr, traceroute and their kin measured, and what it means for the connections. None of it accuses anybody by itself.")}}
	tab := &Table{Head: []string{t.T("Finding"), t.T("What was seen"), t.T("Where")}, Mono: []int{2}, Wide: []int{18, 56, 26}}
	more := 0
	for _, f := range b.Findings {
		if f.Flow >= 0 || len(f.Rows) == 0 {
			continue
		}
		if len(tab.Rows) == maxRows {
			more++
			continue
		}
		said := append([]string{clean(t.Say(f.Summary))}, sentences(t, f.Against)...)
		tab.Rows = append(tab.Rows, []string{clean(t.T(f.Rule.Title)), strings.Join(said, t.T("; ")), b.rowsOf(f)})
	}
	if len(tab.Rows) > 0 {
		s.Table = b.full(tab, more, longTable)
	}
	return s
}

// rowsOf names the rows of path reports that a finding rests on, by line of the file or by frame of the capture.
func (b *builder) rowsOf(f *analyzer.Finding) string {
	const most = 6 // in each file; the JSON report has all
	t := b.lang
	type place struct {
		file   string
		frames bool
	}
	var order []place
	at := make(map[place][]int)
	for _, r := range f.Rows {
		k, number := place{file: baseName(r.Path.Member.Name)}, r.Line()
		if number == 0 {
			k.frames, number = true, int(r.Frame())
		}
		if number == 0 {
			continue // a hop that did not answer has no frame
		}
		if at[k] == nil {
			order = append(order, k)
		}
		at[k] = append(at[k], number)
	}
	var all []string
	for _, k := range order {
		slices.Sort(at[k])
		var numbers []string
		for _, n := range slices.Compact(at[k]) {
			numbers = append(numbers, fmt.Sprint(n))
		}
		if len(numbers) > most {
			numbers = append(numbers[:most:most], "…")
		}
		list := strings.Join(numbers, t.T(", "))
		if k.frames {
			all = append(all, t.Say(analyzer.Msg("%s: frame %s", clean(k.file), list)))
		} else {
			all = append(all, t.Say(analyzer.Msg("%s: line %s", clean(k.file), list)))
		}
	}
	return strings.Join(all, t.T("; "))
}
