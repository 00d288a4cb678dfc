package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-after-idle",
	Title: "The reset answers the first packet after a silence",
	Doc: "A device that keeps a table of connections forgets the silent ones. The first packet after the silence then meets a device that does not know its connection, and some answer " +
		"with a reset built from that packet alone. This names the cause of a reset that other rules show to be forged; by itself it accuses nobody.",
	Cause:  analyzer.IdleTimeout,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The server itself closed or forgot the idle connection.",
		"The content of this very packet triggered the reset, and the silence before it is chance.",
	},
	Next:   "Send keep-alives more often than the shortest silence that broke a connection, and ask the operators in between for their idle timers.",
	Refs:   []string{"RFC 5382, section 5", "RFC 9293, section 3.8.4"},
	Needs:  flow.NeedRST,
	OnFlow: rstAfterIdle,
})

// leastIdle is a silence that is no pause within an exchange, whatever the path.
const leastIdle = int64(time.Second)

func rstAfterIdle(pass *analyzer.Pass, f *flow.Flow) {
	before, t, p := resetAfterIdle(pass, f)
	if p == nil {
		return
	}
	pass.Report(0.3, "the reset in frame %d answers frame %d, the first packet after a silence of %v", p.Frame, t.Frame, dur(t.Time-before.Time)).
		Explains(p).
		Cite(before, analyzer.Context, "tcp.time_relative", since(f, before.Time), "—").
		Cite(t, analyzer.Trigger, "tcp.time_relative", since(f, t.Time), "—").
		Cite(p, analyzer.Context, "tcp.seq_raw", uint32(p.Seq), uint32(t.Ack))
	noteTimers(pass, f, t, idleGapsOf(pass, f))
}

// resetAfterIdle gives the first reset of a connection if it answers the first packet after a silence, that packet, and the last before the
// silence; else nil.
func resetAfterIdle(pass *analyzer.Pass, f *flow.Flow) (before, asks, reset *flow.Packet) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !passive(p) || finBefore(f, i, p.Side) {
			continue
		}
		t := trigger(f, i)
		if t == nil || t.Ack != p.Seq {
			continue
		}
		before := pauseBefore(f, t)
		if before == nil || before.Flags.Any(flow.SYN) || t.Time-before.Time < max(leastIdle, 10*minRTT(f, t.Side)) {
			continue
		}
		return before, t, p
	}
	return nil, nil, nil
}
