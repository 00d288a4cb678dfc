package rules

import (
	"net/netip"
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// hosts is a client and a server as one capture names them.
type hosts struct {
	capture        int
	client, server netip.Addr
}

// otherEnd is how the capture of the server's host names two hosts, which translation may have given other addresses, and how many of their
// connections it holds of those that the client's capture does.
type otherEnd struct {
	hosts
	common  int
	proxied bool // a SYN proxy opened one of them
}

// service is a port of a host as one capture names it.
type service struct {
	capture int
	server  netip.Addr
	port    uint16
}

// visit is what one client has to do with a service.
type visit struct {
	service
	client netip.Addr
}

// ends tells what the captures of servers hold of the connections that a client's capture shows, for connections that are in that one alone.
type ends struct {
	c     *analyzer.Case
	of    map[hosts][]*otherEnd
	alone map[hosts][]*analyzer.Conn // answered, and in no other capture
	only  map[visit]*intervals       // in the server's capture alone
	amiss map[[2]hosts]bool          // whether the server's capture lacks one of alone that it should hold; asked once for all that is compared
	ports map[service]bool
	count map[service]int                // of the ports of a host; port 0
	syns  map[numbered]bool              // that a server's capture holds
	came  map[hosts][]*analyzer.Sighting // that arrived, as the client's capture holds them
}

// numbered is how the SYN of a connection is known in a capture, whatever translation does to addresses and ports.
type numbered struct {
	capture int
	isn     flow.Seq
}

func endsOf(c *analyzer.Case) *ends {
	e := &ends{c: c, of: make(map[hosts][]*otherEnd), alone: make(map[hosts][]*analyzer.Conn), only: make(map[visit]*intervals), amiss: make(map[[2]hosts]bool),
		ports: make(map[service]bool), count: make(map[service]int), syns: make(map[numbered]bool), came: make(map[hosts][]*analyzer.Sighting)}
	for _, conn := range c.Flows {
		if conn.Proto() != flow.TCP {
			continue
		}
		for i := range conn.Seen {
			from := &conn.Seen[i]
			key := hosts{from.Capture, from.Half[flow.Client].Addr(), from.Half[flow.Server].Addr()}
			at := service{from.Capture, key.server, from.Half[flow.Server].Port}
			if from.Half[flow.Client].SeenSYN {
				e.syns[numbered{from.Capture, from.Half[flow.Client].ISN}] = true
			}
			if !e.ports[at] {
				e.ports[at] = true
				e.count[service{from.Capture, key.server, 0}]++
			}
			if len(conn.Seen) == 1 {
				v := visit{at, key.client}
				if e.only[v] == nil {
					e.only[v] = &intervals{}
				}
				e.only[v].add(from.First, from.Last)
				if from.Half[flow.Server].Usable() {
					e.alone[key] = append(e.alone[key], conn)
				}
			}
			came := false
			for k := range conn.Seen {
				if to := &conn.Seen[k]; k != i && c.Captures[to.Capture].Member.Role == analyzer.AtServer {
					e.join(key, hosts{to.Capture, to.Half[flow.Client].Addr(), to.Half[flow.Server].Addr()}, conn.Proxied(i, k))
					came = true
				}
			}
			if came {
				e.came[key] = append(e.came[key], from)
			}
		}
	}
	return e
}

func (e *ends) join(key, to hosts, proxied bool) {
	for _, o := range e.of[key] {
		if o.hosts == to {
			o.common, o.proxied = o.common+1, o.proxied || proxied
			return
		}
	}
	e.of[key] = append(e.of[key], &otherEnd{to, 1, proxied})
}

const (
	// leastPorts is how many ports of a host a capture must hold to show that no filter picks one of them; that it was pinged counts as one. Where
	// the host's address is translated, only that shows that all ports are: who forwards one port after the other answers pings itself.
	leastPorts = 3
	// leastCommon is how many connections of two hosts both captures must hold to show that the other holds all of them: an address
	// that stands for two hosts would have spread these, but once in eight.
	leastCommon = 4
)

// witness gives the capture of the server's host that would show packets which a client sent, and how many of them it was running for; or why
// there is none.
func (e *ends) witness(pass *analyzer.Pass, k analyzer.Fact, sent []flow.Packet) (end *otherEnd, n int, why string) {
	seen := &k.Conn.Seen[0]
	key := hosts{seen.Capture, seen.Half[flow.Client].Addr(), seen.Half[flow.Server].Addr()}
	why = "no capture of the server holds connections of these two hosts"
	for _, o := range e.of[key] {
		at := e.c.Captures[o.capture]
		if why = witness(at); why != "" {
			continue
		}
		if why = e.blind(pass, key, o, seen.Half[flow.Server].Port, sent); why != "" {
			continue
		}
		if e.syns[numbered{o.capture, seen.Half[flow.Client].ISN}] {
			why = "the receiver's capture holds the SYN, to another port"
			continue
		}
		if n, known := running(pass, sent, k.Capture, at, 0); known && n > 0 {
			return o, n, ""
		}
		why = "the receiver's capture may have ended before it was due"
	}
	return nil, 0, why
}

// blind says why the capture of the server's host may not hold all connections between two hosts; empty if it does.
func (e *ends) blind(pass *analyzer.Pass, key hosts, o *otherEnd, port uint16, sent []flow.Packet) string {
	from, at := e.c.Captures[key.capture], e.c.Captures[o.capture]
	if at.LeavesOut(port) {
		return "the receiver's capture says that its filter names ports, and not this one"
	}
	if o.proxied {
		return ofProxy
	}
	if o.common < leastCommon {
		return "too few connections of these two hosts are in both captures"
	}
	if e.lacks(pass, key, o) {
		return "other connections between these hosts were answered, and are not in the receiver's capture: the address may stand for several hosts"
	}
	first, _, _ := pass.Translate(sent[0].Time, from, at)
	_, last, _ := pass.Translate(sent[len(sent)-1].Time, from, at)
	if e.only[visit{service{o.capture, o.server, port}, o.client}].meet(first-underWay, last+underWay) {
		return "the receiver's capture holds a connection of its own between these hosts at that time, which may be this one"
	}
	kinds := e.count[service{o.capture, o.server, 0}]
	pinged := pingedBy(at, o.client)
	if pinged {
		kinds++
	}
	if !e.ports[service{o.capture, o.server, port}] && (kinds < leastPorts || o.server != key.server && !pinged) {
		return "a capture filter may hide this port at the other end, or translation send it to another host"
	}
	return ""
}

// lacks says that the capture of the server's host does not hold a connection of these two hosts that was answered while it was running.
func (e *ends) lacks(pass *analyzer.Pass, key hosts, o *otherEnd) bool {
	from, at := e.c.Captures[key.capture], e.c.Captures[o.capture]
	lacks, known := e.amiss[[2]hosts{key, o.hosts}]
	if !known {
		lacks = slices.ContainsFunc(e.alone[key], func(conn *analyzer.Conn) bool {
			earliest, latest, ok := pass.Translate(conn.Seen[0].First, from, at)
			return ok && earliest > at.Member.From && latest+underWay < at.Member.To
		})
		e.amiss[[2]hosts{key, o.hosts}] = lacks
	}
	return lacks
}

// meanwhile says whether other connections of two hosts arrived that began between two times: to the same port, and to others.
func (e *ends) meanwhile(k analyzer.Fact, from, to int64) (same, others bool) {
	seen := &k.Conn.Seen[0]
	for _, s := range e.came[hosts{seen.Capture, seen.Half[flow.Client].Addr(), seen.Half[flow.Server].Addr()}] {
		if s.First > from && s.First < to {
			here := s.Half[flow.Server].Port == seen.Half[flow.Server].Port
			same, others = same || here, others || !here
		}
	}
	return same, others
}

// opened says that a connection of the same two hosts to the same port arrived and was not refused.
func (e *ends) opened(k analyzer.Fact) bool {
	seen := &k.Conn.Seen[0]
	return slices.ContainsFunc(e.came[hosts{seen.Capture, seen.Half[flow.Client].Addr(), seen.Half[flow.Server].Addr()}], func(s *analyzer.Sighting) bool {
		return s.Half[flow.Server].Port == seen.Half[flow.Server].Port && s.Half[flow.Server].Usable()
	})
}

// serviceOf gives the port that a connection asked for at the other end.
func serviceOf(end *otherEnd, c *analyzer.Conn) service {
	return service{end.capture, end.server, c.Server().Port}
}

// pingedBy says that a capture holds echo requests of a host.
func pingedBy(c *analyzer.Capture, a netip.Addr) bool {
	return slices.ContainsFunc(c.Hosts, func(h flow.Host) bool { return h.Pings > 0 && h.Addr.Addr() == a })
}
