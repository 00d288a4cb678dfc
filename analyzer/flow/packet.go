package flow

// Side is one end of a connection.
type Side uint8

// The two sides. The client is the one that opened the connection; see [Summary.ClientBy] for how that is known.
const (
	Client Side = iota
	Server
)

// Other gives the opposite side.
func (s Side) Other() Side { return s ^ 1 }

// String gives "client" or "server".
func (s Side) String() string {
	if s == Client {
		return "client"
	}
	return "server"
}

// Marks are what the survey noticed about one packet.
type Marks uint16

// The marks of a packet.
const (
	IPv6          Marks = 1 << iota
	DontFragment        // the IPv4 DF bit
	HasTimestamps       // a TCP timestamps option (RFC 7323) is present: TSval is valid
	HasOptions          // the TCP header has any option
	Retransmitted       // all of its sequence space was sent before
	OutOfOrder          // begins before what was sent last, and fills a hole
	AfterGap            // begins beyond what was sent last: something before it is missing
	Overlapping         // repeats a part of what was sent before and adds to it
	KeepAlive           // RFC 9293, 3.8.4: one byte or none just below the next sequence number
	Duplicate           // the same packet as one just before, with the same IP-ID: captured twice
	Truncated           // the snap length cut the headers or the payload
	Offloaded           // longer than the negotiated MSS: segmentation or receive offload at the capture point
	ICMPError           // not a segment: an ICMP error that quotes this flow; see Packet
	AcksUnseen          // acknowledges bytes that this capture never saw sent
	Fragment            // the first fragment of an IP datagram
	Asks                // the payload begins as a request that its protocol answers: an HTTP method, a TLS ClientHello, a DNS query
)

// Has says that all marks of want are set.
func (m Marks) Has(want Marks) bool { return m&want == want }

// Any says that at least one mark of want is set.
func (m Marks) Any(want Marks) bool { return m&want != 0 }

// Packet is one segment of a flow, in 48 bytes: the headers as they were on the wire and what the survey noticed.
//
// An ICMP error about the flow is kept in the same log (mark ICMPError): then Side is the side whose packet is quoted, Seq the
// quoted sequence number (mark Truncated: 0, it was cut off), Len the index of the sender's address in [Flow.Senders] if it was kept and Window type<<8 | code.
type Packet struct {
	Time   int64  // nanoseconds since the Unix epoch, by the capture's clock
	Frame  uint32 // from 1, as Wireshark counts
	Flow   uint32 // Summary.ID
	Seq    Seq
	Ack    Seq
	Len    uint32 // bytes of payload by the headers
	TSval  uint32
	Digest uint32 // of the first Heard payload bytes; 0 without payload; see Differs, and ResetReason
	Window uint16 // as sent, not scaled
	IPID   uint16 // 0 in IPv6
	Flags  Flags
	Marks  Marks
	TTL    uint8 // IPv4 time to live, IPv6 hop limit
	TOS    uint8 // DSCP and ECN
	Side   Side  // who it claims to come from
	Heard  uint8 // how many payload bytes Digest covers
}

// End gives the sequence number after the packet: SYN and FIN count as one byte each.
func (p *Packet) End() Seq {
	n := p.Len
	if p.Flags.Any(SYN) {
		n++
	}
	if p.Flags.Any(FIN) {
		n++
	}
	return p.Seq.Add(n)
}

// HeardFirst is how many payload bytes the upper half of a packet's digest covers.
const HeardFirst = 32

// Differs says that two payloads are known to begin differently. Payloads of which a different number of bytes was heard are compared by
// their first HeardFirst bytes, as far as both have them. Equal ones never differ; different ones go unnoticed once in some ten thousand.
func (p *Packet) Differs(q *Packet) bool {
	if p.Heard == q.Heard {
		return p.Digest != q.Digest
	}
	return p.Heard >= HeardFirst && q.Heard >= HeardFirst && p.Digest>>16 != q.Digest>>16
}

// ResetReason gives the reason code of MP_TCPRST (RFC 8684, section 3.6), by which hosts that speak MPTCP say why they reset.
func (p *Packet) ResetReason() (reason uint8, ok bool) {
	return uint8(p.Digest), p.Heard == 0 && p.Digest&hasReason != 0 && p.Flags.Any(RST)
}

// SetResetReason keeps the reason in the place of the digest: of a reset without payload.
func (p *Packet) SetResetReason(reason uint8) { p.Digest = hasReason | uint32(reason) }

const hasReason = 1 << 8

// Carries says that the packet takes up sequence space: data, SYN or FIN.
func (p *Packet) Carries() bool { return p.Len > 0 || p.Flags.Any(SYN|FIN) }

// IsTCP says that the packet is a segment (in a UDP flow a datagram), not an ICMP error about one.
func (p *Packet) IsTCP() bool { return p.Marks&ICMPError == 0 }

// ICMP gives type and code of an ICMP error.
func (p *Packet) ICMP() (typ, code uint8) { return uint8(p.Window >> 8), uint8(p.Window) }
