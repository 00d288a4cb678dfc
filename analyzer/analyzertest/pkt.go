package analyzertest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Script is a .pkt file.
type Script struct {
	Name     string
	captures []*script
	paths    []*pathScript
}

// pathScript is a path report of the ticket.
type pathScript struct {
	name string
	text []string
	rows map[int]*packetLine // that a finding may be about, by their line in the report
}

// script is what one capture point saw.
type script struct {
	name  string
	flows []*flowScript
}

type flowScript struct {
	line           int
	client, server netip.AddrPort
	keys           map[string]string
	packets        []*packetLine
	class, cause   string
}

type packetLine struct {
	line   int
	text   string
	time   float64
	side   byte // C, S or I
	router netip.Addr
	flags  uint16
	keys   map[string]string
	wants  []want
	frame  uint32 // where it came to stand in the capture
	flow   *flowScript
}

// want is an expected finding.
type want struct{ rule, part string }

var flagBits = map[string]uint16{"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128, "none": 0}

// ParsePkt reads a .pkt file. Errors name the line.
func ParsePkt(name string, src []byte) (*Script, error) {
	s := &Script{Name: name, captures: []*script{{name: "capture"}}}
	var now float64
	for i, text := range strings.Split(string(src), "\n") {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("%s:%d: "+format, append([]any{name, i + 1}, args...)...)
		}
		if row, ok := strings.CutPrefix(text, "|"); ok {
			if len(s.paths) == 0 {
				return nil, fail("a path line comes first")
			}
			r := s.paths[len(s.paths)-1]
			r.text = append(r.text, strings.TrimPrefix(row, " "))
			continue
		}
		code, comment := splitComment(text)
		words := fields(code)
		if len(words) == 0 {
			continue
		}
		c := s.captures[len(s.captures)-1]
		switch words[0] {
		case "capture":
			if len(words) != 2 {
				return nil, fail("capture takes a name")
			}
			if len(c.flows) == 0 {
				c.name = words[1]
			} else {
				s.captures = append(s.captures, &script{name: words[1]})
			}
			continue
		case "path":
			if len(words) != 2 {
				return nil, fail("path takes a name")
			}
			s.paths = append(s.paths, &pathScript{name: words[1], rows: make(map[int]*packetLine)})
			continue
		case "want":
			if len(s.paths) == 0 {
				return nil, fail("a path line comes first")
			}
			wants, err := parseWants(code)
			if err != nil {
				return nil, fail("%v", err)
			}
			r := s.paths[len(s.paths)-1]
			row := r.row(len(r.text), i+1)
			row.wants = append(row.wants, wants...)
			continue
		case "flow":
			f, err := parseFlow(words)
			if err != nil {
				return nil, fail("%v", err)
			}
			f.line, now = i+1, 0
			c.flows = append(c.flows, f)
			continue
		}
		if len(c.flows) == 0 {
			return nil, fail("a flow line comes first")
		}
		f := c.flows[len(c.flows)-1]
		if words[0] == "verdict" {
			if len(words) != 3 {
				return nil, fail("verdict takes a class and a cause")
			}
			f.class, f.cause = words[1], words[2]
			continue
		}
		p, err := parsePacket(words, now)
		if err != nil {
			return nil, fail("%v", err)
		}
		if p.wants, err = parseWants(comment); err != nil {
			return nil, fail("%v", err)
		}
		p.line, p.text, p.flow, now = i+1, strings.TrimSpace(text), f, p.time
		f.packets = append(f.packets, p)
	}
	return s, nil
}

// splitComment cuts a line at the first # outside quotes.
func splitComment(s string) (code, comment string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"' && (i == 0 || s[i-1] != '\\'):
			quoted = !quoted
		case s[i] == '#' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// fields splits at blanks outside quotes.
func fields(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t' || r == '\r')
	})
}

func parseFlow(words []string) (*flowScript, error) {
	if len(words) < 4 || words[2] != ">" {
		return nil, fmt.Errorf("want: flow CLIENT > SERVER and keys")
	}
	f := &flowScript{}
	var err error
	if f.client, err = netip.ParseAddrPort(words[1]); err != nil {
		return nil, err
	}
	if f.server, err = netip.ParseAddrPort(words[3]); err != nil {
		return nil, err
	}
	f.keys, err = parseKeys(words[4:], "client.ttl server.ttl client.isn server.isn client.id server.id client.win server.win ts udp")
	return f, err
}

func parsePacket(words []string, now float64) (*packetLine, error) {
	if len(words) < 3 {
		return nil, fmt.Errorf("want: TIME SIDE FLAGS and keys")
	}
	p := &packetLine{}
	t, err := strconv.ParseFloat(strings.TrimPrefix(words[0], "+"), 64)
	if err != nil {
		return nil, fmt.Errorf("time %q: %w", words[0], err)
	}
	p.time = t
	if words[0][0] == '+' {
		p.time += now
	}
	switch p.side = words[1][0]; {
	case len(words[1]) != 1 || !strings.Contains("CSI", words[1]):
		return nil, fmt.Errorf("side %q: want C, S or I", words[1])
	case p.side == 'I':
		if p.router, err = netip.ParseAddr(words[2]); err != nil {
			return nil, err
		}
	default:
		for _, name := range strings.Split(words[2], ",") {
			bit, ok := flagBits[name]
			if !ok {
				return nil, fmt.Errorf("no flag %q", name)
			}
			p.flags |= bit
		}
	}
	p.keys, err = parseKeys(words[3:], "seq ack rseq rack len data win ttl id df tos mss ws sack nots tsval dup cut type code mtu quote dns dnsid a opt qtype quic mptcprst")
	return p, err
}

func parseKeys(words []string, known string) (map[string]string, error) {
	keys := make(map[string]string)
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		if !strings.Contains(" "+known+" ", " "+k+" ") {
			return nil, fmt.Errorf("no key %q", k)
		}
		keys[k] = v
	}
	return keys, nil
}

// parseWants reads the expected findings of a comment.
func parseWants(comment string) ([]want, error) {
	var wants []want
	words := fields(comment)
	for i := 0; i < len(words); i++ {
		if words[i] != "want" {
			continue
		}
		if i+1 == len(words) {
			return nil, fmt.Errorf("want takes a rule")
		}
		w := want{rule: words[i+1]}
		if i+2 < len(words) && strings.HasPrefix(words[i+2], `"`) {
			part, err := strconv.Unquote(words[i+2])
			if err != nil {
				return nil, fmt.Errorf("want %s: %w", words[i+2], err)
			}
			w.part = part
		}
		wants = append(wants, w)
	}
	return wants, nil
}

// row gives the row of a report at one of its lines, at which findings about it are expected.
func (r *pathScript) row(line, inScript int) *packetLine {
	if r.rows[line] == nil {
		r.rows[line] = &packetLine{line: inScript, text: r.name + ": " + r.text[max(0, min(line, len(r.text))-1)]}
	}
	return r.rows[line]
}
