package flow

import "net/netip"

// Endpoint is an address and port without pointers, so that a million of them cost nothing to the garbage collector.
// IPv4 addresses are kept in their IPv4-mapped form (RFC 4291, 2.5.5.2).
type Endpoint struct {
	IP   [16]byte
	Port uint16
	V4   bool
}

// Addr gives the address.
func (e Endpoint) Addr() netip.Addr {
	a := netip.AddrFrom16(e.IP)
	if e.V4 {
		return a.Unmap()
	}
	return a
}

// String gives "192.0.2.1:443" or "[2001:db8::1]:443".
func (e Endpoint) String() string { return netip.AddrPortFrom(e.Addr(), e.Port).String() }
