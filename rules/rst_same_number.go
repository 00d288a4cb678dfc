package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-same-number",
	Title: "Resets of several connections have one and the same IP identification",
	Doc: "A host that counts or draws the identification of its packets gives each another one. Devices that build resets from a template give all the same. That the first resets of three connections share one number by chance " +
		"happens once in four thousand million.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyIPID,
	Innocent: []string{
		"A load balancer or firewall of the server's own network resets in its name, and it is this that uses a template.",
	},
	Next:   "Capture on the host at the same time: a reset with this identification must leave it, or it was forged.",
	Refs:   []string{"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009, section 5", "RFC 6864, section 4.1"},
	Needs:  flow.NeedRST,
	OnFlow: keepNumber,
	OnCase: rstSameNumber,
})

// leastAlike is how many connections must show the same before it is no chance.
const leastAlike = 3

func keepNumber(pass *analyzer.Pass, f *flow.Flow) {
	p := firstReset(pass, f)
	if p == nil || p.IPID == 0 || p.Marks.Has(flow.IPv6) || stale(f, p) || atHost(pass.Capture, f, p.Side) {
		return
	}
	half := &f.Half[p.Side]
	if host := pass.Host(half); !numbers(half.IPID.Policy()) && (host == nil || !numbers(host.IPID.Policy())) {
		pass.Skip("the host neither counts nor draws its identifications, as far as is seen")
		return
	}
	pass.Keep(*p)
}

// numbers says that a host gives each packet another identification.
func numbers(p flow.IPIDPolicy) bool { return p.Counts() || p == flow.IPIDRandom }

func rstSameNumber(pass *analyzer.Pass, _ *analyzer.Case) {
	type key struct {
		capture int
		number  uint16
	}
	alike := make(map[key][]analyzer.Fact)
	for _, k := range pass.Facts() {
		at := key{k.Capture.Index, k.Value.(flow.Packet).IPID}
		alike[at] = append(alike[at], k)
	}
	for _, k := range pass.Facts() {
		p := k.Value.(flow.Packet)
		same := alike[key{k.Capture.Index, p.IPID}]
		if len(same) < leastAlike {
			continue
		}
		other := same[0].Value.(flow.Packet)
		if other.Frame == p.Frame {
			other = same[1].Value.(flow.Packet)
		}
		pass.ReportOn(k.Conn, k.Capture, 2, "frame %d, a reset, has the IP identification %s, as the resets of %d connections have, frame %d among them; the host's own packets do not share one",
			p.Frame, hex(p.IPID), len(same), other.Frame).
			Explains(&p).
			Cite(&p, analyzer.Forged, "ip.id", hex(p.IPID), "—").
			Cite(&other, analyzer.Context, "ip.id", hex(other.IPID), "≠ "+hex(p.IPID))
	}
}

// firstReset gives the reset that ended a flow; nil if there is none.
func firstReset(pass *analyzer.Pass, f *flow.Flow) *flow.Packet {
	for i := range f.Packets {
		if p := &f.Packets[i]; isReset(pass, p) {
			if first(f, i) {
				return p
			}
			return nil
		}
	}
	return nil
}
