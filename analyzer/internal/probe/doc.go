// Package probe rebuilds traceroutes from the packets of a capture: probes, which are sent with a small TTL, the ICMP errors that they
// cause on their way, and the answers of their destination (RFC 792, RFC 1393; the method of Jacobson's traceroute, 1987).
package probe
