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

// InOrder gives the order in which to read files, as indices of their names: those of one series by their numbers, in the places that they
// have together, and all others where they are. Archives hold them as the folder did, in no order that a reader would see.
func InOrder(names []string) []int {
	order := make([]int, len(names))
	places := make(map[[2]string][]int)
	for i, name := range names {
		order[i] = i
		s := SeriesOf(name)
		places[s] = append(places[s], i)
	}
	for _, at := range places {
		if len(at) == 1 {
			continue
		}
		sorted := slices.Clone(at)
		slices.SortStableFunc(sorted, func(a, b int) int { return slices.CompareFunc(numbersOf(names[a]), numbersOf(names[b]), compareDigits) })
		for k, i := range at {
			order[i] = sorted[k]
		}
	}
	return order
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
