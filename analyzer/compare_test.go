package analyzer_test

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/analyzer/flow"
)

const threeResets = `
flow 192.0.2.10:51000 > 198.51.100.20:443
0.000 C SYN
0.030 S SYN,ACK
0.031 C ACK
0.040 S RST
flow 192.0.2.10:51001 > 198.51.100.20:443
1.000 C SYN
1.030 S SYN,ACK
1.031 C ACK
1.040 S RST
flow 192.0.2.10:51002 > 198.51.100.20:443
2.000 C SYN
2.030 S SYN,ACK
2.031 C ACK
2.100 C FIN,ACK
2.130 S FIN,ACK
2.131 C ACK
`

// TestCompare holds the way of a rule that keeps what it saw of connections and compares them: each is weighed again, and the counts, the
// order and the parts of the frames follow.
func TestCompare(t *testing.T) {
	script, err := analyzertest.ParsePkt("three", []byte(threeResets))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := script.Captures()
	if err != nil {
		t.Fatal(err)
	}
	comparing := &analyzer.Rule{
		ID: "compares", Title: "t", Doc: "d", Next: "n", Innocent: []string{"i"}, Cause: analyzer.RSTInjection, Family: analyzer.FamilyPolicy, Needs: flow.NeedRST,
		OnFlow: func(p *analyzer.Pass, f *flow.Flow) {
			for i := range f.Packets {
				if f.Packets[i].Flags.Any(flow.RST) {
					p.Keep(f.Packets[i])
				}
			}
		},
		OnCase: func(p *analyzer.Pass, c *analyzer.Case) {
			if n := len(p.Facts()); n != 2 {
				t.Errorf("%d facts, want the two resets", n)
			}
			if !c.Whole() {
				t.Error("the case does not list all connections")
			}
			last := p.Facts()[1]
			reset := last.Value.(flow.Packet)
			p.ReportOn(last.Conn, last.Capture, 2, "compared").Explains(&reset).Cite(&reset, analyzer.Forged, "ip.ttl", 1, 2)
		},
	}
	supporting := &analyzer.Rule{
		ID: "supports", Title: "t", Doc: "d", Next: "n", Innocent: []string{"i"}, Cause: analyzer.RSTInjection, Family: analyzer.FamilyTTL, Needs: flow.NeedRST,
		OnFlow: func(p *analyzer.Pass, f *flow.Flow) {
			for i := range f.Packets {
				if f.Packets[i].Flags.Any(flow.RST) {
					p.Report(1, "seen").Explains(&f.Packets[i]).Cite(&f.Packets[i], analyzer.Forged, "ip.ttl", 1, 2)
				}
			}
		},
	}
	c := analyzertest.Analyze(t, []*analyzer.Rule{comparing, supporting}, captures...)
	if got := [3]int{c.Counts[analyzer.Middlebox], c.Counts[analyzer.Inconclusive], c.Counts[analyzer.Clean]}; got != [3]int{1, 1, 1} {
		t.Errorf("accused, undecided and clean: %v, want one of each", got)
	}
	if worst := c.Flows[0]; worst.Class != analyzer.Middlebox || worst.Client().Port != 51001 || len(worst.Findings) != 2 || worst.Signature.String() != "SYN; ACK → RST" {
		t.Errorf("the worst: %v %s, %d findings, signature %q", worst.Client(), worst.Class, len(worst.Findings), worst.Signature)
	}
	for i, conn := range c.Flows {
		for _, k := range conn.Findings {
			f := c.Findings[k]
			if want := map[bool]analyzer.Role{true: analyzer.Forged, false: analyzer.Context}[conn.Class == analyzer.Middlebox]; f.Flow != i || f.Evidence[0].Role != want {
				t.Errorf("connection %d: a finding of %d, role %s, want %s", i, f.Flow, f.Evidence[0].Role, want)
			}
		}
	}
	if k := c.Checks[0]; k.Looked != 2 || k.Fired != 1 {
		t.Errorf("looked at %d, fired %d; want 2 and 1", k.Looked, k.Fired)
	}
}

// TestDisorderMutesComparisons: where the captures do not show what came after what, a comparison accuses as little as a rule that looks at one
// connection.
func TestDisorderMutesComparisons(t *testing.T) {
	script, err := analyzertest.ParsePkt("disordered", []byte(`
flow 192.0.2.10:51000 > 198.51.100.20:443
0.000 S SYN,ACK seq=9000 ack=1001
0.030 C SYN seq=1000
0.031 C ACK seq=1001 ack=9001
0.040 S RST seq=9001
`))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := script.Captures()
	if err != nil {
		t.Fatal(err)
	}
	compares := &analyzer.Rule{
		ID: "compares", Title: "t", Doc: "d", Next: "n", Innocent: []string{"i"}, Cause: analyzer.RSTInjection, Family: analyzer.FamilyPeer, Needs: flow.NeedRST,
		OnFlow: func(p *analyzer.Pass, _ *flow.Flow) { p.Keep(1) },
		OnCase: func(p *analyzer.Pass, _ *analyzer.Case) {
			for _, k := range p.Facts() {
				p.ReportOn(k.Conn, k.Capture, 4, "compared")
			}
		},
	}
	c := analyzertest.Analyze(t, []*analyzer.Rule{compares}, captures...)
	if len(c.Findings) != 1 || c.Findings[0].Weight != analyzer.Note || c.Counts[analyzer.Middlebox] > 0 || len(c.Flows[0].Open) == 0 {
		t.Errorf("%d findings, %d accused, gates %v; want one finding without weight, and why", len(c.Findings), c.Counts[analyzer.Middlebox], c.Flows[0].Open)
	}
}

// TestChecksCountConnections: a comparison that spoke of three connections was once counted as one that was found, and one that keeps pairs as
// having looked at one more.
func TestChecksCountConnections(t *testing.T) {
	script, err := analyzertest.ParsePkt("three", []byte(threeResets))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := script.Captures()
	if err != nil {
		t.Fatal(err)
	}
	twice := []analyzertest.NamedCapture{captures[0], {Name: "other.pcap", Bytes: captures[0].Bytes}}
	rule := &analyzer.Rule{
		ID: "compares", Title: "t", Doc: "d", Next: "n", Innocent: []string{"i"}, Cause: analyzer.RSTInjection, Family: analyzer.FamilyPolicy, Needs: flow.NeedRST,
		OnPair: func(p *analyzer.Pass, f, _ *flow.Flow) { p.Keep(f.FirstRSTFrame) },
		OnCase: func(p *analyzer.Pass, _ *analyzer.Case) {
			for _, k := range p.Facts() {
				p.ReportOn(k.Conn, k.Capture, 1, "once")
				p.ReportOn(k.Conn, k.Capture, 1, "twice")
			}
		},
	}
	c := analyzertest.Analyze(t, []*analyzer.Rule{rule}, twice...)
	if k := c.Checks[0]; k.Looked != 2 || k.Fired != 2 {
		t.Errorf("looked at %d, found %d; want the two pairs with a reset, and both", k.Looked, k.Fired)
	}
}
