package rules

import "github.com/capforensics/capforensics/analyzer"

var _ = register(&analyzer.Rule{
	ID:    "ecn-bleach",
	Title: "ECN marks are wiped out on the way",
	Doc: "Hosts that use ECN mark their packets as capable of it, and a congested router marks them instead of dropping them. Some routers and firewalls set the two bits to zero, as part of the type of service that they were before 2001. " +
		"Then congestion shows by loss alone. It is harmless, and a caution: a mark that is missing at the other end was not left out by the host.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A router that sets the DSCP to zero at the border of its network writes the whole octet.",
		"A tunnel on the way whose end does not copy the bits.",
	},
	Next:   "Nothing, unless the complaint is about speed: then ask the operator of the router to leave the two bits alone.",
	Refs:   []string{"RFC 3168, section 5", "RFC 6040", "Trammell et al.: Enabling Internet-Wide Deployment of Explicit Congestion Notification, PAM 2015"},
	OnCase: ecnBleach,
})

// notECT is the code point of packets that do not take part in ECN.
const notECT = "0"

func ecnBleach(pass *analyzer.Pass, c *analyzer.Case) {
	for i := range c.Changes {
		x := &c.Changes[i]
		if x.Kind != analyzer.ChangeECN || x.Arrived != notECT {
			continue
		}
		from, to := c.Captures[x.From], c.Captures[x.To]
		pass.Report(analyzer.Note, "in %d of %d packets of the %s the ECN field left as %s and arrived as 0, as in frame %d of %s and frame %d of %s", x.Packets, x.Of, x.Side, x.Left, x.First[0].Frame, from.Name(), x.First[1].Frame, to.Name()).
			CiteIn(from, &x.First[0], analyzer.Baseline, x.Field, x.Left, x.Left).
			CiteIn(to, &x.First[1], analyzer.Context, x.Field, x.Arrived, x.Left)
	}
}
