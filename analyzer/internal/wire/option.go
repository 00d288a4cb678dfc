package wire

// TCPOptions are the options of one segment.
type TCPOptions struct {
	MSS                  uint16
	WScale               uint8
	HasMSS, HasWScale    bool
	SACKPermitted, HasTS bool
	MPTCP, TFO, MD5      bool
	Bad                  bool // a length field contradicts the header
	HasReset             bool // MP_TCPRST (RFC 8684, section 3.6)
	ResetReason          uint8
	SACKBlocks           uint8
	TSval, TSecr         uint32       // TSecr is 0 where the capture holds the first half of the option only
	SACK                 [4][2]uint32 // left and right edges
}

// TCP option kinds of the IANA registry.
const (
	optEnd   = 0
	optNOP   = 1
	optMSS   = 2
	optWS    = 3
	optSACKP = 4
	optSACK  = 5
	optTS    = 8
	optMD5   = 19
	optMPTCP = 30
	optTFO   = 34
)

// subtypeReset is MP_TCPRST among the subtypes of MPTCP: RFC 8684, section 8.
const subtypeReset = 8

// ParseTCPOptions reads options in one pass and stops at the first malformed one.
func ParseTCPOptions(b []byte, o *TCPOptions) {
	*o = TCPOptions{}
	// What nearly every segment of a connection with timestamps carries (RFC 7323, appendix A): NOP, NOP, timestamps.
	if len(b) == 12 && be32(b) == 0x0101080a {
		o.HasTS, o.TSval, o.TSecr = true, be32(b[4:]), be32(b[8:])
		return
	}
	for len(b) > 0 && b[0] != optEnd {
		if b[0] == optNOP {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			o.Bad = true
			if len(b) >= 6 && b[0] == optTS && b[1] == 10 { // the snap length cut it, and left the half that is looked at
				o.HasTS, o.TSval = true, be32(b[2:])
			}
			return
		}
		v := b[2:b[1]]
		switch kind := b[0]; {
		case kind == optMSS && len(v) == 2:
			o.MSS, o.HasMSS = be16(v), true
		case kind == optWS && len(v) == 1:
			o.WScale, o.HasWScale = v[0], true
		case kind == optSACKP && len(v) == 0:
			o.SACKPermitted = true
		case kind == optSACK && len(v)%8 == 0 && len(v) <= 32:
			o.SACKBlocks = uint8(len(v) / 8)
			for i := range int(o.SACKBlocks) {
				o.SACK[i] = [2]uint32{be32(v[8*i:]), be32(v[8*i+4:])}
			}
		case kind == optTS && len(v) == 8:
			o.HasTS, o.TSval, o.TSecr = true, be32(v), be32(v[4:])
		case kind == optMD5:
			o.MD5 = true
		case kind == optMPTCP:
			o.MPTCP = true
			if len(v) == 2 && v[0]>>4 == subtypeReset {
				o.HasReset, o.ResetReason = true, v[1]
			}
		case kind == optTFO:
			o.TFO = true
		case kind == optMSS, kind == optWS, kind == optSACKP, kind == optSACK, kind == optTS:
			o.Bad = true
		}
		b = b[b[1]:]
	}
}
