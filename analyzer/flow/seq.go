package flow

// Seq is a TCP sequence or acknowledgment number. Compare it with its methods, never with < (RFC 9293, section 3.4).
type Seq uint32

// Sub gives the signed distance from b to a, which is right as long as the two are within 2^31 of each other.
func (a Seq) Sub(b Seq) int32 { return int32(a - b) }

// Less says that a comes before b in sequence space.
func (a Seq) Less(b Seq) bool { return int32(a-b) < 0 }

// LessEq says that a comes before b, or is b.
func (a Seq) LessEq(b Seq) bool { return int32(a-b) <= 0 }

// Add gives the number n bytes after a.
func (a Seq) Add(n uint32) Seq { return a + Seq(n) }

// Max gives the later of a and b.
func (a Seq) Max(b Seq) Seq {
	if a.Less(b) {
		return b
	}
	return a
}
