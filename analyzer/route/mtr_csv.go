package route

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mtr --csv. The unnamed column is Drop; -w adds rows with the same number for further addresses of a hop. Before 0.87 there were
// semicolons, no head, and nothing but the average, in microseconds.
//
//	Mtr_Version,Start_Time,Status,Host,Hop,Ip,Loss%,Snt, ,Last,Avg,Best,Wrst,StDev,
//	MTR.0.95,1795488698,OK,192.0.2.1,1,10.99.1.2,0.00,4,0,0.07,0.07,0.06,0.07,0.00
//	MTR.0.84+git:ce36701d;1367775366;OK;www.example.com;1;192.0.2.9;AS64500;4049
var _ = register(&format{
	name: "mtr CSV",
	begins: func(t *text, i int) bool {
		return strings.HasPrefix(t.at(i), "Mtr_Version,") || len(mtrRecord(t.at(i))) >= 7
	},
	read: readMTRCSV,
})

// mtrRecord splits a row of data; nil if it is none.
func mtrRecord(line string) []string {
	if !strings.HasPrefix(line, "MTR.") {
		return nil
	}
	r := csv.NewReader(strings.NewReader(line))
	r.LazyQuotes = true
	if strings.Count(line, ";") > strings.Count(line, ",") {
		r.Comma = ';'
	}
	f, err := r.Read()
	if err != nil {
		return nil
	}
	return f
}

func readMTRCSV(t *text, i int) ([]*Report, int) {
	var all []*Report
	var r *Report
	var columns []string
	var h *Hop
	next, first := i, ""
	for ; next < len(t.lines); next++ {
		line := t.at(next)
		if strings.HasPrefix(line, "Mtr_Version,") {
			columns, first = strings.Split(line, ","), ""
			continue
		}
		f := mtrRecord(line)
		if len(f) < 7 {
			if strings.TrimSpace(line) == "" && next+1 < len(t.lines) && len(mtrRecord(t.at(next+1))) >= 7 {
				continue
			}
			break
		}
		n, ok := whole(f[4])
		if !ok || n < 1 {
			t.lose(Loss{Kind: OddLines, Line: next + 1, Count: 1, What: "mtr report"})
			continue
		}
		run := strings.Join(f[:4], "\x00")
		if r == nil || run != first || len(r.Hops) > 0 && n < r.Hops[len(r.Hops)-1].Number {
			first = run
			r = newCSVReport(t, f, i, next)
			all = append(all, r)
			h = nil
		}
		if h == nil || h.Number != n {
			if h = t.add(r, n, next); h == nil {
				continue
			}
		} else if k, ok := host(f[5]); ok { // another address of the hop
			if len(f) > 7 && strings.HasPrefix(f[6], "AS") {
				k.AS = asNumber(f[6])
			}
			t.router(h, k)
			continue
		}
		t.csvRow(h, f, columns)
	}
	if len(all) == 0 {
		all = append(all, &Report{Tool: "mtr", Format: "csv", Line: i + 1})
	}
	return all, next
}

func newCSVReport(t *text, f []string, i, line int) *Report {
	r := &Report{Tool: "mtr", Format: "csv", Version: short(strings.TrimPrefix(f[0], "MTR.")), Target: target(f[3], "", FromReport), Line: line + 1, Resolution: 10 * time.Microsecond}
	if at, err := strconv.ParseInt(f[1], 10, 33); err == nil && at > 0 {
		r.Start, r.Zone = time.Unix(at, 0).UTC(), ZoneGiven
	}
	t.called(r, i, "mtr")
	return r
}

// csvRow takes the columns of a row by their names.
func (t *text) csvRow(h *Hop, f, columns []string) {
	k, answered := host(f[5])
	rest := f[6:]
	if len(rest) > 0 && strings.HasPrefix(rest[0], "AS") {
		k.AS, rest = asNumber(rest[0]), rest[1:]
	}
	if answered {
		t.router(h, k)
	}
	if f[2] != "OK" {
		h.flag(short(f[2]))
	}
	if len(rest) == 1 { // before 0.87
		if us, ok := number(rest[0]); ok && answered {
			h.Avg = millis(us / 1000)
		}
		return
	}
	names := []string{"Loss%", "Snt", "", "Last", "Avg", "Best", "Wrst", "StDev"}
	if len(columns) > 7 {
		names = columns[6:]
		if strings.EqualFold(names[0], "Asn") {
			names = names[1:]
		}
	}
	for i, v := range rest[:min(len(rest), len(names))] {
		name := strings.TrimSpace(names[i])
		if name == "" && slices.Contains(names, "Snt") && v != "" {
			name = "Drop"
		}
		t.oddColumn(name, h.Line-1)
		h.mtrField(name, v)
	}
	h.silence()
}
