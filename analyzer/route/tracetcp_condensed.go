package route

import (
	"regexp"
	"strings"
	"time"
)

// tracetcp -c, for many ports: target and port on each row.
//
//	[192.0.2.1:130]  3	11 ms	62.30.193.33
//	[192.0.2.1:131]  4	Dest. in 35 ms. Port OPEN on 192.0.2.1
var _ = register(&format{
	name:   "tracetcp condensed",
	begins: func(t *text, i int) bool { return condensedHop(t.at(i)) != nil },
	read: func(t *text, i int) ([]*Report, int) {
		var all []*Report
		key := ""
		next := i
		for ; next < len(t.lines); next++ {
			if t.blank(next) && condensedHop(t.at(next+1)) != nil {
				continue
			}
			k := condensedHop(t.at(next))
			if k == nil {
				break
			}
			var r *Report
			if k.key == key && len(all) > 0 && all[len(all)-1].Hops[0].Number < k.hop.number {
				r = all[len(all)-1]
			} else {
				r = &Report{Tool: "tracetcp", Format: "condensed", Proto: TCP, Port: k.port, Target: target(k.to, "", FromReport), Line: next + 1, Resolution: time.Millisecond}
				t.called(r, i, "tracetcp")
			}
			t.condensedHop(r, k, next)
			if len(r.Hops) == 0 { // beyond the limit
				continue
			}
			if key != k.key || len(all) == 0 || all[len(all)-1] != r {
				all, key = append(all, r), k.key
			}
		}
		return all, next
	},
})

var (
	condensedRow = regexp.MustCompile(`^\s*\[(\S+):(\d{1,5})\]\s+(\d{1,3}\s.*)$`)
	condensedEnd = regexp.MustCompile(`^(\d{1,3})\s+Dest\. in (\d{1,9}) ms\. Port (OPEN|CLOSED) on (\S+)`)
)

type condensed struct {
	key, to string
	port    uint16
	hop     windowsHop
	ending  string // "[open]", "[closed]"
}

func condensedHop(line string) *condensed {
	m := condensedRow.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	c := &condensed{key: m[1] + ":" + m[2], to: m[1], port: port(m[2])}
	if e := condensedEnd.FindStringSubmatch(m[3]); e != nil {
		n, _ := whole(e[1]) // digits
		v, _ := number(e[2])
		c.hop = windowsHop{n, []Known[time.Duration]{millis(v)}, e[4]}
		c.ending = "[" + strings.ToLower(e[3]) + "]"
	} else if k := windowsRow(m[3]); k != nil {
		c.hop = *k
	}
	if c.hop.number == 0 {
		return nil
	}
	return c
}

func (t *text) condensedHop(r *Report, k *condensed, line int) {
	before := len(r.Hops)
	t.windowsHop(r, &k.hop, line)
	if k.ending != "" && len(r.Hops) > before {
		r.Hops[before].flag(k.ending)
		r.Reached = known(true)
	}
}
