package rules

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// counterBefore gives the last packet of the reset's sender whose identification came from its counter.
func counterBefore(f *flow.Flow, i int) *flow.Packet {
	return lastBefore(f, i, f.Packets[i].Side, func(p *flow.Packet) bool { return ordinary(p) && p.IPID != 0 })
}

// onWire gives how many packets on the wire one captured packet stood for (segmentation offload).
func onWire(f *flow.Flow, p *flow.Packet) uint32 {
	mss := uint32(f.Half[p.Side.Other()].MSS)
	if mss == 0 || p.Len <= mss {
		return 1
	}
	return (p.Len + mss - 1) / mss
}

// step gives the distance from one identification to a later one under a policy.
func step(policy flow.IPIDPolicy, from, to uint16) uint16 {
	if policy == flow.IPIDSwapped {
		return (to<<8 | to>>8) - (from<<8 | from>>8)
	}
	return to - from
}

func hex(id uint16) string { return fmt.Sprintf("0x%04x", id) }

// foreignID says that the identification of a reset may be compared with its sender's counter at all: not IPv6, not zero, and
// not a kernel's reply without a socket, which takes its identification from elsewhere (zero since Linux 4.19, a hash before).
func foreignID(p *flow.Packet) bool {
	return !p.Marks.Has(flow.IPv6) && p.IPID != 0 && !passive(p) && !refusal(p)
}

// countingPolicy gives the policy of the reset's sender if it is a counter of this flow, and says why not otherwise.
func countingPolicy(pass *analyzer.Pass, f *flow.Flow, p *flow.Packet) (flow.IPIDPolicy, bool) {
	if p.Marks.Has(flow.IPv6) {
		pass.Skip("IPv6 has no identification field")
		return 0, false
	}
	policy := f.Half[p.Side].IPID.Policy()
	if policy != flow.IPIDFlow && policy != flow.IPIDSwapped {
		pass.Skip("the sender's identification is no counter of this connection")
		return policy, false
	}
	return policy, true
}
