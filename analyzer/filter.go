package analyzer

import (
	"regexp"
	"slices"
	"strconv"
)

// Filters gives the capture filters (pcap-filter syntax) that the files of the capture say they were taken with. Most formats say nothing.
func (c *Capture) Filters() []string { return c.filters }

// portWords finds what names ports in a filter.
var portWords = regexp.MustCompile(`\bport(range)?\b`)

// LeavesOut says that the capture tells of a filter that names ports, and not this one: what went to it is not in the capture, whether it came or not.
func (c *Capture) LeavesOut(port uint16) bool {
	return slices.ContainsFunc(c.filters, func(filter string) bool {
		return portWords.MatchString(filter) && !regexp.MustCompile(`\bportrange\b`).MatchString(filter) &&
			!regexp.MustCompile(`\b`+strconv.Itoa(int(port))+`\b`).MatchString(filter)
	})
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
