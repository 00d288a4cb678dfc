package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "content-conflict",
	Title: "Two different contents for the same bytes of the stream",
	Doc: "A sender repeats lost data unchanged. Two packets with the same sequence number and different bytes were written by two senders; the one that differs from " +
		"the host's other packets, in its TTL or its timestamps, is the foreign one.",
	Cause:  analyzer.ContentInjection,
	Family: analyzer.FamilySequence,
	Innocent: []string{
		"The capture was anonymised packet by packet.",
		"A broken host or device repeats data wrongly.",
	},
	Next:   "Follow the stream in Wireshark and read both contents; capture on the server and look which of them left it.",
	Refs:   []string{"RFC 9293, section 3.4", "Fox-IT: Deep dive into QUANTUM INSERT, 2015"},
	Needs:  flow.NeedLoss | flow.NeedOverlap,
	OnFlow: contentConflict,
})

func contentConflict(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		half, first := &f.Half[side], make(map[flow.Seq]*flow.Packet)
		for _, p := range f.From(side) {
			if p.Len == 0 || p.Marks.Any(flow.KeepAlive|flow.Fragment) || p.Flags.Any(flow.RST|flow.SYN) {
				continue
			}
			q := first[p.Seq]
			if q == nil || !p.Marks.Any(flow.Retransmitted|flow.OutOfOrder|flow.Overlapping) { // new: after 4 GiB the numbers come again
				first[p.Seq] = p
				continue
			}
			if !differ(p, q) {
				continue
			}
			if oneOfTwo(pass, p, q) {
				pass.Skip("one packet before and after a device that changed it, on which the capture was taken")
				continue
			}
			usual, times := sentWith(half)
			forged, genuine := oddOne(p, q, func(x *flow.Packet) bool { return x.TTL != usual })
			if forged != nil && times >= minTTLSamples {
				pass.Report(4, "frames %d and %d of %v hold different bytes for the same sequence number, and frame %d arrived with TTL %d instead of %d",
					q.Frame, p.Frame, half.Endpoint, forged.Frame, forged.TTL, usual).
					Explains(forged).
					Cite(forged, analyzer.Forged, "ip.ttl", forged.TTL, usual).
					Cite(genuine, analyzer.Baseline, "tcp.seq_raw", uint32(genuine.Seq), uint32(genuine.Seq))
				return
			}
			forged, genuine = oddOne(p, q, func(x *flow.Packet) bool { return !x.Marks.Any(flow.HasTimestamps | flow.Truncated) })
			if forged != nil && stampsAlways(f, side, forged) {
				pass.Report(analyzer.Proof, "frames %d and %d of %v hold different bytes for the same sequence number, and frame %d is without the timestamps that all other packets of that host have",
					q.Frame, p.Frame, half.Endpoint, forged.Frame).
					Explains(forged).
					Cite(forged, analyzer.Forged, "tcp.seq_raw", uint32(forged.Seq), uint32(genuine.Seq)).
					Cite(genuine, analyzer.Baseline, "tcp.options.timestamp.tsval", genuine.TSval, genuine.TSval)
				return
			}
			a, b := f.Says(q), f.Says(p)
			switch {
			case a == nil || b == nil || p.Time-q.Time > answeredWithin:
			case a.Talk == flow.DNSAnswer && b.Talk == flow.DNSAnswer && a.ID == b.ID && a.Name == b.Name && contradict(f, a, b):
				found := pass.Report(analyzer.Proof, "frames %d and %d of %v are two answers to the query for %q, for the same sequence number: %s and %s; nothing tells which of them is the server's",
					q.Frame, p.Frame, half.Endpoint, nameOf(f, a.Name), nameOf(f, a.Answer), nameOf(f, b.Answer)).
					Explains(p).
					Cite(q, analyzer.Context, "dns.id", hex(a.ID), hex(b.ID)).
					Cite(p, analyzer.Context, "dns.id", hex(b.ID), hex(a.ID))
				found.Cause = analyzer.DNSInjection
				return
			case a.Talk == flow.HTTPResponse && b.Talk == flow.HTTPResponse && a.Code != b.Code:
				pass.Report(analyzer.Proof, "frames %d and %d of %v are two answers to one request, for the same sequence number: HTTP status %d and %d; nothing tells which of them is the server's",
					q.Frame, p.Frame, half.Endpoint, a.Code, b.Code).
					Explains(p).
					Cite(q, analyzer.Context, "http.response.code", a.Code, b.Code).
					Cite(p, analyzer.Context, "http.response.code", b.Code, a.Code)
				return
			}
			pass.Skip("two contents for one sequence number, and nothing tells the foreign one")
		}
	}
}

// answeredWithin is how far apart two answers to one request are at most: a device and the server that it races differ by a round trip and
// the server's own time. What lies minutes apart may have been joined from several captures.
const answeredWithin = int64(5 * time.Second)

// oddOne tells two packets apart by what holds of one of them alone; nil if it holds of both or of neither.
func oddOne(p, q *flow.Packet, foreign func(*flow.Packet) bool) (forged, genuine *flow.Packet) {
	switch {
	case foreign(p) == foreign(q):
		return nil, nil
	case foreign(p):
		return p, q
	}
	return q, p
}

// stampsAlways says that a side sends timestamps (RFC 7323, section 3.2: once agreed upon, in every segment), and that only one of its packets is
// without.
func stampsAlways(f *flow.Flow, side flow.Side, but *flow.Packet) bool {
	if !f.Half[side].TimestampsOffered || !f.Half[side.Other()].TimestampsOffered {
		return false
	}
	others := 0
	for _, p := range f.From(side) {
		if p == but || !ordinary(p) || p.Marks.Has(flow.Truncated) {
			continue
		}
		if !p.Marks.Has(flow.HasTimestamps) {
			return false
		}
		others++
	}
	return others >= minTTLSamples
}

// differ says that two packets show different bytes: enough of them that it is no padding.
func differ(p, q *flow.Packet) bool {
	const enough = 8
	return min(p.Heard, q.Heard) >= enough && p.Differs(q)
}
