package probe

import (
	"net/netip"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
	"github.com/capforensics/capforensics/analyzer/route"
)

const (
	// maxPending bounds the probes whose answer may still come: mtr has one for each hop in flight, and those that nobody answers stay.
	maxPending = 4096
	maxTraces  = 256 // by source, destination, protocol and port
	maxRouters = 8   // of one hop
)

// IP protocol numbers.
const (
	icmp   = 1
	tcp    = 6
	udp    = 17
	icmpv6 = 58
)

// Collector takes the frames of one capture in their order. The zero value is ready. It is for one goroutine.
type Collector struct {
	pending map[probeKey]sent
	order   [maxPending]probeKey // the keys of pending, oldest first from next on
	next    int
	traces  map[traceKey]*trace
	sorted  []*trace // as they began

	Left uint64 // probes of more traces than are followed
}

// traceKey tells the probes of one trace: the port is the destination's over TCP, and 0 otherwise, as traceroute counts it up over UDP.
type traceKey struct {
	src, dst [16]byte
	proto    uint8
	port     uint16
}

// probeKey tells a probe: id is what an error quotes of it in any case, the ports or the ICMP identifier and sequence number, and seq the
// sequence number of a SYN.
type probeKey struct {
	traceKey
	id, seq uint32
}

type sent struct {
	trace *trace
	time  int64
	ttl   uint8
	again bool // sent again: an answer does not say to which (Karn)
}

// Add takes one frame: a probe, or the answer to one. It reports whether an ICMP error quotes a probe.
func (c *Collector) Add(frame uint32, at int64, s *wire.Segment) bool {
	switch s.Proto {
	case icmp, icmpv6:
		return c.addICMP(frame, at, s)
	case tcp:
		const fin, syn, rst, ack = 1, 2, 4, 16
		switch {
		case s.TTL <= flow.MaxProbeTTL && s.Flags&(syn|ack|rst|fin) == syn:
			c.probed(at, s)
		case len(c.pending) > 0 && (s.Flags&rst != 0 || s.Flags&(syn|ack) == syn|ack):
			k := probeKey{traceKey{s.Dst, s.Src, tcp, s.SrcPort}, uint32(s.DstPort)<<16 | uint32(s.SrcPort), s.Ack - 1}
			flag := "<syn,ack>"
			if s.Flags&rst != 0 {
				flag = "<rst,ack>"
			}
			c.answered(k, frame, at, s, flag, true)
		}
	case udp:
		if s.TTL <= flow.MaxProbeTTL {
			c.probed(at, s)
		}
	}
	return false
}

func (c *Collector) addICMP(frame uint32, at int64, s *wire.Segment) bool {
	switch {
	case s.TTL <= flow.MaxProbeTTL && isEcho(s):
		c.probed(at, s)
	case isEchoReply(s):
		c.answered(probeKey{traceKey{s.Dst, s.Src, s.Proto, 0}, s.ICMPRest, 0}, frame, at, s, "", true)
	case len(s.Quote) > 0 && len(c.pending) > 0:
		var q wire.Segment
		wire.DecodeQuote(s.Quote, &q)
		if q.Proto == 0 {
			return false
		}
		return c.answered(keyOf(&q), frame, at, s, refusal(s), !exceeded(s) && q.Dst == s.Src)
	}
	return false
}

func isEcho(s *wire.Segment) bool {
	return s.Proto == icmp && s.ICMPType == 8 || s.Proto == icmpv6 && s.ICMPType == 128
}

func isEchoReply(s *wire.Segment) bool {
	return s.Proto == icmp && s.ICMPType == 0 || s.Proto == icmpv6 && s.ICMPType == 129
}

func exceeded(s *wire.Segment) bool {
	return s.ICMPCode == 0 && (s.Proto == icmp && s.ICMPType == 11 || s.Proto == icmpv6 && s.ICMPType == 3)
}

