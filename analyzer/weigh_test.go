package analyzer

import "testing"

// argue makes a finding of a family about an event.
func argue(family Family, cause Cause, w Weight, event uint32) *Finding {
	r := &Rule{ID: string(family) + string(cause), Family: family, Cause: cause}
	return &Finding{Rule: r, Cause: cause, Weight: w, Event: event}
}

func TestDecide(t *testing.T) {
	gate := []Message{Msg("the capture is lossy")}
	for _, c := range []struct {
		name     string
		findings []*Finding
		reset    bool
		gates    []Message
		class    Class
		cause    Cause
	}{
		{"nothing", nil, false, nil, Clean, CauseNone},
		{"a reset that nothing explains", nil, true, nil, Inconclusive, ResetUnattributed},
		{"one family is no witness", []*Finding{argue(FamilyTTL, RSTInjection, 2.5, 9)}, true, nil, Inconclusive, ResetUnattributed},
		{"two families", []*Finding{argue(FamilyTTL, RSTInjection, 2, 9), argue(FamilyIPID, RSTInjection, 2, 9)}, true, nil, Middlebox, RSTInjection},
		{"two families, a bad witness", []*Finding{argue(FamilyTTL, RSTInjection, 2, 9), argue(FamilyIPID, RSTInjection, 2, 9)}, true, gate, Inconclusive, ResetUnattributed},
		{"proof", []*Finding{argue(FamilySequence, RSTInjection, 4, 9)}, true, nil, Middlebox, RSTInjection},
		{"proof, and a bad witness", []*Finding{argue(FamilySequence, RSTInjection, 4, 9)}, true, gate, Middlebox, RSTInjection},
		{"two weak families", []*Finding{argue(FamilyTTL, RSTInjection, 0.5, 9), argue(FamilyIPID, RSTInjection, 0.8, 9)}, true, nil, Inconclusive, ResetUnattributed},
		{"proof against proof of the same event", []*Finding{argue(FamilySequence, RSTInjection, 3.5, 9), argue(FamilyPeer, AppAbort, 5, 9)}, true, nil, Inconclusive, ResetUnattributed},
		{"exonerated", []*Finding{argue(FamilyTemplate, AppAbort, 2.5, 9)}, true, nil, Endpoint, AppAbort},
		{"exonerated a little", []*Finding{argue(FamilyTemplate, ConnectionForgotten, 0.8, 9)}, true, nil, Inconclusive, ResetUnattributed},
		{"a genuine answer to a forged reset", []*Finding{argue(FamilySequence, RSTInjection, 4, 5), argue(FamilyPeer, ClientAbort, 3, 9)}, true, nil, Middlebox, RSTInjection},
		{"a strange reset after a genuine one", []*Finding{argue(FamilyTTL, RSTInjection, 2, 9), argue(FamilyIPID, RSTInjection, 2, 9), argue(FamilyPeer, AppAbort, 3, 5)}, true, nil, Endpoint, AppAbort},
		{"the more specific cause names it", []*Finding{argue(FamilySequence, RSTInjection, 4, 9), argue(FamilyContext, IdleTimeout, 0.3, 9)}, true, nil, Middlebox, IdleTimeout},
		{"a symptom", []*Finding{argue(FamilyContext, SYNUnanswered, 1, 0)}, false, nil, Inconclusive, SYNUnanswered},
		{"ordinary after all", []*Finding{argue(FamilyContext, CauseNone, 2.5, 9), argue(FamilyPeer, ClientAbort, 3, 9)}, true, nil, Clean, CauseNone},
		{"ordinary, but proof of a device", []*Finding{argue(FamilyContext, CauseNone, 2.5, 9), argue(FamilySequence, RSTInjection, 4, 9)}, true, nil, Middlebox, RSTInjection},
		{"loss", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0)}, false, nil, Path, PacketLoss},
		{"loss in a lossy capture", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0)}, false, gate, Path, PacketLoss},
		{"loss, and the host's own reset", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0), argue(FamilyTemplate, AppAbort, 2.5, 9)}, true, nil, Endpoint, AppAbort},
		{"loss, and a forged reset", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0), argue(FamilySequence, RSTInjection, 3, 9)}, true, nil, Middlebox, RSTInjection},
		{"loss, and a reset that nothing explains", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0)}, true, nil, Inconclusive, ResetUnattributed},
		{"loss, and silence at the end", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0), argue(FamilyContext, DataUnanswered, 1, 0)}, false, nil, Inconclusive, DataUnanswered},
		{"loss, and a reset after the end", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0), argue(FamilyContext, CauseNone, 2.5, 9)}, true, nil, Path, PacketLoss},
		{"loss that a policer might have made", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0), argue(FamilyPolicy, Policing, 1, 0)}, false, nil, Path, PacketLoss},
		{"loss of which two rules suspect a policer", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0), argue(FamilyPolicy, Policing, 1, 0), argue(FamilyTiming, Policing, 1, 0)}, false, nil, Path, PacketLoss},
		{"a device is suspected, and no reset was seen", []*Finding{argue(FamilyPolicy, Blackhole, 2, 0)}, false, nil, Inconclusive, DataUnanswered},
		{"a host is suspected, and no reset was seen", []*Finding{argue(FamilyPolicy, HostFirewall, 0.5, 0)}, false, nil, Inconclusive, SYNUnanswered},
		{"loss that a policer made", []*Finding{argue(FamilyContext, PacketLoss, 0.5, 0), argue(FamilyPolicy, Policing, 3, 0)}, false, nil, Middlebox, Policing},
		{"a note changes nothing", []*Finding{argue(FamilyContext, RSTInjection, Note, 9)}, false, nil, Clean, CauseNone},
	} {
		d := decide(c.findings, c.reset, c.gates)
		if d.class != c.class || d.cause != c.cause {
			t.Errorf("%s: %s %s (%.3f), want %s %s", c.name, d.class, d.cause, d.confidence, c.class, c.cause)
		}
		if d.confidence < 0 || d.confidence > 1 {
			t.Errorf("%s: confidence %g", c.name, d.confidence)
		}
		if d.blame != nil && d.class != Endpoint {
			t.Errorf("%s: blames %v", c.name, d.blame.Blame)
		}
	}
}

