package analyzer

import (
	"regexp"
	"slices"
	"strconv"
)

var (
	// portTerms finds what a filter says of ports: a number, a range or the name of a service.
	portTerms = regexp.MustCompile(`\b(?:port|portrange)\b[\s(]*(\d+)(?:-(\d+))?\b|\bport\s+[a-z]`)
	// moreNumbers finds the further ones of "port 80 or 443".
	moreNumbers = regexp.MustCompile(`\b(?:or|and)\s+\(*(\d+)(?:-(\d+))?\b`)
	// excluding finds what follows a "not", in brackets or alone. Brackets within brackets are taken as far as the first that closes.
	excluding = regexp.MustCompile(`(?:\bnot\b|!)\s*(?:\([^)]*\)|(?:(?:ip6?|tcp|udp|src|dst|or|and|port|portrange|host|net|ether|proto)\s+)*[^\s()]+)`)
	// byOffset finds ports that are read out of the header.
	byOffset = regexp.MustCompile(`\b(?:tcp|udp)\s*\[\s*[0-3]\s*[:\]]`)
)

// LeavesOut says that the capture tells of a filter that does not let pass what goes to a port, or may not: it names other ports alone, or
// excludes this one. What went there is then not in the capture, whether it came or not.
func (c *Capture) LeavesOut(port uint16) bool {
	return slices.ContainsFunc(c.filters, func(filter string) bool {
		for _, term := range excluding.FindAllString(filter, -1) {
			if named, service, _ := portsIn(term, port); named || service {
				return true
			}
		}
		named, _, any := portsIn(excluding.ReplaceAllString(filter, " "), port)
		return any && !named || byOffset.MatchString(filter)
	})
}

// portsIn says whether a filter names a port, whether it names a service, and whether it names any port at all.
func portsIn(filter string, port uint16) (named, service, any bool) {
	terms := portTerms.FindAllStringSubmatch(filter, -1)
	any = len(terms) > 0
	if any {
		terms = append(terms, moreNumbers.FindAllStringSubmatch(filter, -1)...)
	}
	for _, m := range terms {
		if m[1] == "" {
			service = true
			continue
		}
		first, _ := strconv.Atoi(m[1]) // digits; more than fit are no port
		last := first
		if m[2] != "" {
			last, _ = strconv.Atoi(m[2])
		}
		named = named || first <= int(port) && int(port) <= last
	}
	return named, service, any
}

// noteFilters takes in the filters of one file.
func (c *Capture) noteFilters(all []string) (fresh []string) {
	for _, f := range all {
		if f != "" && !slices.Contains(c.filters, f) {
			c.filters, fresh = append(c.filters, f), append(fresh, f)
		}
	}
	return fresh
}
