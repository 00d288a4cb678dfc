package wire

// openIPinIP goes on at a datagram within a datagram: RFC 2003, RFC 2473, RFC 4213. Its tunnel has no number, its two ends are one.
func openIPinIP(b []byte, length uint32, s *Segment) Reason {
	return openIP(IPinIP, ends, 0, b, length, s)
}

// openEtherIP reads RFC 3378: version 3 in four bits, zeros, and an Ethernet frame.
func openEtherIP(b []byte, length uint32, s *Segment) Reason {
	if len(b) < 2 {
		return ShortTransport
	}
	if be16(b) != 0x3000 {
		return Tunnel
	}
	return openEthernet(EtherIP, ends, 0, b[2:], length-2, s)
}
