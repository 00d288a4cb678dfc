package analyzer

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Group is connections of a ticket to which the same happened: of hundreds, the engineer reads a handful of these.
type Group struct {
	Class     Class
	Cause     Cause
	Signature flow.Signature
	Server    flow.Endpoint
	Name      string // that they asked for; empty if none is known
	Flows     []int  // indexes in Case.Flows, in their order
}

// Groups gives the listed connections that are not clean by what happened, in which way, at which server and asking for what: the gravest
// first, and of those the largest. Nothing is concluded from their number, as one thing may be the cause of all.
func (c *Case) Groups() []Group {
	type key struct {
		class     Class
		cause     Cause
		signature flow.Signature
		server    flow.Endpoint
		name      string
	}
	var groups []Group
	at := make(map[key]int)
	for i, f := range c.Flows {
		if f.Class == Clean {
			continue
		}
		name, _ := c.Named(f)
		k := key{f.Class, f.Cause, f.Signature, f.Server(), name}
		n, ok := at[k]
		if !ok {
			n = len(groups)
			at[k] = n
			groups = append(groups, Group{Class: f.Class, Cause: f.Cause, Signature: f.Signature, Server: k.server, Name: name})
		}
		groups[n].Flows = append(groups[n].Flows, i)
	}
	slices.SortStableFunc(groups, func(x, y Group) int {
		return cmp.Or(cmp.Compare(severity(x.Class), severity(y.Class)), cmp.Compare(len(y.Flows), len(x.Flows)))
	})
	return groups
}
