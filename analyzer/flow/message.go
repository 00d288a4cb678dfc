package flow

// Proto is the transport protocol of a flow.
type Proto uint8

// The transport protocols that are followed.
const (
	TCP Proto = iota
	UDP
)

// String gives "tcp" or "udp".
func (p Proto) String() string {
	if p == UDP {
		return "udp"
	}
	return "tcp"
}

// Talk says what kind of message a payload is.
type Talk uint8

// The messages that are understood.
const (
	NoTalk         Talk = iota
	TLSClientHello      // Name: the server name (SNI) in clear, the outer one under ECH; Code: length of the handshake message
	TLSServerHello      // Code: length of the handshake message
	TLSAlert            // Code: level<<8 | description (RFC 8446, section 6); SecretAlert if it is encrypted
	HTTPRequest         // Name: host and target, "example.com/path"
	HTTPResponse        // Code: status; Answer: where a redirect leads (Location)
	SSHBanner           // Name: the identification string (RFC 4253, section 4.2)
	DNSQuery            // Name: the name asked for; ID; Code: its type (A is 1, AAAA 28)
	DNSAnswer           // as DNSQuery, and Answer: the addresses and names of the answer section, sorted, or the RCODE where there are none
	QUICInitial         // Answer: the connection ID that it is sent to; Name: the server name, in the datagram that completes the client's hello
	QUICHandshake       // a datagram with other long headers (0-RTT, Handshake); Answer: as QUICInitial
	QUICRetry           // the server asks the client to show that it has its address; Answer: the server's connection ID
	QUICVersions        // the server names the versions that it speaks; Answer: its connection ID
	QUICClose           // an Initial that ends the connection; Code: the error (RFC 9000, section 20; 0x100 and more: a TLS alert); Answer: as QUICInitial
	Request             // of a protocol in which every request has an answer; Code: Service; ID: what the answer repeats
	Reply               // as Request
)

// IsQUIC says that the message is one of QUIC.
func (t Talk) IsQUIC() bool { return QUICInitial <= t && t <= QUICClose }

// The services whose Requests and Replies are understood: the Code of the message.
const (
	ServiceNTP    uint16 = 1 + iota // RFC 5905; ID: a part of the transmit timestamp
	ServiceRADIUS                   // RFC 2865, RFC 2866; ID: the identifier
	ServiceIKE                      // RFC 7296: the exchange that opens a tunnel; ID: a part of the initiator's SPI
)

// ServiceName names a service as Wireshark does.
func ServiceName(code uint16) string {
	switch code {
	case ServiceNTP:
		return "NTP"
	case ServiceRADIUS:
		return "RADIUS"
	case ServiceIKE:
		return "ISAKMP"
	}
	return "UDP"
}

// FatalAlert is the level of a TLS alert that ends the connection (RFC 8446, section 6).
const FatalAlert = 2

// SecretAlert is the Code of a TLS alert that is encrypted.
const SecretAlert = 0xffff

// MessageBits are what else a message shows.
type MessageBits uint8

// The bits of a message.
const (
	EncryptedHello MessageBits = 1 << iota // TLSClientHello, QUICInitial: it has encrypted_client_hello; the name is the public one of ECH
	Authoritative                          // DNSAnswer: AA
	Extended                               // DNSQuery, DNSAnswer: it has an OPT record (EDNS, RFC 6891)
	DNSTruncated                           // DNSAnswer: TC
	OtherKind                              // DNSAnswer: it has addresses, and none of the kind that was asked for
)

// Message is what the payload of one packet says, in a protocol that is understood. Text is kept once for each capture: Name and Answer
// are indexes of [Flow.Names], 0 for none. A message that lies in several segments counts for the one that completes what is read of it.
type Message struct {
	Frame  uint32
	Flow   uint32 // Summary.ID
	Name   uint32
	Answer uint32
	Code   uint16
	ID     uint16
	Talk   Talk
	Bits   MessageBits
	Side   Side // who it claims to come from
}

// Named is the first message of a connection's client that asks for something by name: the usual trigger of a filter.
type Named struct {
	Name  uint32 // index of the capture's names; 0: the client named nothing
	Frame uint32 // of the segment that completes the name
}