// TestOneRuleIsOneWitness makes sure that ten resets of one burst weigh as much as one.
func TestOneRuleIsOneWitness(t *testing.T) {
	f := argue(FamilyTTL, RSTInjection, 1.2, 9)
	many := make([]*Finding, 10)
	for i := range many {
		many[i] = &Finding{Rule: f.Rule, Cause: f.Cause, Weight: f.Weight, Event: uint32(9 + i)}
	}
	if one, ten := scoreOf([]*Finding{f}), scoreOf(many); one.sum != ten.sum || ten.sum != 1.2 {
		t.Errorf("one finding weighs %g, ten of the same rule %g", one.sum, ten.sum)
	}
}

func TestFamiliesAreCapped(t *testing.T) {
	a, b := argue(FamilyTTL, RSTInjection, 2, 9), argue(FamilyTTL, IdleTimeout, 2, 9)
	if s := scoreOf([]*Finding{a, b}); s.sum != familyCap[FamilyTTL] {
		t.Errorf("two findings of one family weigh %g, want the cap %g", s.sum, familyCap[FamilyTTL])
	}
}

// TestSumIsStable: three weights whose sum differs by the order in which they are added, so that a verdict on the edge would change from run to run.
func TestSumIsStable(t *testing.T) {
	findings := []*Finding{argue(FamilyTTL, RSTInjection, 0.7, 9), argue(FamilyIPID, RSTInjection, 1.1, 9), argue(FamilyTiming, RSTInjection, 1.2, 9), argue(FamilyTTL, IdleTimeout, 0.1, 9)}
	want := scoreOf(findings).sum
	for range 200 {
		findings = append(findings[1:], findings[0])
		if got := scoreOf(findings).sum; got != want {
			t.Fatalf("the same findings weigh %v and %v", got, want)
		}
	}
}
