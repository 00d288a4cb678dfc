package rules

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// between is one client's connections to one address and port, as one capture holds them.
type between struct {
	capture        int
	client, server flow.Endpoint // the client's port is 0
}

// place is an address and port as one capture holds it.
type place struct {
	capture int
	server  flow.Endpoint
}

// betweenOf gives what a connection is one of.
func betweenOf(capture int, s *flow.Summary) between {
	at := between{capture, s.Half[flow.Client].Endpoint, s.Half[flow.Server].Endpoint}
	at.client.Port = 0
	return at
}

// allBetween gives the TCP connections of a ticket by client and server, each list in order of time, in the order of the case.
func allBetween(c *analyzer.Case) (order []between, conns map[between][]*analyzer.Conn) {
	conns = make(map[between][]*analyzer.Conn)
	for _, conn := range c.Flows {
		if conn.Proto() != flow.TCP {
			continue
		}
		at := betweenOf(conn.Seen[0].Capture, &conn.Seen[0].Summary)
		if conns[at] == nil {
			order = append(order, at)
		}
		conns[at] = append(conns[at], conn)
	}
	for _, at := range order {
		slices.SortStableFunc(conns[at], func(x, y *analyzer.Conn) int { return cmp.Compare(x.Seen[0].First, y.Seen[0].First) })
	}
	return order, conns
}

// worked says that a connection did what it should: its server said something, and nothing went wrong.
func worked(c *analyzer.Conn) bool {
	return c.Class == analyzer.Clean && c.Seen[0].Half[flow.Server].Bytes > 0
}
