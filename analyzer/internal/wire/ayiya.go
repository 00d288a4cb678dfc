package wire

const portAYIYA = 5072

// openAYIYA reads draft-massar-v6ops-ayiya, section 3:
//
//	 0                   1                   2                   3
//	| IDLen | IDType| SigLen| HshMth| AutMth| OpCode|  Next Header  |
//	|                           Epoch Time                          |
//	|                     Identity, 2^IDLen bytes                   |
//	|                   Signature, SigLen words                     |
//
// False: it is no AYIYA with a datagram.
func openAYIYA(b []byte, length uint32, s *Segment) (Reason, bool) {
	if len(b) < 8 || b[2]&15 != 1 || b[3] != protoIPv6 && b[3] != protoIPIP { // OpCode 1 forwards
		return 0, false
	}
	at := 8 + uint32(1)<<(b[0]>>4) + uint32(b[1]>>4)*4
	if at > uint32(len(b)) || !ipFits(b[at:], length-at) {
		return 0, false
	}
	return openIP(AYIYA, transparent, 0, b[at:], length-at, s), true // addresses are those of the Internet
}
