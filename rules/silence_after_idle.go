package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "silence-after-idle",
	Title: "After a pause nothing was answered any more",
	Doc: "A device that keeps a table of connections forgets the silent ones and drops what comes later. A running host answers in any case: with an acknowledgment, or with a reset if it does not know the " +
		"connection. If it answers others at that time, something took the packets before its kernel did.",
	Cause:  analyzer.IdleTimeout,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The host's own filter forgot the connection, or drops what it does not know, as the firewall of Windows does.",
		"The address stands for several hosts, and the one that held the connection is down.",
		"The path failed during the pause, for these two ends only.",
	},
	Next: "Send keep-alives more often than the shortest pause that broke a connection (Linux: net.ipv4.tcp_keepalive_time), and ask the operators in between for their idle timers; a capture on the other host shows " +
		"whether the packets arrive there.",
	Refs:   []string{"RFC 5382, section 5", "RFC 9293, sections 3.8.4 and 3.10.7.1"},
	Needs:  flow.NeedUnanswered | flow.NeedIdle,
	OnFlow: silenceAfterIdle,
})

// idleSilence is where a connection that had worked went on after a pause and got no answer.
type idleSilence struct {
	before, first, last *flow.Packet // the last before the pause, the first and the last that nobody answered
	tries               int
}

func silenceAfterIdle(pass *analyzer.Pass, f *flow.Flow) {
	if f.OneWay() {
		pass.Skip("the capture shows only one direction")
		return
	}
	s := silenceOf(f)
	if s == nil {
		return
	}
	me, peer := &f.Half[s.first.Side], &f.Half[s.first.Side.Other()]
	switch {
	case peer.FINs > 0 || finBefore(f, indexOf(f, s.first), s.first.Side):
		pass.Skip("a side had closed before the pause")
		return
	case peer.Window.Seen && peer.Window.Last == 0:
		pass.Skip("the other side's window was closed")
		return
	case f.FirstRSTFrame > 0 && f.FirstRSTFrame < s.last.Frame:
		pass.Skip("a reset ended the connection")
		return
	}
	pause := dur(s.first.Time - s.before.Time)
	host := pass.Host(peer)
	alive := host != nil && host.Last > s.first.Time
	var found *analyzer.Finding
	if alive {
		found = pass.Report(1, "after a pause of %v %v sent frame %d (%s) and what followed, %d packets up to frame %d, and got no answer, while %v still sent packets on other connections, frame %d among them",
			pause, me.Endpoint, s.first.Frame, carried(f, s.first), s.tries, s.last.Frame, peer.Addr(), host.LastAt)
	} else {
		found = pass.Report(0.3, "after a pause of %v %v sent frame %d (%s) and what followed, %d packets up to frame %d, and got no answer; nothing shows whether %v was still there",
			pause, me.Endpoint, s.first.Frame, carried(f, s.first), s.tries, s.last.Frame, peer.Addr())
	}
	if f.FirstRSTFrame > 0 {
		found.Weight = analyzer.Note // the reset is what is weighed, and the host that gave up sent it
	}
	found.Cite(s.first, analyzer.Trigger, "tcp.time_relative", since(f, s.first.Time), "—").
		Cite(s.before, analyzer.Baseline, "tcp.time_relative", since(f, s.before.Time), "—").
		Cite(s.last, analyzer.Context, "tcp.seq_raw", uint32(s.last.Seq), "—")
	if alive {
		found.Cite(lastOf(host, s.last), analyzer.Answer, "ip.src", peer.Addr(), peer.Addr())
	}
	noteTimers(pass, f, s.first, idleGapsOf(pass, f))
}

// silenceOf finds the pause after which one side sent several packets and the other none; nil if there is none.
func silenceOf(f *flow.Flow) *idleSilence {
	lastHeard := -1 // index of the last packet of the side that fell silent
	end := len(f.Packets) - 1
	for end >= 0 && !f.Packets[end].IsTCP() {
		end--
	}
	if end < 0 {
		return nil
	}
	talker := f.Packets[end].Side
	for i := end; i >= 0; i-- {
		if p := &f.Packets[i]; p.IsTCP() && p.Side != talker {
			lastHeard = i
			break
		}
	}
	var s idleSilence
	for i := max(lastHeard, 0); i < len(f.Packets); i++ {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Side != talker || p.Marks.Has(flow.Duplicate) || p.Flags.Any(flow.RST) {
			continue
		}
		switch {
		case !p.Carries() && !p.Marks.Has(flow.KeepAlive):
		case s.first == nil:
			s.first, s.last, s.tries = p, p, 1
		default:
			s.last, s.tries = p, s.tries+1
		}
	}
	if lastHeard < 0 || s.tries <= minTries {
		return nil
	}
	s.before = pauseBefore(f, s.first)
	peer := &f.Half[talker.Other()]
	if s.before == nil || s.before.Flags.Any(flow.SYN) || s.first.Time-s.before.Time < max(leastIdle, 10*minRTT(f, talker)) || !peer.HasAcked ||
		!s.first.Marks.Has(flow.KeepAlive) && peer.Acked.Less(s.first.Seq) {
		return nil // data from before the pause was not acknowledged either: the pause is not when it began
	}
	return &s
}
