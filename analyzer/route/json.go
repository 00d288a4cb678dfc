package route

import (
	"encoding/json"
	"fmt"
	"strings"
)

// jsonLines walks through a JSON value in a text, and tells the lines. What follows it is not touched, and what precedes a fault is
// used.
type jsonLines struct {
	*stretch
	dec *json.Decoder
	as  string // of the hop, where it stands before the host
}

func newJSONLines(t *text, i int) *jsonLines {
	s := t.stretch(i)
	j := &jsonLines{stretch: s, dec: json.NewDecoder(s)}
	j.dec.UseNumber()
	return j
}

func (j *jsonLines) line() int {
	return j.at(j.dec.InputOffset())
}

// next gives the line after the value, or after the last that was read of it.
func (j *jsonLines) next() int { return j.line() + 1 }

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
