package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/report/lang"
	"github.com/capforensics/capforensics/rules"
)

// rulesWord as the first argument asks for the heuristics instead of an analysis.
const rulesWord = "rules"

// maxColumns is how wide an explanation gets; longer lines are hard to read on any terminal.
const maxColumns = 100

// tellRules lists the heuristics, or explains those that were named. An unknown one is told before anything is printed.
func (s *session) tellRules() error {
	all, t := rules.All(), lang.For(s.lang.picked)
	if len(s.ruleIDs) == 0 {
		s.listRules(all, t)
		if _, err := os.Stat(rulesWord); err == nil {
			s.ui.note("there is a file or folder of that name too: capforensics ./%s analyses it", rulesWord)
		}
		return nil
	}
	var named []*analyzer.Rule
	for _, id := range s.ruleIDs {
		i := slices.IndexFunc(all, func(r *analyzer.Rule) bool { return r.ID == id })
		if i < 0 {
			hint := fmt.Sprintf("\"capforensics %s\" lists all; a file or folder of that name is ./%[1]s", rulesWord)
			if near := nearest(all, id); len(near) > 0 {
				hint = "did you mean " + strings.Join(near, " or ") + "? " + hint
			}
			return problemf(hint, "no rule %q", id)
		}
		named = append(named, all[i])
	}
	for i, r := range named {
		if i > 0 {
			fmt.Fprintln(s.ui)
		}
		s.explainRule(r, t)
	}
	return nil
}

// listRules prints a line for each: ID, what it argues for, title. They are not wrapped, for grep.
func (s *session) listRules(all []*analyzer.Rule, t *lang.Language) {
	var ids, whats int
	for _, r := range all {
		ids, whats = max(ids, columns(r.ID)), max(whats, columns(arguesFor(r, t)))
	}
	for _, r := range all {
		what := arguesFor(r, t)
		fmt.Fprintf(s.ui, "%s%s  %s%s  %s\n", r.ID, strings.Repeat(" ", ids-columns(r.ID)),
			paint(s.ui.colorOut, colourOf(r.Cause.Class()), what), strings.Repeat(" ", whats-columns(what)), t.T(r.Title))
	}
}

func arguesFor(r *analyzer.Rule, t *lang.Language) string { return t.What(r.Cause.Class(), r.Cause) }

// explainRule prints all that a rule says of itself.
func (s *session) explainRule(r *analyzer.Rule, t *lang.Language) {
	width := maxColumns
	if s.ui.outTTY {
		width = min(width, terminalWidth(s.ui.out)-1) // some consoles begin a new line when one is full
	}
	put := func(first, rest, text string) {
		for i, line := range wrap(text, width-len(first)) {
			if i > 0 {
				first = rest
			}
			fmt.Fprintf(s.ui, "%s%s\n", first, line)
		}
	}
	block := func(label string, texts ...string) {
		if len(texts) == 0 {
			return
		}
		fmt.Fprintf(s.ui, "\n  %s\n", label)
		for _, text := range texts {
			if len(texts) > 1 {
				put("    - ", "      ", text)
			} else {
				put("    ", "    ", text)
			}
		}
	}
	fmt.Fprintln(s.ui, paint(s.ui.colorOut, colourOf(r.Cause.Class()), r.ID))
	put("  ", "  ", t.T(r.Title))
	fmt.Fprintln(s.ui)
	put("  ", "  ", t.T(r.Doc))
	block(t.T("Argues for"), t.Say(analyzer.Msg("%s, unless the finding says otherwise", arguesFor(r, t))))
	block(t.T("Kind of evidence"), t.T("family|"+string(r.Family)))
	innocent := make([]string, len(r.Innocent))
	for i, text := range r.Innocent {
		innocent[i] = t.T(text)
	}
	block(t.T("What else could explain it"), innocent...)
	block(t.T("What to do next"), t.T(r.Next))
	block(t.T("Sources"), r.Refs...)
}

// wrap breaks a text into lines of at most width columns. What cannot be broken stays whole, however wide.
func wrap(text string, width int) []string {
	var lines []string
	line, from, rs := "", 0, []rune(text)
	for i := range rs {
		if i+1 < len(rs) && !report.MayBreak(rs[i], rs[i+1]) {
			continue
		}
		word := string(rs[from : i+1]) // with the blank behind it
		from = i + 1
		if line != "" && columns(strings.TrimRight(line+word, " ")) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += word
	}
	return append(lines, strings.TrimRight(line, " "))
}

// nearest gives up to three IDs, those first that have the most pairs of letters in common with what was typed.
//
// Note: an edit distance was not used: it takes "ttl" for the shortest ID and not for rst-ttl-mismatch.
func nearest(all []*analyzer.Rule, typed string) []string {
	pairs := func(s string) map[string]bool {
		m := make(map[string]bool)
		for i := range len(s) - 1 {
			m[s[i:i+2]] = true
		}
		return m
	}
	want := pairs(strings.ReplaceAll(strings.ToLower(typed), "_", "-"))
	alike := make(map[string]float64) // from 0 to 1 (Dice's coefficient)
	var ids []string
	for _, r := range all {
		have, both := pairs(r.ID), 0
		for p := range have {
			if want[p] {
				both++
			}
		}
		if both > 0 {
			ids = append(ids, r.ID)
			alike[r.ID] = 2 * float64(both) / float64(len(have)+len(want))
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(alike[b], alike[a]) })
	ids = ids[:min(len(ids), 3)]
	return slices.DeleteFunc(ids, func(id string) bool { return alike[id] < alike[ids[0]]/2 })
}
