package rules

import (
	"math"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "pmtu-blackhole",
	Title: "Large packets vanish, small ones pass",
	Doc: "A link on the way carries less than the hosts believe, and the router before it drops what is too large without the ICMP message that RFC 1191 asks for, or something drops that message. Then " +
		"everything small passes - the handshake, acknowledgments, the FIN - and a full segment never does, however often it is sent. Chance does not look at sizes.",
	Cause:  analyzer.PMTUBlackhole,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The tunnel or VPN that is too small for the packets ends on one of the two hosts itself.",
		"The sender's own adapter or its hypervisor drops full segments after the capture saw them.",
		"The way to the receiver was down from just before the first large packet until just after the last.",
	},
	Next: "From the sender, ping the other host with packets that may not be fragmented (ping -M do -s 1472, then less; Windows: ping -f -l 1472): the largest that is answered, plus 28, is what the path carries. " +
		"Lower the MSS on the way (TCP MSS clamping) or the MTU on the host, and let ICMP type 3 code 4 (ICMPv6 type 2) through.",
	Refs:   []string{"RFC 2923, section 2.1", "RFC 1191", "RFC 4821", "RFC 8899"},
	Needs:  flow.NeedUnanswered | flow.NeedLoss,
	OnFlow: pmtuBlackhole,
})

const (
	// leastLarge transmissions of one segment: the first and two that each waited for a timeout, so that no burst of loss takes all.
	leastLarge = 3
	// What every path carries (RFC 791: 576 bytes; RFC 8200: 1280), less the least headers.
	alwaysCarried     = 576 - 40
	alwaysCarriedIPv6 = 1280 - 60
	// mostBySize bounds the weight: receivers that drop by size exist.
	mostBySize = 3.5
)

func pmtuBlackhole(pass *analyzer.Pass, f *flow.Flow) {
	if f.OneWay() {
		pass.Skip("the capture shows only one direction")
		return
	}
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		all := attemptsOf(f, side)
		stuck, passed := stuckOf(all)
		if stuck == nil || stuck.size <= leastCarried(stuck.first) {
			continue
		}
		peer := &f.Half[side.Other()]
		switch host := pass.Host(peer); {
		case !atHost(pass.Capture, f, side):
			pass.Skip("not captured at the sender")
			continue
		case resetBy(f, side.Other(), stuck.last.Frame):
			pass.Skip("the receiver had reset the connection: nothing more is acknowledged")
			continue
		case passed >= stuck.size:
			pass.Skip("segments of that size arrived")
			continue
		case host != nil && host.Took >= stuck.size:
			pass.Skip("another connection of that host got segments of that size")
			continue
		case !stuck.first.Marks.Any(flow.DontFragment | flow.IPv6):
			pass.Skip("routers may cut the segment into fragments")
			continue
		case told(f, side) != nil:
			pass.Skip("a router says by ICMP that the packets are too large")
			continue
		case smallLost(all, passed):
			pass.Skip("smaller segments were lost too")
			continue
		}
		before := lastSmall(pass, f, side, all, stuck)
		after := heeded(pass, f, side, stuck.first.Frame, math.MaxUint32)
		if after == nil && stuck.acked != nil {
			after = stuck.smaller
		}
		if before == nil || after == nil {
			pass.Skip("no smaller packet shows that the way was open before and after")
			continue
		}
		// If the way was merely down, it went down in the moment between the last small packet and the first large one; against the time
		// for which large ones were tried that is the likelihood of such a coincidence.
		tried, moment := stuck.last.Time-stuck.first.Time, stuck.first.Time-before.Time
		weight := min(mostBySize, math.Log10(float64(tried)/float64(max(moment, resolution(pass)))))
		if after.Time < stuck.last.Time && stuck.acked == nil {
			weight = mostBySize // small ones passed while large ones did not
		}
		if weight = min(weight, byChance(peer, stuck.tries)); weight <= 0 {
			pass.Skip("no smaller packet shows that the way was open before and after")
			continue
		}
		found := pass.Report(analyzer.Weight(weight), "%v sent a segment of %d bytes %d times from frame %d (%s) to frame %d, and it never arrived; smaller packets arrived before (frame %d) and after (frame %d)",
			f.Half[side].Endpoint, stuck.size, stuck.tries, stuck.first.Frame, carried(f, stuck.first), stuck.last.Frame, before.Frame, after.Frame).
			Cite(stuck.first, analyzer.Dropped, "tcp.len", stuck.first.Len, "—").
			Cite(stuck.last, analyzer.Dropped, "tcp.seq_raw", uint32(stuck.last.Seq), uint32(stuck.last.Seq)).
			Cite(before, analyzer.Baseline, "tcp.len", before.Len, before.Len).
			Cite(after, analyzer.Baseline, "tcp.len", after.Len, after.Len)
		if m := messageOf(f, stuck.first); m != nil {
			found.ButAgainst("frame %d holds %s: a filter on what it says would look the same", stuck.first.Frame, named(f, m))
		}
		if stuck.acked != nil {
			found.Cite(stuck.acked, analyzer.Answer, "tcp.ack_raw", uint32(stuck.acked.Ack), "> "+sprint(uint32(stuck.seq)))
		}
	}
}

// leastCarried gives the payload that every path carries.
func leastCarried(p *flow.Packet) uint32 {
	if p.Marks.Has(flow.IPv6) {
		return alwaysCarriedIPv6
	}
	return alwaysCarried
}
