package container

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// SeriesOf gives the folder of a file and its name without the numbers and times by which the files of a ring buffer differ (tcpdump -C, -G, -W;
// dumpcap -b). tcpdump -C gives the first none: "x.pcap", "x.pcap1"; with -z it compresses all but the last.
func SeriesOf(path string) [2]string {
	at := baseAt(path)
	var b strings.Builder
	for _, c := range uncompressed(path[at:]) {
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

// uncompressed is the name of a file without what says how it is compressed.
func uncompressed(name string) string {
	switch ext := path.Ext(name); strings.ToLower(ext) {
	case ".gz", ".bz2", ".xz", ".zst", ".lz4":
		return name[:len(name)-len(ext)]
	}
	return name
}

func baseAt(path string) int { return strings.LastIndexAny(path, "/\\") + 1 }

// InOrder gives the order in which to read files, as indices of their names: those of one series one behind the other, in the place of the first of
// them, those of each ring in it by the time at which they begin, and all others where they are. Archives hold them as the folder did, in no order that a reader would see,
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
	for _, r := range s.rings(names) {
		if len(r.files) > 1 {
			r.byTime(begins)
		}
	}
}

// rings parts the files into those that differ by the number that counts them: the last one that is no date. The others are of hosts, addresses or
// times of day, and the files of two hosts that captured at one time do not alternate.
func (s *series) rings(names []string) []*series {
	most := 0
	numbers := make([][]string, len(s.files))
	for k, i := range s.files {
		numbers[k] = slices.DeleteFunc(numbersOf(names[i]), isDate)
		most = max(most, len(numbers[k]))
	}
	var all []*series
	known := make(map[string]*series)
	for k, i := range s.files {
		n := numbers[k]
		if len(n) == most && most > 0 { // the first file that tcpdump -C writes has no counter
			n = n[:most-1]
		}
		key := strings.Join(n, ",")
		r := known[key]
		if r == nil {
			r = &series{}
			known[key], all = r, append(all, r)
		}
		r.files = append(r.files, i)
	}
	at := 0
	for _, r := range all { // each ring as one, in the place of its first file
		at += copy(s.files[at:], r.files)
		r.files = s.files[at-len(r.files) : at]
	}
	return all
}

// byTime sorts by the times at which the files begin. One that has none keeps its place.
func (s *series) byTime(begins func(i int) int64) {
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

// isDate says that a number is a date (tcpdump -G %Y%m%d), a date with a time (dumpcap), or seconds since 1970.
func isDate(digits string) bool { return len(digits) >= 8 }

// numbersOf gives the numbers in the name of a file, as digits.
func numbersOf(path string) []string {
	return strings.FieldsFunc(uncompressed(path[baseAt(path):]), func(c rune) bool { return c < '0' || c > '9' })
}

// compareDigits compares two numbers of any length.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// Skipped gives for each name of one series, in the order in which the files were written, how many files its number passes over since the one before;
// -1 where no number tells: of dates and times of day, of numbers that go up by more than one throughout, and where a ring begins anew.
func Skipped(names []string) []int {
	skipped := make([]int, len(names))
	for i := range skipped {
		skipped[i] = -1
	}
	counted := counters(names)
	if counted == nil {
		return skipped
	}
	least, most, back := 0, 0, 0
	if len(names) > 1 && countsByOne(names) {
		least = 1
	}
	for i := 1; i < len(counted); i++ {
		most = max(most, counted[i]-counted[i-1])
		switch d := counted[i] - counted[i-1]; {
		case d <= 0:
			back++
		case least == 0 || d < least:
			least = d
		}
	}
	if least != 1 || back > 1 || most-1 > len(names) { // a ring wraps once, and of the files of one more came than stayed away
		return skipped
	}
	for i := 1; i < len(counted); i++ {
		skipped[i] = max(counted[i]-counted[i-1]-1, -1)
	}
	return skipped
}

// countsByOne says that names are as a program gives them which counts by one: dumpcap (x_00001_20261129120000.pcapng) or tcpdump -C, whose first
// file has no number.
func countsByOne(names []string) bool {
	first, second := numbersOf(names[0]), numbersOf(names[1])
	if len(first) < len(second) {
		return true
	}
	n := len(first)
	return n > 1 && len(first[n-2]) == 5 && len(first[n-1]) == 14
}

// counters gives the one number of each name by which they differ; nil if there is none, or it may be a time of day: tcpdump -G begins no file while nobody
// speaks, so that such numbers pass over others by right.
func counters(names []string) []int {
	var numbers [][]string
	most := 0
	for _, name := range names {
		all := numbersOf(name)
		if withDate(all) || slices.ContainsFunc(all[:max(len(all)-1, 0)], isDate) { // what is behind a date is a time of day
			return nil
		}
		n := slices.DeleteFunc(all, isDate)
		numbers, most = append(numbers, n), max(most, len(n))
	}
	if most > 0 && len(numbers[0]) == most-1 {
		numbers[0] = append(numbers[0], "0") // tcpdump -C gives the first none
	}
	at := -1
	for k := range most {
		if slices.ContainsFunc(numbers, func(n []string) bool { return len(n) != most }) {
			return nil
		}
		if slices.ContainsFunc(numbers, func(n []string) bool { return n[k] != numbers[0][k] }) {
			if at >= 0 {
				return nil
			}
			at = k
		}
	}
	if at < 0 || !slices.ContainsFunc(numbers, func(n []string) bool { return !timeOfDay(n[at]) }) {
		return nil
	}
	var all []int
	for _, n := range numbers {
		number, _ := strconv.Atoi(n[at])
		all = append(all, number)
	}
	return all
}

// withDate says that a name has a date whose parts are numbers by themselves: year, month and day.
func withDate(numbers []string) bool {
	for i := 0; i+2 < len(numbers); i++ {
		if year := numbers[i]; len(year) == 4 && (year[:2] == "19" || year[:2] == "20") && len(numbers[i+1]) == 2 && len(numbers[i+2]) == 2 {
			return true
		}
	}
	return false
}

// timeOfDay says that a number may be one: "1259", "125959".
func timeOfDay(digits string) bool {
	number, _ := strconv.Atoi(digits)
	switch low, high := number%100, number/100; len(digits) {
	case 4:
		return low < 60 && high < 24
	case 6:
		return low < 60 && high%100 < 60 && high/100 < 24
	}
	return false
}
