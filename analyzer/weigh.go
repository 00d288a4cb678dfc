package analyzer

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// This file is the only place where findings are weighed. A flow's findings argue for causes with weights in log10 likelihood
// ratios; those of one family are capped, so that correlated observations do not pile up; the sum moves a prior that expects hosts
// to be the cause of their own resets. What it takes to accuse is written in decide.

const (
	// prior is the log10 odds that a given trouble was made by a device: one in thirty. Most resets are genuine: a fifth of all
	// connections that reach a large CDN end in a reset or timeout (Cloudflare, 2024), and few of them are tampered with.
	prior = -1.5
	// accuseAt is the log10 odds from which on a device is accused: thirty to one, on top of the structural conditions in decide.
	accuseAt = 1.5
	// exonerateAt is the log10 odds below which the named host is held to have done it itself.
	exonerateAt = -2.5
	// independent is the least weight that makes a family a witness of its own.
	independent = 1.0
)

// familyCap bounds what a family can contribute: about what its strongest single observation is worth.
var familyCap = map[Family]float64{
	FamilySequence: 4, FamilyTiming: 3, FamilyTTL: 2.5, FamilyIPID: 2.5, FamilyTemplate: 3, FamilyBurst: 1, FamilyPolicy: 3,
	FamilyPeer: 6, FamilyContext: 2.5, FamilyICMP: 4,
}

// score is what the findings about one event come to.
type score struct {
	sum      float64
	proof    bool // one finding is proof by itself
	families int  // that reach independent
	byCause  map[Cause]float64
	findings []*Finding
}

