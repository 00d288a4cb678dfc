package route

import (
	"fmt"
	"strings"
	"time"
)

// mtr --json, of every version, those included that put figures into strings and those that write what is no JSON where nothing
// answered.
//
//	{ "report": { "mtr": { "src": "vm", "dst": "192.0.2.1", "tos": 0, "tests": 4, "psize": "64", "bitpattern": "0x00" },
//	    "hubs": [ { "count": 1, "host": "10.99.1.2", "Loss%": 0.0, "Snt": 4, "Last": 0.064, ... } ] } }
var _ = register(&format{
	name: "mtr JSON",
	begins: func(t *text, i int) bool {
		if !strings.HasPrefix(strings.TrimSpace(t.at(i)), "{") {
			return false
		}
		head := strings.Join(t.lines[i:min(i+12, len(t.lines))], " ")
		return strings.Contains(head, `"mtr"`) || strings.Contains(head, `"hubs"`)
	},
	read: readMTRJSON,
})

func readMTRJSON(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "mtr", Format: "json", Line: i + 1, Resolution: time.Microsecond}
	t.called(r, i, "mtr")
	j := newJSONLines(t, i)
	var h *Hop
	hop := func(line int) {
		if h != nil {
			h.silence()
		}
		h = t.add(r, len(r.Hops)+1, line)
	}
	skipping := false
	err := j.walk(func(path []string, value any, line int) {
		key := path[len(path)-1]
		in := ""
		if len(path) > 1 {
			in = path[len(path)-2]
		}
		switch text := short(fmt.Sprint(value)); {
		case in == "mtr" && key == "src":
			r.Source = text
		case in == "mtr" && key == "dst":
			r.Target = target(text, "", FromReport)
		case in != "hubs[]" || value == nil:
		case key == "{":
			hop(line)
			skipping = h == nil
		case skipping || h == nil:
		case key == "count":
			if n, ok := whole(strings.Trim(text, `"`)); ok && n > 0 && n <= maxHopsRead {
				h.Number = n
			}
		case key == "host":
			if k, ok := host(text); ok {
				if at := t.router(h, k); at >= 0 {
					h.Routers[at].AS = j.as
				}
			}
		case strings.EqualFold(key, "ASN"):
			j.as = ""
			if len(h.Routers) > 0 {
				h.Routers[0].AS = asNumber(text)
			} else {
				j.as = asNumber(text)
			}
		default:
			t.oddColumn(key, line)
			h.mtrField(key, text)
		}
	})
	if h != nil {
		h.silence()
	}
	r.Cut = err != nil
	return []*Report{r}, j.next()
}
