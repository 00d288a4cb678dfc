package analyzer

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/flowtab"
	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// maxListed bounds the flows that are not clean and still listed: with their findings they take some kilobytes each.
const maxListed = 50_000

// judge examines the flows that need a look, with their twins in the other captures, in batches that fit the memory limit.
func (a *analysis) judge(ctx context.Context) error {
	a.checks, a.facts = make(map[*Rule]*Check), make(map[*Rule][]Fact)
	for _, r := range a.rules {
		c := &Check{Rule: r, Skipped: make(map[string]int)}
		a.checks[r], a.Checks = c, append(a.Checks, c)
		if a.wanted |= r.Needs; r.Needs == 0 && (r.OnFlow != nil || r.OnPair != nil) {
			a.wanted = ^flow.Need(0)
		}
	}
	glances, err := a.glance()
	if err != nil {
		return err
	}
	groups, err := a.groups()
	if err != nil {
		return err
	}
	var batch []group
	cost, sampled := int64(0), int64(0)
	for g := range groups.all() {
		if err := ctx.Err(); err != nil {
			return err
		}
		look, unheard, packets := false, true, int64(0)
		for i, id := range g {
			if id > 0 {
				unheard = unheard && glances[i][id-1].unheard
				look = look || glances[i][id-1].need&a.wanted != 0
				packets += int64(glances[i][id-1].packets)
			}
		}
		if unheard {
			continue
		}
		if g.twice() {
			a.Compared.Of++
		}
		if !look && len(a.Flows) >= a.limits.MaxFlows {
			a.Counts[Clean]++
			continue
		}
		batch = append(batch, g)
		if g.twice() {
			if !look && sampled+packets <= mostSampled {
				sampled += packets
				glances.sample(g)
				look = true
			}
			if look {
				a.Compared.Connections++
			}
		}
		if cost += summaryCost; look {
			cost += packets * flowtab.PacketCost
		}
		if cost > mostOfBatch(a.limits.MaxMemory) {
			if err := a.examine(batch, glances); err != nil {
				return err
			}
			batch, cost = batch[:0], 0
		}
	}
	if err := a.examine(batch, glances); err != nil {
		return err
	}
	a.Changes = a.changes.list()
	a.relate()
	if err := a.compare(); err != nil {
		return err
	}
	a.order()
	a.place()
	a.limitRelayed()
	return nil
}

// leastBatch is the least memory that a batch may take, whatever is granted. A batch is a pass over all packets, which takes as much to read them from
// a file: less would save nothing, and a pass for each connection takes time by the square of their number.
const leastBatch = 512 << 10

// mostOfBatch gives the memory that a batch may take of what is granted: the tables hold the rest.
func mostOfBatch(granted int64) int64 { return max(granted/4, leastBatch) }

// summaryCost is what a connection takes in memory before its packets, with room for its findings.
const summaryCost = 2048

// glance is all that is kept of every flow while batches are made.
type glance struct {
	need    flow.Need
	sampled bool   // no rule asks for it, and its packets are compared with those of another capture all the same
	unheard bool   // datagrams that nothing here understands: counted, and not judged
	packets uint32 // that loading it takes
	at      uint32 // its place among the table's summaries
}

// glances are those of each capture, by flow.
type glances [][]glance

// mostSampled is how many packets of connections that no rule asks for are compared with those of another capture, to tell what the way does to
// them all: those of some hundred connections show it, and take a few hundredths of a second.
const mostSampled = 1 << 16

// sample has the packets of a connection loaded that no rule asks for.
func (all glances) sample(g group) {
	for i, id := range g {
		if id > 0 {
			all[i][id-1].sampled = true
		}
	}
}

// sampled says that the packets of a connection are loaded although no rule asks for them.
func (all glances) sampled(g group) bool {
	for i, id := range g {
		if id > 0 {
			return all[i][id-1].sampled
		}
	}
	return false
}

