package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "source-port-decides",
	Title: "Neither time nor name decides which connections fail: perhaps the source port",
	Doc: "Between routers of equal cost a connection's addresses and ports choose the way. A device on one of several ways hits some connections and never the others, whenever they come and whatever they ask for. The same is seen " +
		"where one of several servers behind one address is broken.",
	Cause:  analyzer.Blackhole,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"One of the servers behind a load balancer fails; it, too, is chosen by addresses and ports.",
		"The server fails now and then by itself.",
	},
	Next: "Connect many times from chosen source ports (curl --local-port, traceroute -T --sport), some of the list that failed and some of the one that worked: where a port fails each time, addresses and ports choose. Then trace " +
		"the way of each kind.",
	Refs:   []string{"Bhaskar, Pearce: Understanding Routing-Induced Censorship Changes Globally, CCS 2024", "RFC 2992"},
	Needs:  flow.NeedRST | flow.NeedUnanswered,
	OnCase: sourcePortDecides,
})

const (
	// leastTurns is how often failing and working must change places in time, so that the time does not explain it.
	leastTurns = 6
	// mostPorts is how many ports of a kind a sentence names.
	mostPorts = 8
)

func sourcePortDecides(pass *analyzer.Pass, c *analyzer.Case) {
	if !c.Whole() {
		pass.Skip("not all connections are listed")
		return
	}
	order, all := allBetween(c)
	for _, at := range order {
		var conns []*analyzer.Conn
		for _, conn := range all[at] {
			if conn.Class != analyzer.Endpoint && (worked(conn) || conn.Class != analyzer.Clean) {
				conns = append(conns, conn)
			}
		}
		turns, failed := 0, 0
		results := make(map[string]int) // by name: 1 worked, 2 failed, 3 both
		kinds := [2][]uint16{}
		for i, conn := range conns {
			name, _ := c.Named(conn)
			how := 0
			if !worked(conn) {
				how = 1
				failed++
			}
			if i > 0 && worked(conns[i-1]) != worked(conn) {
				turns++
			}
			results[name] |= how + 1
			kinds[how] = append(kinds[how], conn.Client().Port)
		}
		switch {
		case turns < leastTurns || failed < leastCompared || len(conns)-failed < leastCompared:
			continue
		case !slices.Contains(slices.Collect(maps.Values(results)), 3):
			pass.Skip("each name always failed or always worked: the name may decide")
			continue
		}
		bad, good := someOf(kinds[1]), someOf(kinds[0])
		for _, conn := range conns {
			if worked(conn) {
				continue
			}
			found := pass.ReportOn(conn, c.Captures[at.capture], analyzer.Note, "of %d connections from %v to %v %d failed and %d worked, changing %d times, one and the same name among both; source ports that failed: %s; that worked: %s",
				len(conns), at.client.Addr(), at.server, failed, len(conns)-failed, turns, bad, good)
			found.Cite(firstOf(&conn.Seen[0].Half[flow.Client]), analyzer.Context, "tcp.srcport", conn.Client().Port, "—")
		}
	}
}

// someOf names the first of many ports.
func someOf(ports []uint16) string {
	slices.Sort(ports)
	s := strings.Trim(fmt.Sprint(ports[:min(len(ports), mostPorts)]), "[]")
	if len(ports) > mostPorts {
		s += " …"
	}
	return s
}
