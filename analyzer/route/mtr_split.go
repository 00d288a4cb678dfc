package route

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// mtr --split: rows as they change, of hop, name, loss in thousandths of a percent, received, sent, and best, average and worst in whole
// milliseconds. "-3" takes back hop 3 and all beyond.
//
//	1 10.99.1.2 0 10 10 0 0 1
//	2 10.99.2.2 25000 3 4 1 1 2
var _ = register(&format{
	name: "mtr split",
	begins: func(t *text, i int) bool {
		return mtrSplit.MatchString(t.at(i)) && (mtrSplit.MatchString(t.at(i+1)) || mtrUnsplit.MatchString(t.at(i+1)))
	},
	read: readMTRSplit,
})

var (
	mtrSplit   = regexp.MustCompile(`^(\d{1,3}) (\S+) (\d{1,6}) (\d{1,9}) (\d{1,9}) (\d{1,9}) (\d{1,9}) (\d{1,9})$`)
	mtrUnsplit = regexp.MustCompile(`^-(\d{1,3})$`)
)

func readMTRSplit(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "mtr", Format: "split", Line: i + 1, Resolution: time.Millisecond}
	t.called(r, i, "mtr")
	next := i
	latest := make(map[int]int) // hop: line
	for ; next < len(t.lines); next++ {
		if m := mtrUnsplit.FindStringSubmatch(t.at(next)); m != nil {
			from, _ := strconv.Atoi(m[1]) // digits
			for n := range latest {
				if n >= from {
					delete(latest, n)
				}
			}
			continue
		}
		m := mtrSplit.FindStringSubmatch(t.at(next))
		if m == nil {
			break
		}
		n, _ := strconv.Atoi(m[1]) // digits
		latest[n] = next
	}
	for n := 1; n <= maxHopsRead; n++ {
		line, ok := latest[n]
		if !ok {
			continue
		}
		h := t.add(r, n, line)
		if h == nil {
			break
		}
		f := strings.Fields(t.at(line))
		if k, ok := host(f[1]); ok {
			t.router(h, k)
		}
		if v, ok := number(f[2]); ok {
			h.Loss = percentage(v / 1000)
		}
		for i, column := range []string{"Rcv", "Snt", "Best", "Avg", "Wrst"} {
			h.mtrField(column, f[3+i])
		}
		h.silence()
	}
	return []*Report{r}, next
}
