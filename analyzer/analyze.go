package analyzer

import (
	"context"
	"errors"
)

// ErrNothingUsable is returned when no input held a capture or a path report that could be read. The Case returned beside it
// still has the inventory and the reasons.
var ErrNothingUsable = errors.New("nothing usable: no capture was found")

// Analyze reads the inputs of one ticket, rebuilds its flows, runs the rules and weighs what they found. The error is nil even
// if parts could not be read; see [Case.Partial].
func Analyze(ctx context.Context, name string, inputs []Input, rules []*Rule, opts *Options) (*Case, error) {
	return nil, ErrNothingUsable
}
