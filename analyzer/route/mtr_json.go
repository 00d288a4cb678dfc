package route

import (
	"encoding/json"
	"fmt"
	"sort"
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
			if n, ok := whole(strings.Trim(text, `"`)); ok && n > 0 && n <= MaxHopsRead {
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
			h.mtrField(key, text)
		}
	})
	if h != nil {
		h.silence()
	}
	r.Cut = err != nil
	return []*Report{r}, j.next()
}

// jsonLines walks through a JSON value in a text, and tells the lines. What follows it is not touched, and what precedes a fault is
// used.
type jsonLines struct {
	t     *text
	first int
	ends  []int64 // of the lines, bytes
	dec   *json.Decoder
	as    string // of the hop, where it stands before the host
}

func newJSONLines(t *text, i int) *jsonLines {
	j := &jsonLines{t: t, first: i}
	var at int64
	for _, l := range t.lines[i:] {
		at += int64(len(l)) + 1
		j.ends = append(j.ends, at)
	}
	j.dec = json.NewDecoder(strings.NewReader(strings.Join(t.lines[i:], "\n")))
	j.dec.UseNumber()
	return j
}

func (j *jsonLines) line() int {
	at := j.dec.InputOffset()
	return j.first + sort.Search(len(j.ends), func(i int) bool { return j.ends[i] >= at })
}

// next gives the line after the value, or after the last that was read of it.
func (j *jsonLines) next() int { return min(j.line()+1, len(j.t.lines)) }

// walk calls see for every value that is no object or list, with the names that lead to it; the elements of list x are within "x[]".
// The beginning of an object that is an element is told as "{".
func (j *jsonLines) walk(see func(path []string, value any, line int)) error {
	const deep = 32
	var path []string
	var open []json.Delim
	key := true // a key is due, not a value
	for {
		tok, err := j.dec.Token()
		if err != nil {
			return err
		}
		within := len(open) > 0 && open[len(open)-1] == '{'
		switch v := tok.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				if len(open) == deep {
					return fmt.Errorf("read JSON: more than %d values within each other", deep)
				}
				if v == '[' {
					if len(path) == 0 {
						path = append(path, "")
					}
					path[len(path)-1] += "[]"
				} else if len(open) > 0 && open[len(open)-1] == '[' {
					see(append(path, "{"), true, j.line())
				}
				open = append(open, v)
				if key = v == '{'; key {
					path = append(path, "")
				}
				continue
			default:
				if v == '}' {
					path = path[:len(path)-1]
				} else {
					path[len(path)-1] = strings.TrimSuffix(path[len(path)-1], "[]")
				}
				open = open[:len(open)-1]
				if len(open) == 0 {
					return nil
				}
				key = open[len(open)-1] == '{'
				continue
			}
		case string:
			if within && key {
				path[len(path)-1] = v
				key = false
				continue
			}
		}
		if len(path) > 0 {
			if within {
				see(path, tok, j.line())
			} else {
				see(append(path, ""), tok, j.line())
			}
		}
		key = within
	}
}
