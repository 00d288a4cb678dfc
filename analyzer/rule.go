package analyzer

import "github.com/capforensics/capforensics/analyzer/flow"

// A Rule is one heuristic: what it looks for, how to explain it, and the check itself. The engine, the command line, the
// report and the tests all read this one value.
type Rule struct {
	ID       string   // stable, kebab-case; also the name of its file and its test, in snake_case
	Title    string   // heads the finding
	Doc      string   // what it looks for and why that means something
	Cause    Cause    // what it argues for, unless the finding says otherwise
	Family   Family   // findings of one family count together, up to its cap
	Innocent []string // explanations without a device (for an exoneration: without that host), most likely first; required
	Next     string   // what to do when it fires; required
	Refs     []string // RFCs, papers

	Needs flow.Need // only flows that the survey marked with one of these are looked at; 0: all that it marked at all, and for OnCase alone none

	Proto flow.Proto // the flows that it looks at, TCP unless it says otherwise

	// One of the three is set, or OnCase and one of the others: then that keeps what OnCase compares; see Pass.Keep.
	OnFlow func(*Pass, *flow.Flow)             // once for each flow that needs a look, with all its packets
	OnPair func(*Pass, *flow.Flow, *flow.Flow) // once for each flow that two captures hold; the client's end first where known
	OnCase func(*Pass, *Case)                  // once, when every connection has its first verdict
}
