package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "syn-never-arrived",
	Title: "The SYNs left the client and never arrived at the server",
	Doc: "With captures of both hosts it shows whether a connection attempt arrives. If the client's SYNs are not in the server's capture, which was running, missed nothing, and holds other connections of the same two hosts to other ports at that time, they were dropped " +
		"in between.",
	Cause:  analyzer.SYNDrop,
	Family: analyzer.FamilyPeer,
	Innocent: []string{
		"The server's network card, hypervisor or security group dropped them before the point where tcpdump listens.",
		"The client's network card or hypervisor dropped them behind the point where tcpdump listens.",
		"The way in between was down for a while.",
	},
	Next:   "Look first at the security group and the firewall rules of the server's cloud for this port; then trace the way to the port (traceroute -T -p, tcptraceroute): where the answers end stands the filter.",
	Refs:   []string{"RFC 9293, section 3.8.1"},
	Needs:  flow.NeedUnanswered,
	OnFlow: keepSYNs,
	OnCase: synNeverArrived,
})

func keepSYNs(pass *analyzer.Pass, f *flow.Flow) {
	if f.Half[flow.Server].Packets > 0 || f.Half[flow.Client].Bytes > 0 || !atHost(pass.Capture, f, flow.Client) {
		return
	}
	var syns []flow.Packet
	for _, p := range f.From(flow.Client) {
		if p.Flags&(flow.SYN|flow.ACK) == flow.SYN && !p.Marks.Has(flow.Duplicate) {
			syns = append(syns, *p)
		}
	}
	if len(syns) > 1 { // one may be lost by chance
		pass.Keep(syns)
	}
}

func synNeverArrived(pass *analyzer.Pass, c *analyzer.Case) {
	if len(c.Captures) < 2 || len(pass.Facts()) == 0 {
		return
	}
	if !c.Whole() {
		pass.Skip("not all connections are listed")
		return
	}
	ends := endsOf(c)
	// One filter drops the SYNs of all connections to a port: their copies count together.
	type lost struct {
		end *otherEnd
		n   int
	}
	type all struct {
		n        int
		from, to int64
	}
	dropped := make(map[*analyzer.Conn]lost)
	together := make(map[service]*all)
	for _, k := range pass.Facts() {
		if len(k.Conn.Seen) > 1 {
			continue
		}
		end, n, why := ends.witness(pass, k, k.Value.([]flow.Packet))
		if why != "" {
			pass.Skip(why)
			continue
		}
		dropped[k.Conn] = lost{end, n}
		syns, at := k.Value.([]flow.Packet), serviceOf(end, k.Conn)
		if together[at] == nil {
			together[at] = &all{0, syns[0].Time, syns[0].Time}
		}
		t := together[at]
		t.n, t.from, t.to = t.n+n, min(t.from, syns[0].Time), max(t.to, syns[len(syns)-1].Time)
	}
	for _, k := range pass.Facts() {
		d, ok := dropped[k.Conn]
		if !ok {
			continue
		}
		syns := k.Value.([]flow.Packet)
		t := together[serviceOf(d.end, k.Conn)]
		switch same, others := ends.meanwhile(k, t.from, t.to); {
		case same:
			pass.Skip("others to the same port arrived in between: addresses and ports choose the way, or one of several hosts")
			continue
		case !others:
			pass.Skip("no other connection of these two hosts arrived in between: the way may have been down")
			continue
		}
		first, last := &syns[0], &syns[len(syns)-1]
		pass.ReportOn(k.Conn, k.Capture, weightOfLost(t.n), "%v sent %d SYNs to %v, the first in frame %d; the other end's capture, which was running when %d of them were due, %d of all to this port, and holds %d other connections of %v and %v, has none",
			k.Conn.Client(), len(syns), k.Conn.Server(), first.Frame, d.n, t.n, d.end.common, d.end.client, d.end.server).
			Cite(first, analyzer.Dropped, "tcp.flags.syn", 1, 1).
			Cite(last, analyzer.Dropped, "tcp.seq_raw", uint32(last.Seq), uint32(first.Seq))
	}
}
