package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// carried says in words what a packet carries: how many bytes, and of which message where its protocol is understood. Where it is not, what
// the client asked for before says what the connection is about: the rest of it is encrypted, as a rule.
func carried(f *flow.Flow, p *flow.Packet) analyzer.Message {
	m := messageOf(f, p)
	switch {
	case p.Len == 0 && p.Flags.Any(flow.FIN):
		return analyzer.Msg("a FIN")
	case m != nil && p.Len > 0:
		return analyzer.Msg("%d bytes of %s", p.Len, named(f, m))
	case f.Named.Name != 0 && f.Named.Frame < p.Frame:
		return analyzer.Msg("%d bytes, after the client had asked for %q in frame %d", p.Len, nameOf(f, f.Named.Name), f.Named.Frame)
	}
	return analyzer.Msg("%d bytes", p.Len)
}

// named gives a message in words, with the name that it bears.
func named(f *flow.Flow, m *flow.Message) analyzer.Message {
	name := nameOf(f, m.Name)
	switch m.Talk {
	case flow.TLSClientHello:
		switch {
		case name == "":
			return analyzer.Msg("a TLS ClientHello")
		case m.Bits&flow.EncryptedHello != 0:
			return analyzer.Msg("the TLS ClientHello with the public name %q (ECH)", name)
		}
		return analyzer.Msg("the TLS ClientHello for %q", name)
	case flow.TLSServerHello:
		return analyzer.Msg("the TLS ServerHello")
	case flow.TLSAlert:
		return analyzer.Msg("a TLS alert")
	case flow.HTTPRequest:
		return analyzer.Msg("the HTTP request for %q", name)
	case flow.HTTPResponse:
		return analyzer.Msg("the HTTP answer with status %d", m.Code)
	case flow.DNSQuery:
		return analyzer.Msg("the DNS query for %q", name)
	case flow.SSHBanner:
		return analyzer.Msg("the SSH banner %q", name)
	}
	return analyzer.Msg("the message about %q", name)
}

// nameOf gives a name of the capture; a capture without any has not even the empty one.
func nameOf(f *flow.Flow, i uint32) string {
	if int(i) < len(f.Names) {
		return f.Names[i]
	}
	return ""
}

// mostPieces is in how many segments a message may lie whose first one is asked about: a ClientHello with the keys of several post-quantum
// groups takes four.
const mostPieces = 4

// messageOf gives the message that a packet holds, or the beginning of; nil if it is not understood.
func messageOf(f *flow.Flow, p *flow.Packet) *flow.Message {
	var nameless *flow.Message
	at := p
	for range mostPieces {
		m := f.Says(at)
		if m != nil && (m.Name != 0 || m.Talk != flow.TLSClientHello) {
			return m
		}
		if m != nil {
			nameless = m // its name may stand in the next segment
		}
		next := firstAfter(f, indexOf(f, at), p.Side, func(q *flow.Packet) bool { return q.Len > 0 && q.Seq == at.End() })
		if next == nil || next.Marks.Has(flow.Retransmitted) != p.Marks.Has(flow.Retransmitted) {
			break
		}
		at = next
	}
	return nameless
}
