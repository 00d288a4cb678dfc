package analyzer

import (
	"net/netip"
	"slices"
)

// shared is the address space that carriers put between their customers and their address translation (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// stretch names the kind of network that the hops of a locus are in, by the addresses that answered there and before: private ones next to
// the client are its own network or its access, shared ones a carrier's, and the last router is the server's neighbour. Whose the public
// ones are, only an AS number tells.
func (s *scene) stretch(l *Locus) Message {
	n, known := s.routers()
	w := s.way
	own := w.leading(func(a netip.Addr) bool { return a.IsPrivate() || shared.Contains(a) })
	switch {
	case l.To == 0:
		return Msg("on the client itself, or in its network before the first router")
	case known && l.From >= n && n > 1:
		return Msg("at the last router before the server, or between it and the server: in the server's network, or at its edge")
	case len(l.Addresses) == 0:
		return Message{}
	case l.To <= w.leading(netip.Addr.IsPrivate): // of a carrier that uses them, at most its access
		return Msg("among private addresses next to the client: in the client's own network or at its access")
	case l.To <= own && slices.IndexFunc(l.Addresses, func(a netip.Addr) bool { return !shared.Contains(a) }) < 0:
		return Msg("among shared addresses (100.64.0.0/10): in the network of the client's carrier, before its address translation")
	case l.To <= own:
		return Msg("between the client and its carrier's address translation")
	}
	var as []string
	for k := max(l.From, 1); k <= l.To && k <= len(w.hops); k++ {
		if name := w.hops[k-1].as; name != "" && !slices.Contains(as, name) {
			as = append(as, name)
		}
	}
	switch len(as) {
	case 0:
		return Message{}
	case 1:
		return Msg("in the network %s", as[0])
	}
	return Msg("between the networks %s and %s, or in one of them", as[0], as[len(as)-1])
}

// leading gives the last of the hops from the client on whose addresses are all of one kind; hops that did not answer do not end it. It is 0
// where no other kind follows: a way that is private throughout has a server whose network is too, and nothing tells where that begins.
func (w *Way) leading(is func(netip.Addr) bool) int {
	last := 0
	for k := range w.hops {
		for _, a := range w.hops[k].addrs {
			if !is(a) {
				return last
			}
			last = k + 1
		}
	}
	return 0
}
