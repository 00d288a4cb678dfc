package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "receiver-stalled",
	Title: "The receiving program stopped reading",
	Doc: "A window of zero says that the receiver's buffer is full: the packets arrive, its kernel acknowledges them, and its program does not fetch them. The sender has to wait until the window opens. " +
		"That is a matter of the program that should read, not of the network.",
	Cause:  analyzer.AppNoResponse,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A proxy on the receiver's side acknowledged the data, and could not hand it on.",
		"The packet that opened the window again was lost.",
	},
	Next:   "Look at the program that should read: is it busy, blocked on a disk or a database, suspended, or does it limit its own rate?",
	Refs:   []string{"RFC 9293, section 3.8.6.1", "RFC 6429"},
	Needs:  flow.NeedStall,
	OnFlow: receiverStalled,
})

// leastStall is a stop that a user notices; shorter ones are how a window does its work.
const leastStall = int64(time.Second)

func receiverStalled(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		if f.Half[side].Window.Zeros == 0 {
			continue
		}
		shut, opened := longestStall(f, side)
		if shut == nil {
			continue
		}
		if !sameDistance(f, shut) {
			pass.Skip("the window of zero comes from another distance than the host")
			continue
		}
		if opened != nil {
			pass.Report(analyzer.Note, "%v left no room from frame %d on, for %v, until frame %d: its program did not read",
				f.Half[side].Endpoint, shut.Frame, dur(opened.Time-shut.Time), opened.Frame).
				Cite(shut, analyzer.Context, "tcp.window_size_value", shut.Window, "> 0").
				Cite(opened, analyzer.Context, "tcp.window_size_value", opened.Window, "> 0")
			continue
		}
		asked := lastBefore(f, len(f.Packets), side.Other(), func(q *flow.Packet) bool {
			return q.Frame > shut.Frame && (q.Len > 0 || q.Marks.Has(flow.KeepAlive)) && !q.Flags.Any(flow.RST)
		})
		if asked == nil || asked.Time-shut.Time < max(leastStall, 10*minRTT(f, side.Other())) {
			pass.Skip("nobody waited for the window to open")
			continue
		}
		weight := analyzer.Weight(2.5)
		if side == flow.Client {
			weight = analyzer.Note // a client may stop reading: a player's buffer is full, a user paused
		}
		pass.Report(weight, "%v left no room from frame %d on and never again, although the other side still asked in frame %d, %v later: its program did not read",
			f.Half[side].Endpoint, shut.Frame, asked.Frame, dur(asked.Time-shut.Time)).
			Blames(side).
			Cite(shut, analyzer.Answer, "tcp.window_size_value", shut.Window, "> 0").
			Cite(asked, analyzer.Trigger, "tcp.time_relative", since(f, asked.Time), "—")
	}
}

// longestStall gives the packet with which a side's window closed for the longest time, and the one that opened it again; nil if it never
// did, and two nils if no stop was long. A side that has closed, or got all there is, leaves no room either and waits for nothing.
func longestStall(f *flow.Flow, side flow.Side) (shut, opened *flow.Packet) {
	var now *flow.Packet
	longest := leastStall
	for i := range f.Packets {
		p := &f.Packets[i]
		if !p.IsTCP() || p.Marks.Has(flow.Duplicate) {
			continue
		}
		if p.Flags.Any(flow.RST | flow.FIN) {
			break
		}
		if p.Side != side || p.Flags.Any(flow.SYN) {
			continue
		}
		switch {
		case p.Window == 0 && now == nil:
			now = p
		case p.Window > 0 && now != nil:
			if p.Time-now.Time >= longest {
				shut, opened, longest = now, p, p.Time-now.Time
			}
			now = nil
		}
	}
	if now != nil {
		return now, nil
	}
	return shut, opened
}