// refusal gives the mark that traceroute prints for an ICMP error, "" for a time exceeded.
func refusal(s *wire.Segment) string {
	switch {
	case exceeded(s):
		return ""
	case s.Proto == icmp && s.ICMPType == 3:
		switch s.ICMPCode {
		case 0:
			return "!N"
		case 1:
			return "!H"
		case 2:
			return "!P"
		case 3:
			return "" // what a UDP probe is answered with where it arrives
		case 4:
			return "!F"
		case 9, 10, 13:
			return "!X"
		}
	case s.Proto == icmpv6 && s.ICMPType == 1:
		switch s.ICMPCode {
		case 0:
			return "!N"
		case 1:
			return "!X"
		case 3:
			return "!H"
		case 4:
			return ""
		}
	}
	return "!"
}

func keyOf(s *wire.Segment) probeKey {
	k := probeKey{traceKey: traceKey{src: s.Src, dst: s.Dst, proto: s.Proto}, id: uint32(s.SrcPort)<<16 | uint32(s.DstPort)}
	switch s.Proto {
	case tcp:
		k.port, k.seq = s.DstPort, s.Seq
	case icmp, icmpv6:
		k.id = s.ICMPRest
	}
	return k
}

// probed enters a probe.
func (c *Collector) probed(at int64, s *wire.Segment) {
	if s.TTL == 0 || s.FragOff > 0 {
		return
	}
	k := keyOf(s)
	if p, ok := c.pending[k]; ok {
		p.again = true
		c.pending[k] = p
		return // a SYN that its kernel sent again
	}
	t := c.traces[k.traceKey]
	if t == nil {
		if len(c.traces) == maxTraces {
			c.Left++
			return
		}
		if c.traces == nil {
			c.traces, c.pending = make(map[traceKey]*trace), make(map[probeKey]sent)
		}
		t = &trace{key: k.traceKey, start: at}
		c.traces[k.traceKey], c.sorted = t, append(c.sorted, t)
	}
	t.hops[s.TTL].sent++
	delete(c.pending, c.order[c.next])
	c.order[c.next], c.next = k, (c.next+1)%maxPending
	c.pending[k] = sent{trace: t, time: at, ttl: s.TTL}
}

// answered enters the answer to a probe, by the target itself or by a router before it.
func (c *Collector) answered(k probeKey, frame uint32, at int64, s *wire.Segment, flag string, target bool) bool {
	p, ok := c.pending[k]
	if !ok || p.trace == nil {
		return false
	}
	delete(c.pending, k)
	h := &p.trace.hops[p.ttl]
	h.received++
	if flag != "" && !target {
		h.refused++
	}
	if flag != "" && !contains(h.flags, flag) {
		h.flags = append(h.flags, flag)
	}
	if h.received == 1 {
		h.ttl, h.frame = s.TTL, frame
	}
	p.trace.exceeded = p.trace.exceeded || !target
	h.target = h.target || target
	addr := netip.AddrFrom16(s.Src).Unmap()
	if !contains(h.routers, addr) && len(h.routers) < maxRouters {
		h.routers = append(h.routers, addr)
	}
	if d := at - p.time; !p.again && d >= 0 {
		h.add(d)
	}
	return true
}

func contains[T comparable](all []T, one T) bool {
	for _, x := range all {
		if x == one {
			return true
		}
	}
	return false
}

// Reports gives the traces in the order in which they began: those whose probes some router answered.
func (c *Collector) Reports() []*route.Report {
	var all []*route.Report
	for _, t := range c.sorted {
		if t.exceeded {
			all = append(all, t.report())
		}
	}
	return all
}

func protocol(n uint8) route.Proto {
	switch n {
	case tcp:
		return route.TCP
	case udp:
		return route.UDP
	}
	return route.ICMP
}

func known[T any](v T) route.Known[T] { return route.Known[T]{Value: v, OK: true} }

func duration(ns float64) route.Known[time.Duration] { return known(time.Duration(ns)) }
