package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

// vantage counts, flow by flow, which side looks like the capturing host: its own packets leave with an initial TTL, and no
// router has lowered it yet, while the other side's have passed some.
type vantage struct{ client, server, neither, both uint64 }

func (v *vantage) add(s *flow.Summary) {
	c, d := openTTL(&s.Half[flow.Client]), openTTL(&s.Half[flow.Server])
	if c == 0 || d == 0 || flow.BeganSmall(c) || s.Proto == flow.UDP { // a resolver is often the router itself: no router in between tells nothing
		return
	}
	switch ci, di := initial(c), initial(d); {
	case ci && !di:
		v.client++
	case di && !ci:
		v.server++
	case ci && di:
		v.both++ // no router in between: either, or a program in the middle
	default:
		v.neither++
	}
}

// point gives the place that nine in ten flows agree on.
func (v *vantage) point() VantagePoint {
	total := v.client + v.server + v.neither + v.both
	switch {
	case total == 0:
		return AtUnknown
	case v.client*10 >= total*9:
		return AtClient
	case v.server*10 >= total*9:
		return AtServer
	case v.neither*10 >= total*9:
		return AtMiddle
	}
	return AtUnknown
}

func openTTL(h *flow.Half) uint8 {
	if ttl, n := h.TTL.Usual(); n > 0 {
		return ttl
	}
	return h.TTL.Open
}

func initial(ttl uint8) bool { return flow.Hops(ttl) == 0 }
