package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "rst-window-of-no-kernel",
	Title: "The reset advertises a window that no socket of that host would",
	Doc: "Kernels fill the window of a reset from the socket, and with 0 where there is no socket; a reset without acknowledgment comes from the latter. Devices write what is at " +
		"hand: a constant, a random number, or the window of the packet that they answer.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"An unusual stack or a load balancer on the host's side fills the field differently.",
	},
	Next:   "Compare further resets of the same kind: a device repeats its habit with all hosts.",
	Refs:   []string{"RFC 9293, section 3.10.7.1", "Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009"},
	Needs:  flow.NeedRST,
	OnFlow: rstWindowOfNoKernel,
})

func rstWindowOfNoKernel(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || p.Window == 0 {
			continue
		}
		half := &f.Half[p.Side]
		if !p.Flags.Any(flow.ACK) {
			pass.Report(1.5, "frame %d, a reset in the name of %v, acknowledges nothing and yet advertises a window of %d", p.Frame, half.Endpoint, p.Window).
				Explains(p).Cite(p, analyzer.Forged, "tcp.window_size_value", p.Window, 0)
			continue
		}
		t := trigger(f, i)
		if t == nil || t.Window != p.Window || t.Flags.Any(flow.SYN) || !half.Window.Seen || windowLive(f, i) {
			continue
		}
		pass.Report(1.2, "frame %d, a reset in the name of %v, advertises the window %d of frame %d, which the other side sent; that host's own lay between %d and %d",
			p.Frame, half.Endpoint, p.Window, t.Frame, half.Window.Min, half.Window.Max).
			Explains(p).
			Cite(p, analyzer.Forged, "tcp.window_size_value", p.Window, half.Window.Last).
			Cite(t, analyzer.Trigger, "tcp.window_size_value", t.Window, t.Window)
	}
}