func (a *analysis) glance() (glances, error) {
	all := make(glances, len(a.tables))
	for i, t := range a.tables {
		all[i] = make([]glance, t.FlowCount())
		at := uint32(0)
		err := t.Summaries(func(s *flow.Summary) bool {
			all[i][s.ID] = glance{need: s.Need, unheard: s.Unheard(), packets: uint32(flowtab.Gathered(s)), at: at}
			at++
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// group is one connection: for each capture the flow's ID plus one, 0 where the capture does not hold it.
type group []uint32

// twice says that several captures hold the connection.
func (g group) twice() bool {
	n := 0
	for _, id := range g {
		if id > 0 {
			n++
		}
	}
	return n > 1
}

// groups are the connections of the ticket, end to end in one slice.
type groups struct {
	ids    []uint32 // empty for a single capture, whose flows are its connections
	stride int
	count  uint32
}

func (g *groups) all() iter.Seq[group] {
	return func(yield func(group) bool) {
		if g.stride == 1 {
			for id := range g.count {
				if !yield(group{id + 1}) {
					return
				}
			}
			return
		}
		for i := 0; i < len(g.ids); i += g.stride {
			if !yield(g.ids[i : i+g.stride]) {
				return
			}
		}
	}
}

func (a *analysis) groups() (*groups, error) {
	if len(a.tables) == 1 {
		return &groups{stride: 1, count: a.tables[0].FlowCount()}, nil
	}
	var refs []pairing.Ref
	for i, t := range a.tables {
		if err := t.Summaries(func(s *flow.Summary) bool { refs = append(refs, pairing.RefOf(i, s, t.Names())); return true }); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(refs, func(x, y pairing.Ref) int { return cmp.Or(cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.ID, y.ID)) })
	g := &groups{stride: len(a.tables)}
	all := a.fewer(pairing.Join(refs))
	a.clocks = pairing.Clocks(all)
	all, found, left := pairing.Relate(all, a.clocks)
	if left > 0 {
		a.caveat(nil, 0, false, "%d connections that not all captures hold were not compared by what they say, as there are too many: proxies may have relayed them", left)
	}
	a.weighed(found)
	a.clocks = pairing.Clocks(all)
	a.setClocks()
	for _, joined := range all {
		one := make([]uint32, g.stride)
		for _, r := range joined {
			one[r.Capture] = r.ID + 1
		}
		g.ids = append(g.ids, one...)
	}
	return g, nil
}

// conn makes the report's entry of a connection.
func (a *analysis) conn(g []*flow.Summary) *Conn {
	c := &Conn{}
	for i, s := range g {
		if s != nil {
			c.Seen = append(c.Seen, Sighting{Capture: i, Summary: *s})
		}
	}
	// The client's end names the flow, as the customer knows it.
	slices.SortStableFunc(c.Seen, func(x, y Sighting) int { return cmp.Compare(a.rank(x.Capture), a.rank(y.Capture)) })
	return c
}

func (a *analysis) rank(capture int) int {
	switch a.Captures[capture].Member.Role {
	case AtClient:
		return 0
	case AtServer:
		return 2
	}
	return 1
}

// examine loads the packets of a batch of connections, runs the rules on them and decides.
func (a *analysis) examine(batch []group, glances glances) error {
	if len(batch) == 0 {
		return nil
	}
	summaries, err := a.fetch(batch, glances)
	if err != nil {
		return err
	}
	loaded := make([][]*flow.Flow, len(batch)) // by connection and capture
	for k := range loaded {
		loaded[k] = make([]*flow.Flow, len(a.tables))
	}
	for i, t := range a.tables {
		var want []flow.Summary
		var whose []int
		for k, g := range summaries {
			if g[i] != nil && (a.needsLook(g) || glances.sampled(batch[k])) {
				want, whose = append(want, *g[i]), append(whose, k)
			}
		}
		flows, err := t.Load(want)
		if err != nil {
			return err
		}
		for j, f := range flows {
			loaded[whose[j]][i] = f
			if f.Unheard > 0 {
				a.caveat(a.Captures[i].Member, uint64(f.FirstFrame), false, "the flow %v - %v holds %d more messages than are looked at: they were counted and not judged",
					f.Client().Endpoint, f.Server().Endpoint, f.Unheard)
			}
			if f.Omitted > 0 {
				a.caveat(a.Captures[i].Member, uint64(f.FirstFrame), false, "the connection %v - %v is longer than %d packets: %d in its middle were counted and not looked at one by one",
					f.Client().Endpoint, f.Server().Endpoint, flowtab.MaxPackets, f.Omitted)
			}
		}
	}
	for k, g := range summaries {
		if a.needsLook(g) {
			a.decideOn(g, loaded[k])
		} else {
			c := a.conn(g)
			a.pairUp(c, loaded[k])
			a.enter(c, decision{class: Clean, cause: CauseNone, confidence: 1, grade: gradeOf(1, false)}, nil)
		}
	}
	return nil
}

// fetch gives the summaries of a batch: for each connection one by capture, nil where a capture does not hold it. They are read one by
// one: a pass over all summaries for each batch would take time by the square of their number.
func (a *analysis) fetch(batch []group, glances glances) ([][]*flow.Summary, error) {
	out := make([][]*flow.Summary, len(batch))
	for k, g := range batch {
		out[k] = make([]*flow.Summary, len(a.tables))
		for i, id := range g {
			if id == 0 {
				continue
			}
			s, err := a.tables[i].Summary(glances[i][id-1].at)
			if err != nil {
				return nil, err
			}
			out[k][i] = s
		}
	}
	return out, nil
}

// needsLook says that a rule asks for what the survey saw of a connection in any capture.
func (a *analysis) needsLook(g []*flow.Summary) bool {
	for _, s := range g {
		if s != nil && s.Need&a.wanted != 0 {
			return true
		}
	}
	return false
}

// decideOn runs the rules over one connection and weighs what they find.
func (a *analysis) decideOn(g []*flow.Summary, flows []*flow.Flow) {
	c := a.conn(g)
	var found []*Finding
	reset := false
	for _, s := range c.Seen {
		f := flows[s.Capture]
		reset = reset || f.FirstRSTFrame > 0
		for _, r := range a.rules {
			if r.OnFlow != nil && r.Proto == f.Proto && (r.Needs == 0 || f.Need&r.Needs != 0) {
				found = append(found, a.run(r, a.Captures[s.Capture], nil, func(p *Pass) { r.OnFlow(p, f) })...)
			}
		}
	}
	a.muteBehindHoles(c, found, false)
	alone := len(found)
	pairs := a.pairUp(c, flows)
	for x, s := range c.Seen {
		for _, o := range c.Seen[x+1:] {
			for _, r := range a.rules {
				if r.OnPair != nil && r.Proto == flows[s.Capture].Proto && (r.Needs == 0 || (flows[s.Capture].Need|flows[o.Capture].Need)&r.Needs != 0) {
					found = append(found, a.run(r, a.Captures[s.Capture], a.Captures[o.Capture], func(p *Pass) {
						p.Proxied = pairing.LinkOf(&s.Summary, &o.Summary) != pairing.Through
						r.OnPair(p, flows[s.Capture], flows[o.Capture])
					})...)
				}
			}
		}
	}
	a.muteBehindHoles(c, found[alone:], true)
	c.reset, c.Signature, c.gates = reset, signatureOf(c, flows), a.gates(c)
	if len(a.fresh) > 0 || slices.ContainsFunc(found, (*Finding).Accuses) { // what was kept may lead to an accusation when the connections are compared
		c.disorder, c.clues = a.disorder(flows), a.clues(flows, found)
	}
	c.mute(found)
	for _, p := range pairs {
		p.cite(found)
	}
	a.enter(c, c.decide(found), found)
}

// run calls one rule under a guard: a rule that panics is our bug, and must not cost the user the other rules' findings.
func (a *analysis) run(r *Rule, capture, other *Capture, call func(*Pass)) []*Finding {
	p := &Pass{Rule: r, Case: a.Case, Capture: capture, other: other, facts: a.facts[r], clocks: a.clocks}
	defer func() {
		if v := recover(); v != nil {
			var m *Member
			if capture != nil {
				m = capture.Member
			}
			a.caveat(m, 0, true, "the rule %s failed and was left out for a connection: %s", r.ID, fmt.Sprint(v))
		}
	}()
	call(p)
	check := a.checks[r]
	if capture != nil || r.OnFlow == nil && r.OnPair == nil { // a rule that compares what it kept of flows has looked at those
		check.Looked++
	}
	check.Fired += p.spokenOf()
	a.fresh = append(a.fresh, p.kept...)
	for i, reason := range p.skipped {
		if !slices.Contains(p.skipped[:i], reason) {
			check.Skipped[reason]++
		}
	}
	return p.found
}
