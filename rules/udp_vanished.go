package rules

import (
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "udp-vanished",
	Title: "The server's datagrams left it and never arrived",
	Doc: "Both ends were captured. The server's own capture shows its answers leaving, several of them over some time; the client's capture holds what the client sent, and none of the answers, while others of that server came in. They were dropped " +
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
	OnPair: keepVanished,
	OnCase: udpVanished,
})

const (
	// vanishedTries is how many answers must be missing, and vanishedSpan over what time: bursts of loss on a path end sooner.
	vanishedTries = 3
	vanishedSpan  = int64(time.Second)
)

// vanished is what a server's capture holds of a connection of which the client's holds no answer.
type vanished struct {
	asked       flow.Packet // the client's first datagram, in its own capture
	sent        int         // answers
	first, last flow.Packet // of them, in the server's capture
	at          *analyzer.Capture
	from, to    int64 // when the client asked, by its own clock
}

func keepVanished(pass *analyzer.Pass, f, peer *flow.Flow) {
	if f.Half[flow.Server].Packets > 0 || f.Half[flow.Client].Packets == 0 || f.ICMPErrors > 0 {
		return
	}
	at := pass.Other()
	if !atHost(at, peer, flow.Server) || at.Member.Role == analyzer.AtClient {
		pass.Skip("the other capture was not taken at the server")
		return
	}
	client := &peer.Half[flow.Client]
	if client.Packets > f.Half[flow.Client].Packets {
		pass.Skip("the client's capture holds less of the client than the server's: it had ended, or missed some")
		return
	}
	if why := witness(pass.Capture); why != "" {
		pass.Skip(why)
		return
	}
	// What left the server well before it got the client's last datagram was due while the client's capture was running.
	v := vanished{at: at, from: f.First, to: f.Last}
	for _, p := range peer.From(flow.Server) {
		if p.Marks.Has(flow.Duplicate) || p.Time > client.LastTime-underWay {
			continue
		}
		if v.sent++; v.sent == 1 {
			v.first = *p
		}
		v.last = *p
	}
	if v.sent < vanishedTries || v.last.Time-v.first.Time < vanishedSpan {
		pass.Skip("too few answers, or over too short a time, to call it more than loss")
		return
	}
	for _, p := range f.From(flow.Client) {
		v.asked = *p
		pass.Keep(v)
		return
	}
}

func udpVanished(pass *analyzer.Pass, c *analyzer.Case) {
	for _, k := range pass.Facts() {
		v := k.Value.(vanished)
		heard := func(conn *analyzer.Conn) bool { return v.heard(k, conn) }
		switch {
		case !slices.ContainsFunc(c.Flows, func(conn *analyzer.Conn) bool { return conn.Proto() == flow.UDP && answeredIn(k.Capture, conn) }):
			pass.Skip("the capture shows only one direction of datagrams")
			continue
		case !slices.ContainsFunc(c.Flows, heard):
			pass.Skip("nothing else of the server arrived in that time: the way back may have been down")
			continue
		}
		pass.ReportOn(k.Conn, k.Capture, analyzer.Proof, "the server's own capture holds %d datagrams of %v to the client, frames %d to %d there; this capture holds the %d of the client, from frame %d on, and none of them",
			v.sent, k.Conn.Server(), v.first.Frame, v.last.Frame, k.Conn.Seen[0].Half[flow.Client].Packets, v.asked.Frame).
			Cite(&v.asked, analyzer.Context, "udp.length", v.asked.Len+udpHeader, "—").
			CiteIn(v.at, &v.first, analyzer.Dropped, "udp.length", v.first.Len+udpHeader, "—").
			CiteIn(v.at, &v.last, analyzer.Dropped, "udp.length", v.last.Len+udpHeader, "—")
	}
}

// heard says that something of the server came in on another connection while the client asked.
func (v *vanished) heard(k analyzer.Fact, conn *analyzer.Conn) bool {
	for i := range conn.Seen {
		s := &conn.Seen[i]
		if h := &s.Half[flow.Server]; s.Capture == k.Capture.Index && h.Packets > 0 && h.IP == k.Conn.Seen[0].Half[flow.Server].IP &&
			(v.from < h.FirstTime && h.FirstTime < v.to || v.from < h.LastTime && h.LastTime < v.to) {
			return true
		}
	}
	return false
}

// answeredIn says that a capture holds an answer of a connection.
func answeredIn(c *analyzer.Capture, conn *analyzer.Conn) bool {
	return slices.ContainsFunc(conn.Seen, func(s analyzer.Sighting) bool {
		return s.Capture == c.Index && s.Half[flow.Server].Packets > 0
	})
}
