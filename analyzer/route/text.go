package route

import (
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text is a file by lines, without the marks of terminals and of quoting mails.
type text struct {
	lines     []string
	from      int // the first line after the report before
	long      int // lines cut
	firstLong int
	hops      int // of all reports
	runs      int // those without a hop included
	file      *File
}

// escapes are the control sequences of terminals (ECMA-48).
var escapes = regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[ -/]*[0-~])")

func newText(s string) *text {
	t := &text{}
	for len(s) > 0 {
		line := s
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			line, s = s[:n], s[n+1:]
		} else {
			s = ""
		}
		most := maxLine
		if line != "" && (line[0] == '{' || line[0] == '<') {
			most = maxNested
		}
		if len(line) > most {
			line = strings.ToValidUTF8(line[:most], "")
			if t.long++; t.long == 1 {
				t.firstLong = len(t.lines) + 1
			}
		}
		t.lines = append(t.lines, cleanLine(line))
	}
	return t
}

// cleanLine takes from a line what terminals and mails put around it.
func cleanLine(s string) string {
	if strings.IndexByte(s, 0x1b) >= 0 {
		s = escapes.ReplaceAllString(s, "")
	}
	s = strings.TrimRight(s, " \t\r")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f' || r == '\u3000': // the blanks before a unit in French, and in Chinese type
			return ' '
		case r == '\t' || r >= ' ' && r != 0x7f && r != '\ufeff':
			return r
		}
		return -1
	}, s)
	for strings.HasPrefix(s, ">") { // as mails quote
		s = strings.TrimPrefix(s[1:], " ")
	}
	return s
}

// at gives a line, or "" beyond the end.
func (t *text) at(i int) string {
	if i < 0 || i >= len(t.lines) {
		return ""
	}
	return t.lines[i]
}

// blank says that there is nothing on a line.
func (t *text) blank(i int) bool { return strings.TrimSpace(t.at(i)) == "" }

// skipBlank gives the first line from i on that is not blank, at most a few on.
func (t *text) skipBlank(i int) int {
	for n := 0; n < 3 && i < len(t.lines) && t.blank(i); n++ {
		i++
	}
	return i
}

// stretch gives a text from a line on to parsers that do not read by lines; it reads no further than they do.
type stretch struct {
	t     *text
	first int
	ends  []int64 // of the lines given so far, bytes from the beginning
	left  string  // of the last of them
	edit  func(line string) string
}

func (t *text) stretch(i int) *stretch { return &stretch{t: t, first: i} }

// Read gives what is left of a line.
func (s *stretch) Read(p []byte) (int, error) {
	if s.left == "" {
		i := s.first + len(s.ends)
		if i >= len(s.t.lines) {
			return 0, io.EOF
		}
		line := s.t.lines[i]
		if s.edit != nil {
			line = s.edit(line)
		}
		s.left = line + "\n"
		end := int64(len(s.left))
		if n := len(s.ends); n > 0 {
			end += s.ends[n-1]
		}
		s.ends = append(s.ends, end)
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

// at gives the line that holds the byte before an offset.
func (s *stretch) at(offset int64) int {
	n, _ := slices.BinarySearch(s.ends, offset)
	return s.first + min(n, max(len(s.ends)-1, 0))
}

// last says that nothing but blank lines follows line i.
func (t *text) last(i int) bool { return t.skipBlank(i+1) >= len(t.lines) }

// short bounds a text of a report that is kept.
func short(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// number reads a decimal with a point or a comma; mtr prints "5100." for what is too wide.
func number(s string) (float64, bool) {
	s = strings.Replace(strings.TrimSuffix(strings.TrimSpace(s), "%"), ",", ".", 1)
	if s == "" || len(s) > 20 || s[0] != '-' && s[0] != '.' && (s[0] < '0' || s[0] > '9') {
		return 0, false // as ParseFloat takes "inf", "nan" and hexadecimals
	}
	if strings.ContainsAny(s, "xXpP_eE") {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// whole reads a count.
func whole(s string) (int, bool) {
	v, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	return int(v), err == nil
}

// millis gives a time that is printed in milliseconds, or unknown for what none can be.
func millis(ms float64) Known[time.Duration] {
	const most = 1e9 // eleven days
	if ms < 0 || ms > most {
		return Known[time.Duration]{}
	}
	return known(time.Duration(ms*1e6 + 0.5))
}

// percentage gives a loss, or unknown for what none can be.
func percentage(v float64) Known[float64] {
	if v < 0 || v > 100 {
		return Known[float64]{}
	}
	return known(v)
}

// address reads an address, with or without the marks around it.
func address(s string) netip.Addr {
	a, err := netip.ParseAddr(strings.Trim(s, "()[],;"))
	if err != nil || len(s) > 64 {
		return netip.Addr{}
	}
	return a.Unmap()
}

// silentNames stand where a router would that answered.
var silentNames = []string{"???", "(waiting for reply)", "waiting for reply", "*", "no response from host", "request timed out."}

// host reads "name", "address", "name (address)" or "name [address]"; ok is false where that says that nothing answered.
func host(s string) (r Router, ok bool) {
	s = short(s)
	for _, n := range silentNames {
		if strings.EqualFold(s, n) {
			return r, false
		}
	}
	if a := address(s); a.IsValid() {
		r.Addr = a
		return r, true
	}
	if i := strings.LastIndexAny(s, " \t"); i > 0 {
		first, second := strings.TrimSpace(s[:i]), s[i+1:]
		switch a, b := address(first), address(second); {
		case b.IsValid():
			r.Addr = b
			if b != a {
				r.Name = first
			}
			return r, true
		case a.IsValid(): // tracetcp: the address first
			r.Addr, r.Name = a, strings.Trim(second, "()[]")
			return r, true
		}
	}
	r.Name = s
	return r, s != ""
}

// hostShape says that a word may be the name or address of a host.
func hostShape(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("._-:%/", c) >= 0, c >= 0x80:
		default:
			return false
		}
	}
	return s[0] != '.' && s[0] != '/' && s[0] != '-' && s[0] != ':' || strings.HasPrefix(s, "::")
}

// target makes a target from a name and an address, of which either may be the other or empty.
func target(name, addr string, from Basis) Target {
	t := Target{Name: short(name), Addr: address(addr), From: from}
	if a := address(name); a.IsValid() {
		t.Name = ""
		if !t.Addr.IsValid() {
			t.Addr = a
			if addr != "" && !address(addr).IsValid() {
				t.Name = short(addr)
			}
		}
	}
	if t.Name == "" && !t.Addr.IsValid() {
		t.From = ""
	}
	return t
}

// port reads a port; 0 if it is none.
func port(s string) uint16 {
	v, _ := strconv.ParseUint(strings.TrimSpace(s), 10, 16) // zero is not said
	return uint16(v)
}
