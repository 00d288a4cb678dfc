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

// Host is one sending address of a capture: what all its flows together show.
type Host struct {
	Addr    Endpoint // port 0
	Packets uint64
	Last    int64     // when it sent the last of them, nanoseconds since the Unix epoch
	LastAt  uint32    // and in which frame
	Took    uint32    // payload of the largest segment that it acknowledged: such a size reaches it
	DF      uint32    // packets with the IPv4 DF bit, resets left out
	NotDF   uint32    // and without
	IPID    IPIDTally // in the order of capture, over all its flows: shows a counter that the flows share
	TTL     TTLTally  // SYNs and SYN/ACKs included, resets and probes with small TTLs left out
	Newest  Stamp     // the highest timestamp among its SYNs of the last minute
	Stamps  StampTally
	MinRTT  int64    // least time from a SYN to its SYN/ACK, nanoseconds; 0 if none was seen
	RTT     RTTTally // times from a SYN to its SYN/ACK; last, as few packets touch it
	Asked   RTTTally // times from a DNS query to its answer, of answers that arrived with the TTL that its packets usually have
	Echoed  uint32   // such answers with an OPT record, of queries that had one
	Bare    uint32   // and without
	Pings   uint32   // ICMP echo requests that it sent
}
