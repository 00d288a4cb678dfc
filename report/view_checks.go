package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
)

// checks says what was looked for: in few rows what was found, found clear, or could not be told, and in detail each check with its figures.
func (b *builder) checks() Section {
	t := b.lang
	s := Section{Title: t.T("What was checked"), Text: []string{t.T("Each check looks only at connections that show what it is about. Clear means looked for and not found; a check that could not be told, or had nothing to look at, is not clear.")}}
	if len(b.Checks) == 0 {
		return s
	}
	s.Table = &Table{Head: []string{t.T("Result"), t.T("Checks"), t.T("Which")}, Mono: []int{1}, Wide: []int{18, 7, 75}}
	s.Detail = &Table{Head: []string{t.T("Check"), t.T("Result"), t.T("Looked"), t.T("Found"), t.T("Could not be told, because")}, Mono: []int{2, 3}, Wide: []int{32, 16, 8, 8, 40}}
	var which [len(resultTexts)][]string
	why := make(map[string]int)
	checks := slices.Clone(b.Checks)
	slices.SortStableFunc(checks, func(x, y *analyzer.Check) int { return int(resultOf(x)) - int(resultOf(y)) })
	for _, k := range checks {
		var reasons []string
		for _, reason := range sortedKeys(k.Skipped) {
			reasons = append(reasons, fmt.Sprintf("%s (%d)", clean(t.T(reason)), k.Skipped[reason]))
			why[reason] += k.Skipped[reason]
		}
		r, title := resultOf(k), clean(t.T(k.Rule.Title))
		s.Detail.Rows = append(s.Detail.Rows, []string{title, t.T(resultTexts[r]), fmt.Sprint(k.Looked), fmt.Sprint(k.Fired), strings.Join(reasons, t.T("; "))})
		name := k.Rule.ID
		if r == found {
			name = fmt.Sprintf("%s (%d)", title, k.Fired)
		}
		which[r] = append(which[r], name)
	}
	for r, names := range which {
		if len(names) > 0 {
			between := ", "
			if result(r) == found {
				between = t.T("; ")
			}
			s.Table.Rows = append(s.Table.Rows, []string{t.T(resultTexts[r]), fmt.Sprint(len(names)), strings.Join(names, between)})
		}
	}
	if len(why) > 0 {
		s.Text = append(s.Text, b.whyNotTold(why))
	}
	s.Text = append(s.Text, t.T("Each check with its figures and reasons is in the HTML and JSON reports; \"capforensics rules ID\" explains one."))
	s.Detail.Fold = t.Say(analyzer.Msg("All %d checks", len(s.Detail.Rows)))
	return s
}

// whyNotTold gives the most frequent reasons for which something could not be told.
func (b *builder) whyNotTold(why map[string]int) string {
	const most = 6 // the rest are of single checks on single connections
	t := b.lang
	reasons := slices.SortedFunc(maps.Keys(why), func(x, y string) int { return cmp.Or(cmp.Compare(why[y], why[x]), cmp.Compare(x, y)) })
	var told []string
	for _, reason := range reasons[:min(len(reasons), most)] {
		told = append(told, fmt.Sprintf("%s (%d)", clean(t.T(reason)), why[reason]))
	}
	list := strings.Join(told, t.T("; "))
	if n := len(reasons) - len(told); n > 0 {
		return t.Say(analyzer.Msg("What could not be told, by how often: %s; and for %d other reasons.", list, n))
	}
	return t.Say(analyzer.Msg("What could not be told, by how often: %s.", list))
}

// result is what became of a check, in the order in which the report tells it.
type result uint8

const (
	found result = iota
	partlyClear
	isClear
	notTold
	notCalled
)

var resultTexts = [...]string{found: "found", partlyClear: "clear where it could be told", isClear: "clear", notTold: "could not be told", notCalled: "nothing to look at"}

// resultOf errs on the side of "could not be told": reasons are counted one by one, so that their sum may stand for fewer looks.
func resultOf(k *analyzer.Check) result {
	skipped := 0
	for _, n := range k.Skipped {
		skipped += n
	}
	switch {
	case k.Fired > 0:
		return found
	case k.Looked == 0:
		return notCalled
	case skipped >= k.Looked:
		return notTold
	case skipped > 0:
		return partlyClear
	}
	return isClear
}
