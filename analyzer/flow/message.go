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
)

// SecretAlert is the Code of a TLS alert that is encrypted.
const SecretAlert = 0xffff

// MessageBits are what else a message shows.
type MessageBits uint8

// The bits of a message.
const (
	EncryptedHello MessageBits = 1 << iota // TLSClientHello: it has encrypted_client_hello; the name is the public one of ECH
	Authoritative                          // DNSAnswer: AA
	Extended                               // DNSQuery, DNSAnswer: it has an OPT record (EDNS, RFC 6891)
	DNSTruncated                           // DNSAnswer: TC
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
