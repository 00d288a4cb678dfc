package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "packet-loss",
	Title: "Data was lost on the way and sent again",
	Doc: "Networks lose packets, and TCP sends them again: at the sender the same bytes leave twice, at the receiver a hole is filled a round trip late. A few are ordinary; " +
		"many make the connection slow or let it stall, without any device meaning it.",
	Cause:  analyzer.PacketLoss,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A queue on the way was full, as at the end of every slow start.",
		"The host's own adapter or driver dropped the packets, before or after the capture saw them.",
		"A device that drops what exceeds a rate looks alike where the connection is short.",
	},
	Next:   "Run mtr in both directions while it happens, over TCP to the same port and with 100 rounds or more: loss that begins at a hop and stays to the last shows the link.",
	Refs:   []string{"RFC 9293, section 3.8", "RFC 6675", "RFC 3522"},
	Needs:  flow.NeedLoss,
	OnFlow: packetLoss,
})

const (
	// minLost is how many segments must be lost: one or two happen in any connection, and a share of few is no share.
	minLost = 3
	// lossyShare is from which share on loss is felt: at 2 % a TCP that halves its rate on loss carries some nine segments a round
	// trip (1.22/sqrt(p), Mathis 1997), below what most servers send at once when a connection begins (ten, RFC 6928).
	lossyShare = 0.02
	// doubled is the share of copies from which on those that come too late to be told as such are as many as are lost elsewhere.
	doubled = 0.2
)

// losses counts the data of one direction.
type losses struct {
	segments, lost int      // different ones, not transmissions: a segment lost thrice counts once
	first          *segment // that shows a loss
	largest        int64    // of the lost
	passed         int64    // size of the largest that was never lost
}

func (l *losses) notable() bool {
	return l.lost >= minLost && float64(l.lost) >= lossyShare*float64(l.segments)
}

func packetLoss(pass *analyzer.Pass, f *flow.Flow) {
	if f.OneWay() {
		pass.Skip("the capture shows only one direction")
		return
	}
	if pass.Capture.Health.DuplicateShare() > doubled {
		pass.Skip("the capture holds packets twice: copies that come late look as if sent again")
		return
	}
	c, s := lossesOf(follow(pass.Capture, f, flow.Client)), lossesOf(follow(pass.Capture, f, flow.Server))
	// A bad link hits both directions, and the connection suffers from their sum.
	sum := losses{segments: c.segments + s.segments, lost: c.lost + s.lost}
	if !c.notable() && !s.notable() && !sum.notable() {
		return
	}
	for _, l := range []*losses{&c, &s} {
		if l.largest > l.passed && l.lost >= minLost {
			pass.Skip("only the largest segments are lost: that is no loss by chance")
			return
		}
	}
	// The weight says that loss is much more often chance than a device's doing, and no more.
	found := pass.Report(0.5, "%d of %d data segments of %v and %d of %d of %v were lost on the way and had to be sent again",
		c.lost, c.segments, f.Client().Endpoint, s.lost, s.segments, f.Server().Endpoint)
	for _, l := range []*losses{&c, &s} {
		if l.first != nil {
			found.Cite(l.first.packet, l.first.part(), "tcp.seq_raw", uint32(l.first.packet.Seq), "—")
		}
	}
}

// lossesOf counts the segments that were sent again and acknowledged at last: what is never acknowledged may have met anything.
func lossesOf(t *transfer) losses {
	var l losses
	lost := make(map[int64]bool, len(t.segments)) // by first byte
	for i := range t.segments {
		if s := &t.segments[i]; s.end <= t.acked {
			lost[s.seq] = lost[s.seq] || s.lost
		}
	}
	for i := range t.segments {
		s := &t.segments[i]
		switch {
		case s.end > t.acked:
		case s.lost:
			l.largest = max(l.largest, s.end-s.seq)
			if l.first == nil {
				l.first = s
			}
		case !lost[s.seq]:
			l.passed = max(l.passed, s.end-s.seq)
		}
	}
	for _, gone := range lost {
		l.segments++
		if gone {
			l.lost++
		}
	}
	return l
}