func scoreOf(findings []*Finding) score {
	s := score{byCause: make(map[Cause]float64), findings: findings}
	// Two findings of one rule are two resets of one burst, not two witnesses: the strongest counts.
	best := make(map[*Rule]float64)
	var rules []*Rule // in order: a sum of fractions depends on it in its last digit, and may decide a verdict
	for _, f := range findings {
		if _, ok := best[f.Rule]; !ok {
			rules = append(rules, f.Rule)
		}
		best[f.Rule] = max(best[f.Rule], float64(f.Weight))
		s.byCause[f.Cause] += float64(f.Weight)
		s.proof = s.proof || f.Weight >= Proof
	}
	slices.SortFunc(rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	family := make(map[Family]float64)
	var families []Family
	for _, r := range rules {
		if _, ok := family[r.Family]; !ok {
			families = append(families, r.Family)
		}
		family[r.Family] += best[r]
	}
	for _, name := range families {
		w := min(family[name], familyCap[name])
		s.sum += w
		if w >= independent {
			s.families++
		}
	}
	return s
}

// cause gives the cause with the most weight; among accusations, one that is more specific than rst-injection wins, and among exonerations
// an alert, of which the reset behind it is the consequence.
func (s *score) cause() Cause {
	if s.byCause[TLSAlert] >= independent {
		return TLSAlert
	}
	best, most := CauseNone, -1.0
	for c, w := range s.byCause {
		if c == RSTInjection && len(s.byCause) > 1 {
			continue
		}
		if w > most || w == most && c < best {
			best, most = c, w
		}
	}
	return best
}

// decision is the verdict on one flow.
type decision struct {
	class      Class
	cause      Cause
	confidence float64
	grade      Grade
	blame      *Finding // whose Blame counts, nil if none
	reasons    []*Finding
	open       []Message
}

// decide weighs the findings of a connection. One of which more would have been said, had no file been missing, did not go well for that reason.
func (c *Conn) decide(found []*Finding) decision {
	d := decide(found, c.reset, c.gates)
	if d.class == Clean && c.overHole != "" {
		d = decision{class: Inconclusive, cause: c.overHole, confidence: 0.5, grade: gradeOf(0.5, false), open: c.gates}
	}
	return d
}

// decide weighs the findings of one flow. gates holds what makes its captures worse witnesses: while one is open, only a finding that is
// proof by itself accuses.
func decide(findings []*Finding, reset bool, gates []Message) decision {
	accusing, exonerating, symptoms, benign, lossy := split(findings)
	acc, exo := scoreOf(accusing), scoreOf(exonerating)
	if acc.sum >= independent {
		exo = scoreOf(sameEvent(exonerating, accusing))
	}
	odds := prior + acc.sum - exo.sum
	confidence := 1 / (1 + math.Pow(10, -odds))
	explained := len(benign) > 0 && (acc.sum < independent || scoreOf(benign).proof)

	switch {
	case len(lossy) > 0 && (explained || !reset && len(symptoms) == 0 && exo.sum == 0 && (acc.sum <= independent || acc.cause() == Policing && !acc.proof)):
		// Nothing ended the connection, and nothing shows that a device dropped what was lost.
		lost := scoreOf(lossy)
		sure := 1 / (1 + math.Pow(10, prior+acc.sum-lost.sum))
		return decision{class: Path, cause: lost.cause(), confidence: sure, grade: gradeOf(sure, false), reasons: byWeight(lossy), open: gates}
	case explained:
		return decision{class: Clean, cause: CauseNone, confidence: 1 - confidence, grade: gradeOf(1-confidence, false), reasons: byWeight(benign)}
	case acc.sum > 0 && odds >= accuseAt && (acc.proof || acc.families >= 2) && (len(gates) == 0 || acc.proof):
		return decision{class: Middlebox, cause: acc.cause(), confidence: confidence, grade: gradeOf(confidence, acc.proof),
			reasons: byWeight(accusing), open: gates}
	case exo.sum > 0 && odds <= exonerateAt && acc.sum < independent:
		d := decision{class: Endpoint, cause: exo.cause(), confidence: 1 - confidence, grade: gradeOf(1-confidence, exo.proof),
			reasons: byWeight(exonerating), open: gates}
		for _, f := range d.reasons {
			if f.HasBlame && (d.blame == nil || f.Cause == d.cause && d.blame.Cause != d.cause) {
				d.blame = f
			}
		}
		return d
	case acc.sum > 0 || exo.sum > 0 || len(symptoms) > 0 || reset:
		d := decision{class: Inconclusive, cause: ResetUnattributed, reasons: byWeight(slices.Concat(accusing, exonerating, symptoms)), open: gates}
		switch {
		case reset:
		case len(symptoms) > 0:
			d.cause = symptoms[0].Cause
		case acc.sum > 0:
			d.cause = symptomOf(acc.cause())
		default:
			d.cause = symptomOf(exo.cause())
		}
		// How sure it is that this cannot be told: as sure as neither answer is.
		d.confidence = 1 - 2*math.Abs(confidence-0.5)*0.5
		d.grade = gradeOf(d.confidence, false)
		return d
	}
	return decision{class: Clean, cause: CauseNone, confidence: 1 - confidence, grade: gradeOf(1-confidence, false)}
}

// symptomOf gives what is seen where one is suspected of a cause that is not shown, and no reset was seen.
func symptomOf(c Cause) Cause {
	switch c {
	case SYNDrop, HandshakeHijack, PortClosed, HostFirewall, BacklogOverflow:
		return SYNUnanswered
	case Blackhole, PMTUBlackhole, Policing, AppNoResponse:
		return DataUnanswered
	case UDPBlock, DNSInjection:
		return UDPUnanswered
	}
	return ConnectionLost
}

// split sorts the findings that carry weight. Only the first event that ended the flow is attributed: an exoneration of it with
// strength makes later resets its consequences, whatever they look like. A finding for no cause at all says that what looks like
// trouble is ordinary. Loss on the path explains neither who ended a connection nor that nobody did: it is what remains to be said
// when nothing else is.
func split(findings []*Finding) (accusing, exonerating, symptoms, benign, lossy []*Finding) {
	for _, f := range findings {
		if f.Weight <= 0 {
			continue
		}
		switch f.Cause.Class() {
		case Middlebox:
			accusing = append(accusing, f)
		case Endpoint:
			exonerating = append(exonerating, f)
		case Path:
			lossy = append(lossy, f)
		case Inconclusive:
			symptoms = append(symptoms, f)
		case Clean:
			benign = append(benign, f)
		}
	}
	return ofFirstEvent(accusing, exonerating), exonerating, symptoms, benign, lossy
}

// ofFirstEvent drops accusations about an event after one that the same capture strongly exonerates.
func ofFirstEvent(accusing, exonerating []*Finding) []*Finding {
	return slices.DeleteFunc(slices.Clone(accusing), func(a *Finding) bool {
		weight := 0.0
		for _, e := range exonerating {
			if e.Capture == a.Capture && e.Event > 0 && a.Event > e.Event {
				weight += float64(e.Weight)
			}
		}
		return weight >= 2
	})
}

// sameEvent keeps the exonerations of the very events that are under suspicion: that a host sent one packet itself says nothing of
// another.
func sameEvent(exonerating, accusing []*Finding) []*Finding {
	return slices.DeleteFunc(slices.Clone(exonerating), func(e *Finding) bool {
		return e.Event != 0 && !slices.ContainsFunc(accusing, func(a *Finding) bool {
			return a.Event == 0 || a.Capture == e.Capture && a.Event == e.Event
		})
	})
}

func byWeight(findings []*Finding) []*Finding {
	s := slices.Clone(findings)
	slices.SortStableFunc(s, func(a, b *Finding) int { return cmp.Compare(b.Weight, a.Weight) })
	return s
}
