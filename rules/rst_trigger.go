package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-trigger",
	Title: "What the reset came upon",
	Doc: "A device that resets connections waits for something: a SYN to a port, a name in a request, an answer, a number of bytes. Where a reset shows in two ways that the host did not send it, this names the packet before it " +
		"and how long it took. It weighs nothing; repeated over connections it tells what is being filtered.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyPolicy,
	Innocent: []string{
		"The reset has nothing to do with the packet before it.",
	},
	Next:   "Try the same request with another name, another port, and another server: what decides is what the device looks at.",
	Refs:   []string{"Sundara Raman et al.: Global, Passive Detection of Connection Tampering, SIGCOMM 2023"},
	Needs:  flow.NeedRST,
	OnFlow: rstTrigger,
})

func rstTrigger(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || !shownForged(pass, f, i) {
			continue
		}
		t := trigger(f, i)
		if t == nil {
			pass.Skip("nothing of the other side is there before the reset")
			return
		}
		var found *analyzer.Finding
		after := dur(p.Time - t.Time)
		half := &f.Half[t.Side]
		switch said := f.Says(t); {
		case t.Flags.Any(flow.SYN):
			found = pass.Report(analyzer.Note, "the reset in frame %d came %v after the SYN in frame %d", p.Frame, after, t.Frame)
		case said != nil && said.Talk == flow.TLSClientHello && said.Name > 0:
			found = pass.Report(analyzer.Note, "the reset in frame %d came %v after frame %d, in which the client asks for the name %q", p.Frame, after, t.Frame, f.Names[said.Name])
		case said != nil && said.Talk == flow.HTTPRequest && said.Name > 0:
			found = pass.Report(analyzer.Note, "the reset in frame %d came %v after frame %d, in which the client asks for %q", p.Frame, after, t.Frame, f.Names[said.Name])
		case half.SeenSYN:
			found = pass.Report(analyzer.Note, "the reset in frame %d came %v after frame %d, with which %v had sent %d bytes", p.Frame, after, t.Frame, half.Endpoint, uint32(t.End().Sub(half.ISN.Add(1))))
		default:
			found = pass.Report(analyzer.Note, "the reset in frame %d came %v after frame %d of %v", p.Frame, after, t.Frame, half.Endpoint)
		}
		found.Explains(p).
			Cite(t, analyzer.Trigger, "tcp.time_relative", since(f, t.Time), "—").
			Cite(p, analyzer.Forged, "tcp.time_relative", since(f, p.Time), "—")
		return
	}
}
