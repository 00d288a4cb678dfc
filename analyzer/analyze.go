package analyzer

import (
	"context"
	"errors"
	"fmt"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/flowtab"
	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// ErrNothingUsable is returned when no input held a capture or a path report that could be read. The Case returned beside it still has the
// inventory and the reasons.
var ErrNothingUsable = errors.New("nothing usable: neither a capture nor a path report was found")

// Analyze reads the inputs of one ticket, rebuilds its flows, runs the rules and weighs what they found. The error is nil even
// if parts could not be read; see [Case.Partial].
func Analyze(ctx context.Context, name string, inputs []Input, rules []*Rule, opts *Options) (*Case, error) {
	if opts == nil {
		opts = &Options{}
	}
	a := &analysis{Case: &Case{Name: name, Counts: make(map[Class]int)}, rules: rules, limits: opts.Limits.withDefaults(), opts: opts}
	a.Verdict = Verdict{Class: Inconclusive, Cause: CauseNone, Worst: -1}
	a.budget = a.limits.MaxMemory
	defer a.close()

	if err := a.survey(ctx, inputs); err != nil {
		return a.Case, err
	}
	if len(a.Captures) == 0 && len(a.Paths) == 0 {
		if a.reached != nil {
			return a.Case, fmt.Errorf("%w before a limit was reached: %w", ErrNothingUsable, a.reached)
		}
		return a.Case, ErrNothingUsable
	}
	if err := a.judge(ctx); err != nil {
		return a.Case, err
	}
	troubles := a.troubles()
	a.conclude(troubles)
	if err := a.exhibit(troubles); err != nil {
		return a.Case, err
	}
	if err := a.prove(); err != nil {
		return a.Case, err
	}
	return a.Case, nil
}

// analysis is a Case while it is being made.
type analysis struct {
	*Case
	rules   []*Rule
	limits  Limits
	opts    *Options
	beyond  int              // captures that were not read, for their number
	reached error            // the first limit on what is read of the inputs
	tables  []*flowtab.Table // by capture
	open    *reading         // the capture that is being read
	budget  int64            // memory that the tables of further captures may take
	checks  map[*Rule]*Check
	wanted  flow.Need // what any rule asks for
	clocks  map[[2]int]*pairing.Clock
	changes changes
	related []pairing.Relation // what proxies relay
	fits    map[[2]sighting]pairing.Likeness
	fresh   []Fact           // kept by rules of the connection in hand
	facts   map[*Rule][]Fact // and of all that are listed

	pathHops int // rows of path reports read so far
}

func (a *analysis) close() {
	for _, t := range a.tables {
		t.Close()
	}
}

func (a *analysis) caveat(m *Member, frame uint64, partial bool, format string, args ...any) {
	c := Caveat{Frame: frame, Partial: partial, Text: Msg(format, args...)}
	if m != nil {
		c.Member = m.Name
	}
	a.Caveats = append(a.Caveats, c)
}
