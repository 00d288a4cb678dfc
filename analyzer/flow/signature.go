package flow

// Stage is how far a connection had come when it was cut off, by the names of Cloudflare Radar.
type Stage uint8

// The stages, by what the client had sent.
const (
	NoStage Stage = iota // its beginning is not in the capture
	PostSYN              // its SYN
	PostACK              // the acknowledgment that completes the handshake
	PostPSH              // one segment of data
	Later                // more
)

// String gives the stage's name, empty for NoStage.
func (s Stage) String() string {
	return [...]string{NoStage: "", PostSYN: "Post-SYN", PostACK: "Post-ACK", PostPSH: "Post-PSH", Later: "Later"}[s]
}

// Ended is what a signature says after its arrow.
type Ended uint8

// How a connection was cut off. Acknowledgment fields are compared in resets without the ACK flag, where they mean nothing and tell who wrote
// them.
const (
	NotCut        Ended = iota
	Silence             // nothing came any more, neither FIN nor reset
	OneRST              // a reset without the ACK flag
	OneRSTACK           // a reset with it
	ManyRSTACK          // several with it
	Mixed               // both kinds
	SameAcks            // several without it, of equal acknowledgment fields
	DifferentAcks       // likewise, of different ones
	WithZero            // likewise, one of them 0 and another not
)

// String gives it as the paper writes it, but for "null", which it prints as the empty set.
func (e Ended) String() string {
	return [...]string{NotCut: "", Silence: "null", OneRST: "RST", OneRSTACK: "RST+ACK", ManyRSTACK: "RST+ACK; RST+ACK", Mixed: "RST; RST+ACK",
		SameAcks: "RST = RST", DifferentAcks: "RST ≠ RST", WithZero: "RST; RST0"}[e]
}

// Signature is how a connection was cut off, in the alphabet of Sundara Raman et al., Global, Passive Detection of Connection Tampering,
// SIGCOMM 2023, table 1. They see what arrives at servers; here it is applied to both directions, and By says in whose name the resets
// came. It names a symptom and accuses nobody.
type Signature struct {
	Stage Stage
	Ended Ended
	By    Side // of the resets
}

// SignatureOf gives the signature of a connection; the zero value if its beginning is not in the capture, or it was closed or not cut off.
func SignatureOf(f *Flow) Signature {
	c := &f.Half[Client]
	if f.Proto != TCP || !c.SeenSYN {
		return Signature{}
	}
	s := Signature{Stage: PostSYN, By: f.FirstRSTSide}
	data, closed := 0, false
	with, without, zeros := 0, 0, 0
	var acks [2]Seq // the first and the last of those without the flag
	for i := range f.Packets {
		p := &f.Packets[i]
		switch {
		case !p.IsTCP():
		case p.Flags.Any(RST):
			switch {
			case p.Side != s.By:
			case p.Flags.Any(ACK):
				with++
			default:
				if without++; without == 1 {
					acks[0] = p.Ack
				}
				if acks[1] = p.Ack; p.Ack == 0 {
					zeros++
				}
			}
		case with+without > 0:
		case p.Flags.Any(FIN):
			closed = true
		case p.Side == Client && p.Len > 0 && !p.Marks.Any(Retransmitted|Duplicate|KeepAlive):
			data++
		case p.Side == Client && p.Flags.Any(ACK) && !p.Flags.Any(SYN) && s.Stage == PostSYN:
			s.Stage = PostACK
		}
	}
	switch {
	case data > 1:
		s.Stage = Later
	case data == 1:
		s.Stage = PostPSH
	}
	switch {
	case with > 0 && without > 0:
		s.Ended = Mixed
	case with > 1:
		s.Ended = ManyRSTACK
	case with == 1:
		s.Ended = OneRSTACK
	case without > 1 && zeros > 0 && zeros < without:
		s.Ended = WithZero
	case without > 1 && acks[0] != acks[1]:
		s.Ended = DifferentAcks
	case without > 1:
		s.Ended = SameAcks
	case without == 1:
		s.Ended = OneRST
	case closed:
		return Signature{}
	default:
		s.Ended = Silence
	}
	return s
}

// String gives the signature as the paper does: "PSH+ACK → RST+ACK".
func (s Signature) String() string {
	if s.Ended == NotCut {
		return ""
	}
	return [...]string{PostSYN: "SYN", PostACK: "SYN; ACK", PostPSH: "PSH+ACK", Later: "PSH+ACK; Data"}[s.Stage] + " → " + s.Ended.String()
}
