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
	Tunnel         // an encapsulation that is recognised and not opened
	ShortTransport // the frame ends inside the transport header
	BadTransport   // the header's length field contradicts the datagram; what could be read is filled in
	numReasons
)

var reasonText = [numReasons]string{
	"understood", "link type not supported", "too short for its link layer", "not IP", "cut inside the IP header",
	"malformed IP header", "later fragments of a datagram, which carry no ports", "another transport protocol", "inside a tunnel, which is not opened",
	"cut inside the transport header", "malformed transport header",
}

// String says it in words.
func (r Reason) String() string {
	if int(r) < len(reasonText) {
		return reasonText[r]
	}
	return "unknown"
}
