package wire

// Reason says why a frame gave no transport header; Understood if it did.
type Reason uint8

// The reasons.
const (
	Understood Reason = iota
	UnknownLink
	ShortLink
	NotIP          // ARP, LLDP, spanning tree and the like; EtherType tells
	ShortIP        // the frame ends inside the IP header
	BadIP          // version or lengths contradict each other
	LaterFragment  // not the first fragment: it has no ports
	OtherTransport // ESP, SCTP and the like; Proto tells
	Tunnel         // an encapsulation that is recognised and could not be opened
	ShortTransport // the frame ends inside the transport header
	BadTransport   // the header's length field contradicts the datagram; what could be read is filled in
	LinkControl    // negotiation, keepalives and management of a link or tunnel, which carry no packet
	Encrypted      // below IP: IEEE 802.11 with WEP or WPA, encrypted PPP
	numReasons
)

var reasonText = [numReasons]string{
	"understood", "link type not supported", "too short for its link layer", "not IP", "cut inside the IP header",
	"malformed IP header", "later fragments of a datagram, which carry no ports", "another transport protocol", "inside a tunnel that could not be opened",
	"cut inside the transport header", "malformed transport header",
	"management, negotiation or keepalives of a link or tunnel", "encrypted below IP (Wi-Fi or PPP)",
}

// String says it in words.
func (r Reason) String() string {
	if int(r) < len(reasonText) {
		return reasonText[r]
	}
	return "unknown"
}
