package rules

import (
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "blocked-for-a-while",
	Title: "After one connection was cut off, the next ones failed too, for a while",
	Doc: "Some filters remember whom they have cut off and refuse everything between the two hosts for a minute or three, whatever it asks for. So connections that worked before fail right after it, most of them before " +
		"they have said anything, and work again later.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The server was down or overloaded for that while, and the first connection was cut off by the same.",
		"The server's own protection (fail2ban, a rate limit) bans the client's address for a while.",
	},
	Next:   "Repeat what the first connection asked for while another client talks to the same server: where only the first client is shut out, it is a ban, and the server's own log tells whether it is the server's.",
	Refs:   []string{"Wang et al.: Your State is Not Mine, IMC 2017, section 2.1"},
	Needs:  flow.NeedRST | flow.NeedUnanswered,
	OnCase: blockedForAWhile,
})

const (
	// leastBlocked connections in a row make a while: fewer fail together by chance.
	leastBlocked = 3
	// longestWhile is well above the bans that are known, 60 to 180 s: what fails for longer is down.
	longestWhile = int64(10 * time.Minute)
	// shortestWhile is what no burst of loss lasts.
	shortestWhile = int64(5 * time.Second)
)

func blockedForAWhile(pass *analyzer.Pass, c *analyzer.Case) {
	if !c.Whole() {
		pass.Skip("not all connections are listed")
		return
	}
	order, all := allBetween(c)
	for _, at := range order {
		conns := slices.DeleteFunc(all[at], func(c *analyzer.Conn) bool {
			return c.Class == analyzer.Path || c.Class == analyzer.Clean && !worked(c) // opened ahead of need, or empty: neither failed nor worked
		})
		if len(conns) < leastBlocked+3 { // one before, the one that is cut off, those blocked, one after
			continue
		}
		before := false
		for i := 0; i < len(conns); i++ {
			if worked(conns[i]) {
				before = true
				continue
			}
			n := 1
			for i+n < len(conns) && !worked(conns[i+n]) {
				n++
			}
			if before && n > leastBlocked && i+n < len(conns) {
				tellBlocked(pass, c.Captures[at.capture], at, conns[i], conns[i+1:i+n], conns[i+n])
			}
			before, i = false, i+n-1
		}
	}
}

func tellBlocked(pass *analyzer.Pass, in *analyzer.Capture, at between, cut *analyzer.Conn, blocked []*analyzer.Conn, after *analyzer.Conn) {
	first := &cut.Seen[0]
	ended := first.Last
	if first.FirstRSTFrame > 0 {
		ended = first.FirstRSTTime
	}
	last := &blocked[len(blocked)-1].Seen[0]
	early := slices.ContainsFunc(blocked, func(c *analyzer.Conn) bool { return c.Signature.Stage < flow.PostPSH })
	switch {
	case cut.Signature.Stage < flow.PostPSH:
		return // nothing had been asked for
	case blocked[0].Seen[0].First < ended || last.First-ended < shortestWhile || after.Seen[0].First-ended > longestWhile:
		return
	case !early:
		pass.Skip("the later ones failed as the first did, after they had asked for something")
		return
	}
	for _, c := range blocked {
		s := &c.Seen[0]
		weight := analyzer.Weight(0.7)
		if c.Class == analyzer.Endpoint {
			weight = analyzer.Note
		}
		found := pass.ReportOn(c, in, weight, "one of %d connections in a row from %v to %v that failed from %v to %v after the one that began in frame %d had been cut off; before it they worked, and from frame %d on they worked again",
			len(blocked), at.client.Addr(), at.server, dur(blocked[0].Seen[0].First-ended), dur(last.First-ended), first.FirstFrame, after.Seen[0].FirstFrame)
		switch {
		case s.FirstRSTFrame > 0:
			found.Event = s.FirstRSTFrame
		case c.Signature.Stage == flow.PostSYN:
			found.Cause = analyzer.SYNDrop
		default:
			found.Cause = analyzer.Blackhole
		}
		for _, cited := range []struct {
			*analyzer.Sighting
			role analyzer.Role
		}{{s, analyzer.Context}, {first, analyzer.Trigger}, {&after.Seen[0], analyzer.Baseline}} {
			client := &cited.Half[flow.Client]
			found.Cite(firstOf(client), cited.role, "tcp.srcport", client.Port, "—")
		}
	}
}
