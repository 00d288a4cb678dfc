package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "idle-bracket",
	Title: "Between which pauses the idle timer lies",
	Doc: "A device or host that forgets silent connections does so after one and the same time. The longest pause that any connection to a server came through, and the shortest that one did not, hold that time between them; and " +
		"products come with known ones.",
	Cause:  analyzer.IdleTimeout,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The server itself forgets idle connections after that time, without a word.",
	},
	Next:   "Send keep-alives more often than the longest pause that was survived (Linux: net.ipv4.tcp_keepalive_time), and ask the operators in between, and the server's, for their idle timers.",
	Refs:   []string{"RFC 5382, section 5"},
	Needs:  flow.NeedRST | flow.NeedUnanswered | flow.NeedIdle,
	OnFlow: keepIdleGaps,
	OnCase: idleBracket,
})

// idleGaps is what one connection tells of a timer.
type idleGaps struct {
	gaps   []idleGap
	server flow.Endpoint
	on     flow.Packet // at which it failed; Frame 0 if it did not
}

func keepIdleGaps(pass *analyzer.Pass, f *flow.Flow) {
	k := idleGaps{gaps: idleGapsOf(pass, f), server: f.Half[flow.Server].Endpoint}
	if _, on := failedAfterIdle(pass, f); on != nil {
		k.on = *on
	}
	if len(k.gaps) > 0 {
		pass.Keep(k)
	}
}

func idleBracket(pass *analyzer.Pass, c *analyzer.Case) {
	// bracket is what all connections to a server tell together.
	type bracket struct {
		gaps      []idleGap
		failed    int
		low, high time.Duration
		ok        bool
	}
	all := make(map[place]*bracket)
	for _, k := range pass.Facts() {
		at := place{k.Capture.Index, k.Value.(idleGaps).server}
		if all[at] == nil {
			all[at] = &bracket{}
		}
		all[at].gaps = append(all[at].gaps, k.Value.(idleGaps).gaps...)
		if k.Value.(idleGaps).on.Frame > 0 {
			all[at].failed++
		}
	}
	for _, b := range all {
		b.low, b.high, b.ok = bracketIdle(b.gaps)
	}
	for _, k := range pass.Facts() {
		g := k.Value.(idleGaps)
		b := all[place{k.Capture.Index, g.server}]
		if g.on.Frame == 0 || b.failed < 2 {
			continue // one connection tells its own bracket
		}
		if !b.ok {
			pass.Skip("a longer pause was survived than one that was not: no single timer explains both")
			continue
		}
		names := knownTimers(b.low, b.high)
		if names == "" {
			names = "—"
		}
		pass.ReportOn(k.Conn, k.Capture, analyzer.Note, "of the connections to %v %d did not come through a pause, this one at frame %d; the shortest such pause is %v, the longest that one came through %v; idle timers in between, as the products come: %s",
			g.server, b.failed, g.on.Frame, b.high.Round(time.Millisecond), b.low.Round(time.Millisecond), names).
			Cite(&g.on, analyzer.Context, "tcp.seq_raw", uint32(g.on.Seq), "—")
	}
}
