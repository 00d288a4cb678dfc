package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "genuine-socket-reset",
	Title: "The reset fits the host's own socket in every field",
	Doc: "When an application aborts a connection, or closes it with unread data, the kernel resets from the socket itself: with the socket's TTL, the next sequence " +
		"number, the next IP identification, the window it last advertised, and timestamps if the connection uses them. A device would have to know all of them.",
	Cause:  analyzer.AppAbort,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"A device on the path turned a genuine packet of that host into a reset: then TTL and identification stay genuine. Only the other end's capture can show that.",
	},
	Next:   "Look at the application on that host: it closed the connection with data unread, aborted it, or crashed.",
	Refs:   []string{"RFC 9293, section 3.10.4", "RFC 2525, section 2.17"},
	Needs:  flow.NeedRST,
	OnFlow: genuineSocketReset,
})

func genuineSocketReset(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !p.Flags.Any(flow.ACK) || refusal(p) {
			continue
		}
		half := &f.Half[p.Side]
		usual, times := sentWith(half)
		if times == 0 || p.TTL != usual {
			continue
		}
		if p.Seq != highest(f, i, p.Side) {
			continue
		}
		fits := analyzer.Weight(0)
		id, idKnown := continuesCounter(f, i)
		if idKnown && !id {
			continue // says the opposite: another rule reports it
		}
		live := p.Window != 0 && windowLive(f, i)
		stamps := half.WithTimestamps > 0 && half.TimestampsOffered && f.Half[p.Side.Other()].TimestampsOffered
		switch {
		case stamps && p.Marks.Has(flow.HasTimestamps) && live && stampFits(f, i):
			fits += 2
		case stamps && p.Marks.Has(flow.Truncated) && !p.Marks.Has(flow.HasTimestamps): // not known to be without
		case stamps && !p.Marks.Has(flow.HasTimestamps) && bsd(half): // what its window and identification tell has to do
			if live && times >= minTTLSamples {
				fits += 1.2
			}
		case stamps && !p.Marks.Has(flow.HasTimestamps):
			pass.Skip("timestamps are in use and the reset has none: not a socket's reset of common kernels")
			continue
		case live && times >= minTTLSamples:
			fits += 1.2
		}
		if id {
			fits += 1.5
		}
		if fits < 1 {
			pass.Skip("neither window nor identification tells the socket")
			continue
		}
		found := pass.Report(min(fits, analyzer.Proof), "frame %d, a reset of %v, has the TTL %d of its other packets, the next sequence number and the window %d of its socket",
			p.Frame, half.Endpoint, p.TTL, p.Window).
			Explains(p).Blames(p.Side).
			Cite(p, analyzer.Answer, "ip.ttl", p.TTL, p.TTL).
			Cite(p, analyzer.Answer, "tcp.seq_raw", uint32(p.Seq), uint32(p.Seq)).
			Cite(p, analyzer.Answer, "tcp.window_size_value", p.Window, half.Window.Last)
		if id {
			before := counterBefore(f, i)
			found.Cite(p, analyzer.Answer, "ip.id", hex(p.IPID), hex(before.IPID+1)).
				Cite(before, analyzer.Baseline, "ip.id", hex(before.IPID), hex(before.IPID))
		}
		found.Cause = genuineCause(f, i)
	}
}

// continuesCounter says whether the reset's identification goes on from its sender's counter, and whether that can be told.
func continuesCounter(f *flow.Flow, i int) (fits, known bool) {
	p := &f.Packets[i]
	policy := f.Half[p.Side].IPID.Policy()
	before := counterBefore(f, i)
	if policy != flow.IPIDFlow && policy != flow.IPIDSwapped || before == nil || p.Marks.Has(flow.IPv6) {
		return false, false
	}
	d := uint32(step(policy, before.IPID, p.IPID))
	if d > onWire(f, before)+8 && d <= maxLostIDs {
		return false, false // a counter that the host shares with other traffic
	}
	return d >= 1 && d <= onWire(f, before)+8, true
}

// stampFits says that the reset's timestamp is of the sender's clock: it goes on from the last one, no faster than a millisecond clock does
// (RFC 7323, section 5.4), the fastest in common use.
func stampFits(f *flow.Flow, i int) bool {
	p := &f.Packets[i]
	last := lastBefore(f, i, p.Side, func(q *flow.Packet) bool { return q.Marks.Has(flow.HasTimestamps) && !q.Flags.Any(flow.RST) })
	const drift = 2 // and rounding, of both clocks
	return last != nil && int64(int32(p.TSval-last.TSval)) >= 0 && int64(p.TSval-last.TSval) <= drift*(p.Time-last.Time)/1e6+drift*10
}

// windowLive says that the window of the reset at index i is one that the socket may advertise: the range it used before the reset, and
// somewhat beyond, as a buffer fills and empties. Constants of devices (8192, 65535, 1, 123) fall outside unless the socket is there too.
// A SYN's window is not scaled and tells nothing.
func windowLive(f *flow.Flow, i int) bool {
	w := f.Packets[i].Window
	h := &f.Half[f.Packets[i].Side]
	if h.Window.Seen {
		return w >= h.Window.Min-h.Window.Min/4 && uint32(w) <= uint32(h.Window.Max)+uint32(h.Window.Max)/4
	}
	return false
}
