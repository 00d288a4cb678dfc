package main

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// words are what a line of a path report, a mail or JSON may hold that its parser has an opinion on.
var words = []string{"*", "???", "!X", "!H", "<1 ms", "ms", "1ms", "100%", "-1%", "nan", "+Inf", "1e308", "0x1", "(waiting for reply)", "AS65535", "[MPLS: Lbl 1 TC 0 S 1 TTL 1]",
	"10.0.0.1", "::1", "fe80::1%eth0", "999.1.1.1", "1.2.3.4.5", "(10.0.0.1)", "|--", "|-", ",", ";", "\"", "{", "}", "[", "]", "<td>", "</td>", "&#60;", "\r", "\t", "\x00", "\x1b[2J", "\u202e", "\xff",
	"Start:", "HOST:", "traceroute to 10.0.0.1 (10.0.0.1), 30 hops max", "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=1 ms", "跟踪完成。", "最短 = 1ms"}

// text changes the lines of a path report: whole lines, single numbers, single words; sometimes the code that it is written in.
func (c chance) text(b []byte) []byte {
	lines := strings.Split(string(b), "\n")
	for range 1 + c.IntN(5) {
		i := c.IntN(len(lines))
		switch line := lines[i]; c.IntN(10) {
		case 0:
			lines = slices.Insert(lines, i, line)
		case 1:
			if len(lines) > 1 {
				lines = slices.Delete(lines, i, i+1)
			}
		case 2:
			j := c.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
		case 3, 4, 5:
			all := numbers.FindAllStringIndex(line, -1)
			if len(all) == 0 {
				continue
			}
			at := pick(c, all)
			old, _ := strconv.ParseFloat(line[at[0]:at[1]], 64)
			value := strconv.FormatUint(c.number(uint64(old)), 10)
			if c.in(3) {
				value = "-" + value
			}
			if c.in(8) {
				value = strings.Repeat("9", 1+c.IntN(400))
			}
			lines[i] = line[:at[0]] + value + line[at[1]:]
		case 6, 7:
			at := c.IntN(len(line) + 1)
			lines[i] = line[:at] + pick(c, words) + line[at:]
		case 8:
			all := strings.Fields(line)
			if len(all) > 0 {
				lines[i] = strings.Replace(line, pick(c, all), pick(c, append(words, hostileNames...)), 1)
			}
		case 9:
			lines[i] = strings.Repeat(line, 1+c.IntN(40))
		}
	}
	out := []byte(strings.Join(lines, "\n"))
	switch c.IntN(20) {
	case 0:
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
	case 1:
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r"))
	case 2: // UTF-16
		wide := []byte{0xff, 0xfe}
		for _, b := range out {
			wide = append(wide, b, 0)
		}
		out = wide
	}
	return out
}
