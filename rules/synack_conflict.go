package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "synack-conflict",
	Title: "One SYN, two SYN/ACKs that contradict each other",
	Doc: "A server chooses one initial sequence number for a connection and repeats it with each SYN/ACK. Two SYN/ACKs with different numbers, for a SYN that was sent once, come from " +
		"two senders; devices forge one to keep the client from reaching the server.",
	Cause:  analyzer.HandshakeHijack,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"Two machines of the server's network have the same address, and both answer.",
		"The network doubled the SYN, and a load balancer gave the copies to two machines.",
	},
	Next:   "Capture on the server and look which of the two SYN/ACKs left it.",
	Refs:   []string{"RFC 9293, section 3.4.1"},
	Needs:  flow.NeedLoss | flow.NeedOverlap,
	OnFlow: synackConflict,
})

func synackConflict(pass *analyzer.Pass, f *flow.Flow) {
	client := &f.Half[flow.Client]
	var first, second *flow.Packet
	asked := 0
	for i := range f.Packets {
		p := &f.Packets[i]
		switch {
		case !p.IsTCP() || !p.Flags.Any(flow.SYN) || p.Flags.Any(flow.RST) || p.Marks.Has(flow.Duplicate):
		case p.Side == flow.Client && second == nil:
			asked++
		case p.Side == flow.Client || !p.Flags.Any(flow.ACK) || !client.SeenSYN || p.Ack != client.ISN.Add(1):
		case first == nil:
			first = p
		case second == nil && p.Seq != first.Seq:
			second = p
		}
	}
	switch {
	case second == nil:
		return
	case asked != 1:
		pass.Skip("the SYN was sent again: a load balancer may have given each to another machine")
		return
	case f.Half[flow.Server].Host == client.Host:
		return
	case second.Time-client.FirstTime >= synAgain:
		pass.Skip("the second answer comes when the SYN was due again, which the capture may have missed")
		return
	case continued(f, first) && continued(f, second):
		pass.Skip("both numbers were used on: the capture holds the connection twice, before and after a device that renumbers it")
		return
	case second.IPID != 0 && second.IPID == first.IPID, abs(int(first.TTL)-int(second.TTL)) == 1 && duplicates(pass.Capture):
		pass.Skip("the two may be one packet, before and after a device that renumbers the connection")
		return
	}
	weight := analyzer.Weight(3.5)
	if flow.Hops(first.TTL) == flow.Hops(second.TTL) {
		weight = 1.2 // two machines with one address, beside each other
	}
	forged := foreignSYNACK(pass, f, first, second)
	found := pass.Report(weight, "frames %d and %d answer the one SYN of %v with different sequence numbers, %d and %d, and TTL %d and %d",
		first.Frame, second.Frame, client.Endpoint, uint32(first.Seq), uint32(second.Seq), first.TTL, second.TTL).
		Explains(second)
	for _, p := range []*flow.Packet{first, second} {
		role := analyzer.Context
		if p == forged {
			role = analyzer.Forged
			found.Explains(p)
		}
		found.Cite(p, role, "tcp.seq_raw", uint32(p.Seq), uint32(f.Half[flow.Server].ISN)).
			Cite(p, role, "ip.ttl", p.TTL, openTTL(&f.Half[flow.Server]))
	}
}

// synAgain is when a client sends its SYN again at the earliest (RFC 6298, section 2: after a second), less what its timer is coarse.
const synAgain = int64(900 * time.Millisecond)

// continued says that the server sent more under the number that its SYN/ACK gave: data, or another acknowledgment just behind it.
func continued(f *flow.Flow, synack *flow.Packet) bool {
	for _, p := range f.From(flow.Server) {
		if ordinary(p) && synack.Seq.Less(p.Seq) && distance(p.Seq, synack.Seq) <= nearBehind {
			return true
		}
	}
	return false
}

// nearBehind is how far a connection may be from its beginning and still be told by it: two random numbers lie as near once in two thousand.
const nearBehind = 1 << 20

// foreignSYNACK tells which of two SYN/ACKs came from another distance than the server's other packets, on this connection or on
// others; nil if that cannot be told.
func foreignSYNACK(pass *analyzer.Pass, f *flow.Flow, first, second *flow.Packet) *flow.Packet {
	server := &f.Half[flow.Server]
	usual, times := usualTTL(server)
	if host := pass.Host(server); times == 0 && host != nil && host.TTL.Total() >= minTTLSamples+2 { // the two are among them
		usual, _ = host.TTL.Usual()
	}
	foreign, _ := oddOne(first, second, func(p *flow.Packet) bool { return p.TTL != usual })
	return foreign
}
