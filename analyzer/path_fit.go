package analyzer

import (
	"net/netip"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// Fit says what a path report has to do with the connections of the captures.
type Fit string

// The fits. A report of another target or time is set aside: no conclusion about a connection rests on it.
const (
	FitUnknown  Fit = ""        // it does not name its target, or that may be the address of a server before a translation, or not all connections are listed
	Forward     Fit = "forward" // to a server
	Reverse     Fit = "reverse" // from the other end: to a client, and to no server
	OtherTarget Fit = "other target"
	OtherTime   Fit = "other time"
)

// Fits gives the fit of each of Paths.
func (c *Case) Fits() []Fit {
	fits := make([]Fit, len(c.Paths))
	if len(c.Paths) == 0 || len(c.Flows) == 0 {
		return fits
	}
	hidden := false // a server is known only by the private address that its own side gives it
	servers, clients, names := make(map[netip.Addr]bool), make(map[netip.Addr]bool), make(map[string]bool)
	for _, conn := range c.Flows {
		for i := range conn.Seen {
			servers[conn.Seen[i].Half[flow.Server].Addr()] = true
			clients[conn.Seen[i].Half[flow.Client].Addr()] = true
		}
		hidden = hidden || c.hidesServer(conn)
		name, _ := c.Named(conn)
		if end := strings.IndexAny(name, "/:"); end >= 0 { // HTTP: a target or a port follows
			name = name[:end]
		}
		if name != "" {
			names[strings.ToLower(name)] = true
		}
	}
	for i, p := range c.Paths {
		to := p.Target
		switch {
		case c.otherTime(p):
			fits[i] = OtherTime
		case servers[to.Addr] || names[strings.ToLower(to.Name)]:
			fits[i] = Forward
		case clients[to.Addr]:
			fits[i] = Reverse
		case !to.Addr.IsValid() || to.From == route.FromLastHop && p.Cut || !c.Whole() || hidden && !private(to.Addr):
			fits[i] = FitUnknown
		default:
			fits[i] = OtherTarget
		}
	}
	return fits
}

// hidesServer says that clients may know the server of a connection by another address: all captures of it were taken behind a translation, as far as
// they tell.
func (c *Case) hidesServer(conn *Conn) bool {
	for i := range conn.Seen {
		if s := &conn.Seen[i]; !private(s.Half[flow.Server].Addr()) || c.Captures[s.Capture].Member.Role == AtClient {
			return false
		}
	}
	return true
}

// private says that an address has to be translated on its way into the Internet.
func private(a netip.Addr) bool { return a.IsPrivate() || shared.Contains(a) }

// sameTime is how long before the first packet or after the last a report may have been made. Whoever captures runs the trace shortly
// before or after; an hour later an outage is over and another load is on the links.
const sameTime = time.Hour

// otherTime says that a report was made at another time than all captures, as far as it tells the time and its zone.
func (c *Case) otherTime(p *PathReport) bool { return c.Apart(p) > 0 }

// Apart gives by how much a report began before the first packet of the captures or after the last; 0 if that is not much, or not known.
func (c *Case) Apart(p *PathReport) time.Duration {
	if p.Zone != route.ZoneGiven || c.From == 0 && c.To == 0 {
		return 0
	}
	if apart := max(time.Unix(0, c.From).Sub(p.Start), p.Start.Sub(time.Unix(0, c.To))); apart > sameTime {
		return apart
	}
	return 0
}
