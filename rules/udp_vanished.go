package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "udp-vanished",
	Title: "The server's datagrams left it and never arrived",
	Doc: "Both ends were captured. The server's own capture shows its answers leaving, several of them over some time; the client's capture holds what the client sent, and none of the answers. They were dropped " +
		"in between: so many in a row are not lost by chance.",
	Cause:  analyzer.UDPBlock,
	Family: analyzer.FamilyPeer,
	Innocent: []string{
		"The client's capture has a filter, or was taken behind a point that drops.",
		"Address translation forgot the client within a moment: a broken or overloaded home router.",
	},
	Next:   "Capture behind the first router of the client, and at the edge of the server's network: the answers are lost between the last place that has them and the first that has not.",
	Refs:   []string{"RFC 4787, section 4.3", "RFC 9308, section 2"},
	Needs:  flow.NeedAnswer,
	Proto:  flow.UDP,
	OnPair: udpVanished,
})

const (
	// vanishedTries is how many answers must be missing, and vanishedSpan over what time: bursts of loss on a path end sooner.
	vanishedTries = 3
	vanishedSpan  = int64(time.Second)
)

func udpVanished(pass *analyzer.Pass, f, peer *flow.Flow) {
	if f.Half[flow.Server].Packets > 0 || f.Half[flow.Client].Packets == 0 || f.ICMPErrors > 0 {
		return
	}
	at := pass.Other()
	if !atHost(at, peer, flow.Server) || at.Member.Role == analyzer.AtClient {
		pass.Skip("the other capture was not taken at the server")
		return
	}
	if !inbound(pass.Capture, &f.Half[flow.Client]) {
		pass.Skip("the capture shows only one direction")
		return
	}
	if why := witness(pass.Capture); why != "" {
		pass.Skip(why)
		return
	}
	answers := sentBy(peer, flow.Server)
	sent := len(answers)
	if sent < vanishedTries || spans(answers) < vanishedSpan {
		pass.Skip("too few answers, or over too short a time, to call it more than loss")
		return
	}
	// Where nothing tells how the clocks of the two captures differ, the client's own requests show that its capture was running.
	asked := sentBy(f, flow.Client)
	if n, known := running(pass, answers, at, pass.Capture, 0); known && n < vanishedTries || !known && (len(asked) < vanishedTries || spans(asked) < vanishedSpan) {
		pass.Skip("the receiver's capture may have ended before it was due")
		return
	}
	first, last := &answers[0], &answers[sent-1]
	for _, p := range f.From(flow.Client) {
		pass.Report(analyzer.Proof, "the server's own capture holds %d datagrams of %v to the client, frames %d to %d there; this capture holds the %d of the client, from frame %d on, and none of them",
			sent, peer.Half[flow.Server].Endpoint, first.Frame, last.Frame, f.Half[flow.Client].Packets, p.Frame).
			Cite(p, analyzer.Context, "udp.length", p.Len+udpHeader, "—").
			CiteIn(at, first, analyzer.Dropped, "udp.length", first.Len+udpHeader, "—").
			CiteIn(at, last, analyzer.Dropped, "udp.length", last.Len+udpHeader, "—")
		return
	}
}

// sentBy gives the datagrams of a side, captured duplicates left out.
func sentBy(f *flow.Flow, side flow.Side) (all []flow.Packet) {
	for _, p := range f.From(side) {
		if !p.Marks.Has(flow.Duplicate) {
			all = append(all, *p)
		}
	}
	return all
}

// spans gives the time from the first packet to the last.
func spans(packets []flow.Packet) int64 {
	if len(packets) == 0 {
		return 0
	}
	return packets[len(packets)-1].Time - packets[0].Time
}

// inbound says that a capture holds packets of others than the client: that it shows the way back.
func inbound(c *analyzer.Capture, client *flow.Half) bool {
	for i := 1; i < len(c.Hosts); i++ {
		if h := &c.Hosts[i]; h.Addr.IP != client.IP && h.Packets > 0 {
			return true
		}
	}
	return false
}
