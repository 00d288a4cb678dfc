package container

import (
	"cmp"
	"slices"
	"strings"
)

// SeriesOf gives the folder of a file and its name without the numbers and times by which the files of a ring buffer differ (tcpdump -C, -G, -W;
// dumpcap -b). tcpdump -C gives the first none: "x.pcap", "x.pcap1".
func SeriesOf(path string) [2]string {
	at := baseAt(path)
	var b strings.Builder
	for _, c := range path[at:] {
		switch {
		case '0' <= c && c <= '9':
			if s := b.String(); !strings.HasSuffix(s, "#") {
				b.WriteByte('#')
			}
		default:
			b.WriteRune(c)
		}
	}
	return [2]string{path[:at], strings.TrimSuffix(b.String(), "#")}
}

func baseAt(path string) int { return strings.LastIndexAny(path, "/\\") + 1 }

// InOrder gives the order in which to read files, as indices of their names: those of one series one behind the other, in the place of the first of
// them, by the time at which each begins, and all others where they are. Archives hold them as the folder did, in no order that a reader would see,
// and a ring of a fixed number of files (tcpdump -W) has written over the first of them, so that names do not tell the time.
//
// begins gives that time, and is asked for files of a series only; 0: it is not known, as is that of all where begins is nil. By the numbers in their
// names come files that begin at one time; one whose time is not known stays where its number puts it.
func InOrder(names []string, begins func(i int) int64) []int {
	var all []*series
	known, seen := make(map[[2]string]*series), make(map[string]bool)
	for i, name := range names {
		key := SeriesOf(name)
		s := known[key]
		switch {
		case seen[name]: // two of one name are of no ring
			s = &series{}
			all = append(all, s)
		case s == nil:
			s = &series{}
			known[key], all = s, append(all, s)
		}
		seen[name] = true
		s.files = append(s.files, i)
	}
	order := make([]int, 0, len(names))
	for _, s := range all {
		s.sort(names, begins)
		order = append(order, s.files...)
	}
	return order
}

// series is the files of one, as indices.
type series struct{ files []int }

func (s *series) sort(names []string, begins func(i int) int64) {
	if len(s.files) == 1 {
		return
	}
	slices.SortStableFunc(s.files, func(a, b int) int { return slices.CompareFunc(numbersOf(names[a]), numbersOf(names[b]), compareDigits) })
	if begins == nil {
		return
	}
	var places, timed []int
	at := make(map[int]int64)
	for place, i := range s.files {
		if t := begins(i); t != 0 {
			at[i], places, timed = t, append(places, place), append(timed, i)
		}
	}
	slices.SortStableFunc(timed, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	for k, place := range places {
		s.files[place] = timed[k]
	}
}

// numbersOf gives the numbers in the name of a file, as digits.
func numbersOf(path string) []string {
	return strings.FieldsFunc(path[baseAt(path):], func(c rune) bool { return c < '0' || c > '9' })
}

// compareDigits compares two numbers of any length.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
