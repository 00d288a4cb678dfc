package rules

import (
	"net/netip"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:     "rst-same-distance",
	Title:  "Resets in the names of several hosts come from one distance",
	Doc:    "Hosts at different distances arrive with different TTLs, and so do their resets. Where the resets of three hosts arrive with one TTL, and the hosts' own packets with three others, one device sent them all.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTTL,
	Innocent: []string{
		"A firewall or load balancer of the hosts' own network resets in their names.",
	},
	Next:   "Count the hops to where that TTL would come from (traceroute): the device stands that far away, if it starts from a usual TTL.",
	Refs:   []string{"RFC 1812, section 5.3.1"},
	Needs:  flow.NeedRST,
	OnFlow: keepDistance,
	OnCase: rstSameDistance,
})

// distanceOfReset is a reset and the TTL that its host's own packets arrive with.
type distanceOfReset struct {
	reset flow.Packet
	host  netip.Addr
	usual uint8
}

func keepDistance(pass *analyzer.Pass, f *flow.Flow) {
	p := firstReset(pass, f)
	if p == nil || stale(f, p) || atHost(pass.Capture, f, p.Side) {
		return
	}
	half := &f.Half[p.Side]
	usual := openTTL(half)
	switch {
	case usual == 0:
		pass.Skip("no other packet of the sender to compare with")
	case usual == p.TTL || half.TTL.Open == p.TTL || seenTTL(half, p.TTL):
	case flow.Hops(usual) == flow.Hops(p.TTL) && passive(p):
		pass.Skip("same distance from another initial TTL: the kernel's default against the application's")
	case half.TTL.Distinct() > 1:
		pass.Skip("the sender's packets came with several TTLs")
	default:
		pass.Keep(distanceOfReset{*p, half.Addr(), usual})
	}
}

func rstSameDistance(pass *analyzer.Pass, _ *analyzer.Case) {
	type key struct {
		capture int
		ttl     uint8
	}
	type crowd struct {
		hosts  map[netip.Addr]bool
		usuals map[uint8]flow.Packet // a reset in the name of a host with that TTL
	}
	crowds := make(map[key]*crowd)
	for _, k := range pass.Facts() {
		d := k.Value.(distanceOfReset)
		at := key{k.Capture.Index, d.reset.TTL}
		if crowds[at] == nil {
			crowds[at] = &crowd{make(map[netip.Addr]bool), make(map[uint8]flow.Packet)}
		}
		crowds[at].hosts[d.host] = true
		if _, ok := crowds[at].usuals[d.usual]; !ok {
			crowds[at].usuals[d.usual] = d.reset
		}
	}
	for _, k := range pass.Facts() {
		d := k.Value.(distanceOfReset)
		c := crowds[key{k.Capture.Index, d.reset.TTL}]
		if len(c.hosts) < leastAlike || len(c.usuals) < leastAlike {
			continue
		}
		found := pass.ReportOn(k.Conn, k.Capture, 2, "frame %d, a reset in the name of %v, arrived with TTL %d, as the resets of %d hosts did, whose own packets arrived with %d other TTLs; those of %v with %d",
			d.reset.Frame, d.host, d.reset.TTL, len(c.hosts), len(c.usuals), d.host, d.usual).
			Explains(&d.reset).Cite(&d.reset, analyzer.Forged, "ip.ttl", d.reset.TTL, d.usual)
		for usual := range 256 {
			if other, ok := c.usuals[uint8(usual)]; ok && uint8(usual) != d.usual {
				found.Cite(&other, analyzer.Context, "ip.ttl", other.TTL, usual)
				break
			}
		}
	}
}
