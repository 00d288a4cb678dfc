package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "tls-alert",
	Title: "A fatal TLS alert came first",
	Doc: "TLS ends a handshake that fails with an alert that names the reason: no common version or cipher, a name that the server does not know, a certificate that the client does not trust. In the handshake it is in " +
		"clear. What follows, a FIN or a reset, is its consequence. An alert from another distance than its host, sooner than the path allows, or followed by more of the same handshake is not taken for the host's.",
	Cause:  analyzer.TLSAlert,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A device close to the server ends TLS in its name: a load balancer or web application firewall of its operator.",
		"A device took the host's distance and wrote the alert.",
	},
	Next:   "Look the alert's name up in the program that sent it: its log says which version, name or certificate it did not accept. Repeat with openssl s_client -connect SERVER:PORT -servername NAME.",
	Refs:   []string{"RFC 8446, section 6.2", "RFC 5246, section 7.2.2"},
	Needs:  flow.NeedAlert,
	OnFlow: tlsAlert,
})

func tlsAlert(pass *analyzer.Pass, f *flow.Flow) {
	for k := range f.Messages {
		m := &f.Messages[k]
		p := f.PacketOf(m)
		if !fatalAlert(m) || p == nil || p.Marks.Any(flow.Duplicate|flow.Retransmitted) {
			continue
		}
		i := indexOf(f, p)
		if !own(pass, f, i) {
			return
		}
		description := uint8(m.Code)
		found := pass.Report(2.5, "%v ended the handshake with the fatal TLS alert %s (%d) in frame %d", f.Half[p.Side].Endpoint, alertName(description), description, p.Frame).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "tls.alert_message.desc", description, "—")
		if hello := helloBefore(f, k); hello != nil && p.Side == flow.Server {
			if name := nameOf(f, hello.Name); name != "" {
				found.Summary = analyzer.Msg("%v ended the handshake for %q with the fatal TLS alert %s (%d) in frame %d", f.Half[p.Side].Endpoint, name, alertName(description), description, p.Frame)
				if asked := f.PacketOf(hello); uint32(hello.Code)+helloHeaders <= asked.Len { // else Wireshark shows it in a later segment
					found.Cite(asked, analyzer.Trigger, "tls.handshake.extensions_server_name", name, "—")
				}
			}
		}
		if p.Side == flow.Client && distrusts(description) {
			found.ButAgainst("a client that does not trust a certificate may be right: where the server's own is in order, a device on the way put its own in its place (TLS interception); compare the certificate in the capture with the server's")
		}
		return
	}
}

// helloBefore gives the client's hello before message k, or nil.
func helloBefore(f *flow.Flow, k int) *flow.Message {
	for k--; k >= 0; k-- {
		if m := &f.Messages[k]; m.Talk == flow.TLSClientHello && m.Name > 0 {
			return m
		}
	}
	return nil
}

// own says that nothing speaks against the alert at index i having been written by the host in whose name it came.
func own(pass *analyzer.Pass, f *flow.Flow, i int) bool {
	p := &f.Packets[i]
	half := &f.Half[p.Side]
	if n := half.TTL.Total(); n <= 1 && half.TTL.Open == 0 {
		pass.Skip("the host sent nothing else on this connection to compare the alert with")
		return false
	}
	usual, times := half.TTL.Usual()
	if times <= 1 && half.TTL.Open != 0 {
		usual = half.TTL.Open
	}
	if flow.Hops(p.TTL) != flow.Hops(usual) || half.TTL.Distinct() > 1 {
		pass.Skip("the alert, or other packets in the name of that host, arrived from different distances")
		return false
	}
	if before := counterBefore(f, i); before != nil && !p.Marks.Has(flow.IPv6) && !steps(before.IPID, p.IPID) {
		if earlier := counterBefore(f, indexOf(f, before)); earlier != nil && steps(earlier.IPID, before.IPID) {
			pass.Skip("the alert's identification does not go on with the host's counter")
			return false
		}
	}
	// Only the handshake: the alert itself acknowledges what it answers, and would vouch for itself.
	rtt := f.HandshakeRTT
	if p.Side == flow.Client {
		rtt = f.ClientRTT
	}
	asked := lastBefore(f, i, p.Side.Other(), func(q *flow.Packet) bool { return q.Len > 0 && q.End().LessEq(p.Ack) })
	if asked != nil && rtt >= leastUsefulRTT && float64(p.Time-asked.Time) < tooFastShare*float64(rtt) {
		pass.Skip("the alert came sooner than the path allows")
		return false
	}
	more := firstAfter(f, i, p.Side, func(q *flow.Packet) bool { return q.Len > 0 && (q.Seq != p.Seq || q.Digest != p.Digest) })
	if more != nil {
		pass.Skip("the host went on after the alert, or wrote something else in its place")
		return false
	}
	return true
}

// fewBetween is how many packets of its other connections a host may number between two of one handshake: a round trip of a busy one.
const fewBetween = 64

// steps says that two identifications are steps of one counter, with a few packets of the host in between.
func steps(from, to uint16) bool { return to-from <= fewBetween }
