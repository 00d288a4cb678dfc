package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// genuineCause names why a host itself sends the reset at index i, from what went before it. The caller has shown, or argues, that
// the host did send it.
func genuineCause(f *flow.Flow, i int) analyzer.Cause {
	p := &f.Packets[i]
	switch {
	case gaveUp(f, i):
		return analyzer.KeepaliveFailure
	case passive(p) && midstream(f) && !finBefore(f, i, p.Side):
		return analyzer.ConnectionForgotten
	case p.Side == flow.Client:
		return analyzer.ClientAbort
	case refusal(p):
		return analyzer.PortClosed
	case passive(p) && finBefore(f, i, p.Side):
		return analyzer.AppIdleClose
	case passive(p) && f.Half[flow.Server].DataPackets == 0 && f.Half[flow.Server].SeenSYN && !acknowledgedData(f, i):
		return analyzer.BacklogOverflow // tcp_abort_on_overflow: the kernel answered the SYN, and had no room for the connection
	case passive(p):
		return analyzer.ConnectionForgotten
	}
	return analyzer.AppAbort
}

// gaveUp says that the sender of the reset at index i had asked in vain, again and again, for a sign of the other side.
func gaveUp(f *flow.Flow, i int) bool {
	if p := &f.Packets[i]; passive(p) || refusal(p) {
		return false
	}
	_, again := vainRepeats(f, i)
	return again != nil || vainProbes(f, i) != nil
}

// midstream says that the capture holds neither SYN nor SYN/ACK of the connection.
func midstream(f *flow.Flow) bool {
	return f.Half[flow.Client].SYNs == 0 && f.Half[flow.Server].SYNs == 0
}

// sameDistance says that a reset came as far as the other packets of its sender on this connection, or as its SYN where that sent nothing
// else.
func sameDistance(f *flow.Flow, p *flow.Packet) bool {
	usual := openTTL(&f.Half[p.Side])
	return usual != 0 && flow.Hops(p.TTL) == flow.Hops(usual)
}

// finBefore says that a side had closed properly before index i.
func finBefore(f *flow.Flow, i int, side flow.Side) bool {
	return lastBefore(f, i, side, func(p *flow.Packet) bool { return p.Flags.Any(flow.FIN) }) != nil
}

// acknowledgedData says that the reset's sender had acknowledged data before index i, so that it knew the connection.
func acknowledgedData(f *flow.Flow, i int) bool {
	side := f.Packets[i].Side
	isn := f.Half[side.Other()].ISN
	return lastBefore(f, i, side, func(p *flow.Packet) bool {
		return ordinary(p) && p.Flags.Any(flow.ACK) && isn.Add(1).Less(p.Ack)
	}) != nil
}

// first says that the reset at index i is the first event that ended the connection in this capture.
func first(f *flow.Flow, i int) bool { return earlierReset(f, i) == nil }
