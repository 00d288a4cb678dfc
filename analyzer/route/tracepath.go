package route

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tracepath, of iputils and busybox. It tells the MTU of the path beside the hops.
//
//	1?: [LOCALHOST]                      pmtu 1500
//	1:  gw (10.0.0.1)                     0.529ms
//	2:  no reply
//	3:  r3.example                        5.1ms pmtu 1400
//	4:  192.0.2.1                        12.3ms reached
//	    Resume: pmtu 1400 hops 4 back 5
var _ = register(&format{
	name: "tracepath",
	begins: func(t *text, i int) bool {
		m := pathRow.FindStringSubmatch(t.at(i))
		return m != nil && m[1] == "1" && (strings.HasPrefix(m[3], "[LOCALHOST]") || pathLike(m[3]))
	},
	read: readTracepath,
})

var (
	pathRow   = regexp.MustCompile(`^\s{0,8}(\d{1,3})(\?)?:\s+(\S.*)$`)
	pathTime  = regexp.MustCompile(`^(\d{1,9}[.,]\d+)(ms)?$`)
	pathTrail = regexp.MustCompile(`^\s*(Resume|Too many hops):\s+pmtu\s+(\d{1,5})`)
)

func pathLike(s string) bool {
	if strings.HasPrefix(s, "no reply") {
		return true
	}
	for _, w := range strings.Fields(s) {
		if strings.HasSuffix(w, "ms") && pathTime.MatchString(w) {
			return true
		}
	}
	return false
}

func readTracepath(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "tracepath", Format: "text", Proto: UDP, Line: i + 1, Resolution: time.Microsecond}
	t.called(r, i, "tracepath", "tracepath6")
	next := i
	var h *Hop
	for ; next < len(t.lines); next++ {
		line := t.at(next)
		if m := pathTrail.FindStringSubmatch(line); m != nil {
			r.Reached = known(m[1] == "Resume")
			next++
			break
		}
		m := pathRow.FindStringSubmatch(line)
		if m == nil {
			break
		}
		if strings.HasPrefix(m[3], "[LOCALHOST]") {
			continue
		}
		n, _ := strconv.Atoi(m[1]) // digits
		if !pathLike(m[3]) || n == 0 {
			break
		}
		if h = r.hop(n); h == nil { // else one more answer, perhaps a late one
			if len(r.Hops) > 0 && n < r.Hops[len(r.Hops)-1].Number {
				break
			}
			if h = t.add(r, n, next); h == nil {
				continue
			}
		}
		t.pathAnswer(r, h, m[3])
	}
	return []*Report{r}, next
}

// hop gives the row of a hop; nil if there is none.
func (r *Report) hop(number int) *Hop {
	for i := range r.Hops {
		if r.Hops[i].Number == number {
			return &r.Hops[i]
		}
	}
	return nil
}

// pathAnswer takes one row: it is the answer to one probe, or tells that there was none.
func (t *text) pathAnswer(r *Report, h *Hop, s string) {
	p := Probe{Router: -1}
	words := strings.Fields(s)
	var names []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case w == "no" && next == "reply":
			i++
		case w == "pmtu" || w == "asymm":
			if v, ok := whole(next); ok && w == "pmtu" {
				h.MTU = known(v)
			} else if ok {
				h.flag("asymm " + next)
			}
			i++
		case w == "reached":
			r.Reached = known(true)
		case strings.HasPrefix(w, "!"):
			p.Flag = short(w)
			h.flag(p.Flag)
		case pathTime.MatchString(w):
			if v, ok := number(strings.TrimSuffix(w, "ms")); ok {
				p.RTT = millis(v)
			}
		case w == "ms":
		case !p.RTT.OK && len(names) < 2:
			names = append(names, w)
		}
	}
	if k, ok := host(strings.Join(names, " ")); ok {
		p.Router = t.router(h, k)
		if r.Reached.OK && r.Reached.Value && r.Target.From == "" {
			r.Target = Target{k.Name, k.Addr, FromReport}
		}
	}
	if len(h.Probes) < maxProbes {
		h.Probes = append(h.Probes, p)
	}
}
