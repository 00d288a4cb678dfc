package rules

import (
	"cmp"
	"maps"
	"slices"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "name-decides",
	Title: "The name decides: some names fail, others to the same address work",
	Doc: "Connections to one address and port that ask for some names are cut off each time, and those for other names work, in between. So it is neither the address, the port nor the time. A kernel acknowledges data whatever is in " +
		"it: where even that does not come, something reads the names before the server's kernel does.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The server, its load balancer or its web application firewall turns these names away itself.",
		"Behind the one address are several hosts, chosen by name, and one of them is broken.",
	},
	Next:   "Ask the same address for one of the names that fail and one that works, in turn, from another network (curl --connect-to), and on the server itself: where both work, the way in between decides.",
	Refs:   []string{"RFC 6066, section 3", "Sundara Raman et al.: Global, Passive Detection of Connection Tampering, SIGCOMM 2023"},
	Needs:  flow.NeedRST | flow.NeedUnanswered,
	OnFlow: keepCutOff,
	OnCase: nameDecides,
})

// leastCompared is how often one name must fail, and others work, before the name is said to decide: three of each fall so by chance
// once in twenty, if each fails as often as not (Fisher's exact test).
const leastCompared = 3

func nameDecides(pass *analyzer.Pass, c *analyzer.Case) {
	if len(pass.Facts()) < leastCompared {
		return
	}
	if !c.Whole() {
		pass.Skip("not all connections are listed")
		return
	}
	type sight struct {
		conn    *analyzer.Conn
		capture int
	}
	cut := make(map[sight]analyzer.Fact)
	for _, k := range pass.Facts() {
		cut[sight{k.Conn, k.Capture.Index}] = k
	}
	var order []place
	places := make(map[place]map[string]*outcomes)
	for _, conn := range c.Flows {
		name, seen := c.Named(conn)
		if name == "" || conn.Proto() != flow.TCP {
			continue
		}
		at := place{seen.Capture, seen.Half[flow.Server].Endpoint}
		if places[at] == nil {
			order, places[at] = append(order, at), make(map[string]*outcomes)
		}
		o := places[at][name]
		if o == nil {
			o = &outcomes{}
			places[at][name] = o
		}
		if k, ok := cut[sight{conn, seen.Capture}]; ok {
			o.failed = append(o.failed, k)
		} else if seen.Half[flow.Server].Bytes > 0 && conn.Class == analyzer.Clean {
			o.worked = append(o.worked, seen)
		}
	}
	for _, at := range order {
		tellNames(pass, c, c.Captures[at.capture], at.server, byHost(places[at]))
	}
}

// tellNames compares the names that were asked for at one place. A name that was asked for only once or twice tells nothing: whatever
// became of it, it would be said to decide.
func tellNames(pass *analyzer.Pass, c *analyzer.Case, in *analyzer.Capture, server flow.Endpoint, all map[string]*outcomes) {
	var bad, good outcomes
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch o := all[name]; {
		case len(o.failed) > 0 && len(o.worked) > 0:
			pass.Skip("one and the same name failed and worked")
			return
		case len(o.failed) >= leastCompared:
			bad.failed = append(bad.failed, o.failed...)
		case len(o.worked) >= leastCompared:
			good.worked = append(good.worked, o.worked...)
		}
	}
	if len(bad.failed) == 0 || len(good.worked) == 0 {
		return
	}
	asked := func(x, y analyzer.Fact) int {
		return cmp.Compare(x.Value.(cutOff).asked.Time, y.Value.(cutOff).asked.Time)
	}
	from, to := slices.MinFunc(bad.failed, asked).Value.(cutOff).asked.Time, slices.MaxFunc(bad.failed, asked).Value.(cutOff).asked.Time
	i := slices.IndexFunc(good.worked, func(s *analyzer.Sighting) bool { return s.First > from && s.First < to })
	if i < 0 {
		pass.Skip("no other name worked between two that failed: the time may decide")
		return
	}
	control := good.worked[i]
	resets := 0
	for _, k := range bad.failed {
		if k.Value.(cutOff).reset.Frame > 0 {
			resets++
		}
	}
	for _, k := range bad.failed {
		cut := k.Value.(cutOff)
		name, _ := c.Named(k.Conn)
		var found *analyzer.Finding
		if cut.reset.Frame > 0 {
			weight := analyzer.Weight(1.5)
			if k.Conn.Class == analyzer.Endpoint {
				weight = analyzer.Note // the host's own reset: it is the server that chooses by name
			}
			found = pass.ReportOn(k.Conn, in, weight, "none of %d connections to %v that ask for a name as frame %d does (%s) worked, %d of them were reset; %d for other names worked in between, one of them from frame %d on",
				len(bad.failed), server, cut.asked.Frame, name, resets, len(good.worked), control.FirstFrame)
			found.Explains(&cut.reset)
		} else {
			found = pass.ReportOn(k.Conn, in, blackholeWeight, "none of %d connections to %v that ask for a name as frame %d does (%s, sent %d times) worked, %d of them were never acknowledged; %d for other names worked in between, one of them from frame %d on",
				len(bad.failed), server, cut.asked.Frame, name, cut.tries, len(bad.failed)-resets, len(good.worked), control.FirstFrame)
			found.Cause = analyzer.Blackhole
		}
		found.Cite(&cut.asked, analyzer.Trigger, "tcp.seq_raw", uint32(cut.asked.Seq), "—").
			Cite(firstOf(&control.Half[flow.Client]), analyzer.Baseline, "tcp.srcport", control.Half[flow.Client].Port, "—")
	}
}
