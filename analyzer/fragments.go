package analyzer

import (
	"encoding/binary"

	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// fragments follows the IP datagrams that came in pieces (RFC 791, section 3.2; RFC 8200, section 4.5): the first piece alone has ports, and where
// the others are missing, datagrams beyond the MTU fail while small ones work. A fixed number is followed at a time, made when the first comes.
type fragments struct {
	open []fragmented

	whole                uint64 // datagrams of which the first and the last fragment came
	later                uint64 // fragments that are not the first
	beginnings, ends     uint64 // datagrams of which only the first, or only the last, of the two came
	firstBegin, firstEnd uint64 // frames of the first of these
}

// fragmented is one datagram in pieces.
type fragmented struct {
	src, dst    [16]byte
	id          uint32
	proto       uint8
	first, last bool
	frame       uint64 // of the first that came; 0: none
	time        int64  // of the last that came
}

const (
	maxFragmented = 1 << 10 // followed at a time; fragments of one datagram come next to each other as a rule
	// fragmentWait is how long a fragment may come after the others: what is sent at once differs by queues, not by seconds.
	fragmentWait = int64(1e9)
	// fragmentLife is how long an identification stands for one datagram: hosts give reassembly up after 30 to 60 s (RFC 8200, section 4.5).
	fragmentLife = int64(30e9)
)

// add follows one fragment.
func (f *fragments) add(frame uint64, time int64, s *wire.Segment) {
	if f.open == nil {
		f.open = make([]fragmented, maxFragmented)
	}
	id, proto := s.FragID, uint8(0) // in IPv6 addresses and number are enough, and extension headers stand between
	if s.V4 {
		id, proto = uint32(s.IPID), s.Proto
	}
	hash := (id ^ binary.BigEndian.Uint32(s.Src[12:]) ^ binary.BigEndian.Uint32(s.Dst[12:])*31) * 0x9e3779b1
	d := &f.open[hash>>22]
	if d.frame == 0 || d.id != id || d.proto != proto || d.src != s.Src || d.dst != s.Dst || time-d.time > fragmentLife {
		f.close(d, time)
		*d = fragmented{src: s.Src, dst: s.Dst, id: id, proto: proto, frame: frame}
	}
	d.time = time
	d.first = d.first || s.FragOff == 0
	d.last = d.last || !s.MF
	if s.FragOff > 0 {
		f.later++
	}
}

// addOuter follows the first fragment of a datagram that carries a tunnel's packet.
func (f *fragments) addOuter(frame uint64, time int64, o *wire.OuterFragment) {
	f.add(frame, time, &wire.Segment{V4: o.V4, Src: o.Src, Dst: o.Dst, Proto: o.Proto, IPID: o.IPID, FragID: o.FragID, MF: true})
}

// close counts a datagram of which nothing more is expected. One that is given up for another soon after tells nothing.
func (f *fragments) close(d *fragmented, now int64) {
	switch {
	case d.frame == 0:
	case d.first && d.last:
		f.whole++
	case now-d.time < fragmentWait:
	case d.first:
		if f.beginnings++; f.firstBegin == 0 || d.frame < f.firstBegin {
			f.firstBegin = d.frame
		}
	case d.last:
		if f.ends++; f.firstEnd == 0 || d.frame < f.firstEnd {
			f.firstEnd = d.frame
		}
	}
}

// finish counts the datagrams that are still open at the end of the capture.
func (f *fragments) finish(now int64) {
	for k := range f.open {
		f.close(&f.open[k], now)
	}
	f.open = nil
}

// noteFragments tells which datagrams came in part.
func (a *analysis) noteFragments(m *Member, f *fragments) {
	switch {
	case f.beginnings == 0:
	case f.later == 0:
		a.caveat(m, f.firstBegin, false, "%d datagrams came as their first fragment alone, and the capture holds no later fragment at all: a filter on ports leaves them out, as only the first has ports", f.beginnings)
	default:
		a.caveat(m, f.firstBegin, false, "the last fragment of %d datagrams never came, while %d others came whole: something drops fragments, or the path or the capture lost them", f.beginnings, f.whole)
	}
	if f.ends > 0 {
		a.caveat(m, f.firstEnd, false, "the first fragment of %d datagrams is missing, and its ports with it", f.ends)
	}
}
