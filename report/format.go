package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// clock writes a time for people: to the millisecond, UTC.
func clock(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000") }

// clockOnly writes the time of day to the microsecond, UTC.
func clockOnly(ns int64) string { return time.Unix(0, ns).UTC().Format("15:04:05.000000") }

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

// filters gives the lines that an engineer copies into Wireshark and tshark.
func (v *ExhibitView) filters(b *builder, e *analyzer.Exhibit, cited map[uint32]analyzer.Role) {
	c, s := e.Half[flow.Client].Endpoint, e.Half[flow.Server].Endpoint
	addr, ttl := "ip.addr", "-e ip.src -e ip.ttl -e ip.id"
	if !c.V4 {
		addr, ttl = "ipv6.addr", "-e ipv6.src -e ipv6.hlim"
	}
	v.Filter = fmt.Sprintf("%s==%v && %s==%v && tcp.port==%d && tcp.port==%d", addr, c.Addr(), addr, s.Addr(), c.Port, s.Port)
	frames := slices.Sorted(maps.Keys(cited))
	const most = 40
	if len(frames) > 0 {
		v.Frames = "frame.number in {" + strings.Trim(strings.ReplaceAll(fmt.Sprint(frames[:min(len(frames), most)]), " ", ", "), "[]") + "}"
	}
	v.Verify = fmt.Sprintf("tshark -r %s -Y \"%s\" -T fields -e frame.number -e frame.time_relative %s -e tcp.flags.str -e tcp.seq_raw -e tcp.ack_raw -e tcp.len",
		quoted(b.Captures[e.Capture].Member.Name), v.Filter, ttl)
}

// quoted gives the base name of a member for a command line; one that a shell could misread is replaced.
func quoted(name string) string {
	name = name[strings.LastIndexAny(name, "/\\")+1:]
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return hostile(r) || strings.ContainsRune("\"'`$\\!|&;<>*?()[]{}%^~#", r) }) || strings.HasPrefix(name, "-") {
		return "CAPTURE"
	}
	return "\"" + name + "\""
}
